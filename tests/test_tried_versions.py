"""The versions that the documents say were tried are those that the Makefile pins, each of them."""

from __future__ import annotations

import re

from .test_house import ROOT

TOOLS = ("CLAUDE_CODE", "CODEX", "GEMINI_CLI", "OPENCODE", "KILO", "AIDER")


def pins() -> dict[str, str]:
    """The Makefile's variables."""
    return dict(re.findall(r"^([A-Z_]+) := (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def said(path: str) -> set[str]:
    """All versions in a document's tables."""
    rows = [line for line in (ROOT / path).read_text("utf-8").splitlines() if line.startswith("|")]
    return {version for row in rows for version in re.findall(r"\b\d+(?:\.\d+)+\b", row)}


def test_the_readme_and_the_table_of_tools_name_the_versions_that_are_pinned() -> None:
    pinned = pins()
    wanted = {pinned[name] for name in TOOLS}
    assert wanted <= said("README.md")
    packages = " ".join(value for name, value in pinned.items() if name.startswith("APPS_")).split()
    wanted |= {
        package.rpartition("@")[2] if "==" not in package else package.partition("==")[2] for package in packages
    }
    assert wanted - {pinned_litellm(packages)} | {pinned["OPEN_WEBUI"]} <= said("docs/reference/tools.md")


def pinned_litellm(packages: list[str]) -> str:
    """LiteLLM's version, which comes along with an application of the table."""
    return next(package.partition("==")[2] for package in packages if package.startswith("litellm=="))
