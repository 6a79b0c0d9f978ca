"""What changed between the versions that `make e2e` pins, or has, and the newest: `make e2e-latest` prints it.

python -m tests.e2e.latest Makefile .cache/judges .cache/latest
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

PINNED = {
    "CLAUDE_CODE": "@anthropic-ai/claude-code",
    "OPENCODE": "opencode-ai",
    "CODEX": "@openai/codex",
    "GEMINI_CLI": "@google/gemini-cli",
    "KILO": "@kilocode/cli",
}
SDKS = ("openai", "anthropic", "google-genai", "ollama")


def pins(makefile: Path) -> dict[str, str]:
    """The versions that the Makefile names, by package."""
    named = dict(re.findall(r"^([A-Z_]+) := (\S+)$", makefile.read_text(), re.MULTILINE))
    return {package: named[name] for name, package in PINNED.items()}


def npm_version(folder: Path, package: str) -> str:
    """The version that an npm prefix has of a package."""
    path = folder / "node_modules" / package / "package.json"
    return str(json.loads(path.read_text())["version"]) if path.exists() else "not to be had"


def pypi_version(environment: Path, package: str) -> str:
    """The version that a virtual environment has of a package."""
    name = package.replace("-", "_")
    found = sorted(environment.glob(f"lib/python3*/site-packages/{name}-*.dist-info"))
    return found[-1].name.removesuffix(".dist-info").rpartition("-")[2] if found else "not to be had"


def rows(makefile: Path, judges: Path, latest: Path) -> list[tuple[str, str, str]]:
    """Package, the version that was tried, the newest."""
    tools = [(package, pin, npm_version(latest, package)) for package, pin in pins(makefile).items()]
    return tools + [(name, pypi_version(judges, name), pypi_version(latest / "sdks", name)) for name in SDKS]


if __name__ == "__main__":
    for package, before, now in rows(*map(Path, sys.argv[1:4])):
        sys.stdout.write(f"{package:28} {before:>12} {'is the newest' if before == now else f'-> {now}'}\n")
