"""The doctor's look at what users wrote into their tools' own files: a gateway that is not where they say."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

USUAL_PORT = 44497
_CONFIG = ("XDG_CONFIG_HOME", "~/.config")
_FILES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "codex": (("CODEX_HOME", "~/.codex", "config.toml"),),
    "opencode": (
        (*_CONFIG, "opencode/opencode.json"),
        (*_CONFIG, "opencode/opencode.jsonc"),
        ("", ".", "opencode.json"),
        ("", ".", "opencode.jsonc"),
    ),
    "kilo": ((*_CONFIG, "kilo/kilo.json"), (*_CONFIG, "kilo/kilo.jsonc"), ("", ".", "kilo.json")),
    "aider": (("", "~", ".aider.conf.yml"), ("", ".", ".aider.conf.yml")),
    "qwen": (("", "~", ".qwen/settings.json"), ("", "~", ".qwen/.env"), ("", ".", ".qwen/settings.json")),
    "continue": (("", "~", ".continue/config.yaml"), ("", "~", ".continue/config.json")),
    "crush": ((*_CONFIG, "crush/crush.json"), ("", ".", "crush.json"), ("", ".", ".crush.json")),
    "goose": ((*_CONFIG, "goose/config.yaml"),),
    "llm": (("LLM_USER_PATH", "~/.config/io.datasette.llm", "extra-openai-models.yaml"),),
    "vscode": (
        (*_CONFIG, "Code/User/settings.json"),
        (*_CONFIG, "Code/User/chatLanguageModels.json"),
        ("", "~/Library/Application Support/Code/User", "settings.json"),
        ("", "~/Library/Application Support/Code/User", "chatLanguageModels.json"),
        ("", ".", ".vscode/settings.json"),
    ),
    "zed": ((*_CONFIG, "zed/settings.json"),),
}
"""Where each tool reads what its user wrote: the variable that names the folder, the folder without it, the file.

Source: the tools' documentation, and what the versions of docs/reference/tools.md do.
"""
_LOCAL_URL = re.compile(r"https?://(?:localhost|127\.0\.0\.1|\[::1\]):(\d{1,5})(?![0-9])")
_NEAR = 300
"""Characters before an address in which a name of ours says that it is meant for this gateway."""


def stale(tool: str, url: str, environ: dict[str, str], home: str) -> Iterator[str]:
    """What is wrong in the files of a tool, where they name a gateway of ours at which nobody listens.

    `url` is that of the gateway which runs. An address that somebody listens at is another gateway's, and none of ours
    is one without our name near it and with another port than the usual one.
    """
    port = urlsplit(url).port
    for variable, folder, name in _FILES.get(tool, ()):
        path = Path(environ.get(variable) or folder.replace("~", home), name)
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        for found in dict.fromkeys(one[0] for one in _LOCAL_URL.finditer(text) if _is_ours(text, one)):
            there = int(found.rpartition(":")[2])
            if there != port and not _listens(there):
                yield f"{path} names {found}, where nobody listens, and not {url}"


def _is_ours(text: str, found: re.Match[str]) -> bool:
    near = text[max(0, found.start() - _NEAR) : found.start()].lower()
    return int(found[1]) == USUAL_PORT or "argo" in near


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except (OSError, OverflowError):
        return False
