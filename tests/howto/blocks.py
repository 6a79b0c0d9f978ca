"""The blocks of commands in a page, as a reader copies them.

A block that cannot be run says so to whoever reads the source, in a line before it: `<!-- not run: REASON -->`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

COMMANDS = ("console", "sh")
"""Fences that hold what is typed; what may stand in others is told by test_pages.py."""
_FENCE = re.compile(
    r"^(?:<!-- not run: (?P<reason>[^\n]+) -->\n\n?)?```(?P<language>[^\n]*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


class Block(NamedTuple):
    """A fenced block: its language, what is in it, and why it is not run where it is not."""

    language: str
    text: str
    reason: str | None

    def typed(self) -> list[str]:
        """Its commands, each with the lines that go on with it; what they print is left out."""
        if self.language == "sh":
            return [self.text.rstrip("\n")]
        commands: list[str] = []
        for line in self.text.splitlines():
            if line.startswith("$ "):
                commands.append(line[2:])
            elif commands and _goes_on(commands[-1]):
                commands[-1] += f"\n{line}"
        return commands


def _goes_on(command: str) -> bool:
    """Whether a shell would ask for another line: behind a backslash, or within quotes."""
    without_comment = re.sub(r"\s+#.*", "", command) if "\n" not in command else command
    return command.endswith("\\") or without_comment.count("'") % 2 == 1


def blocks_of(page: Path) -> list[Block]:
    """All fenced blocks of a page."""
    found = _FENCE.finditer(page.read_text("utf-8"))
    return [Block(one["language"], one["text"], one["reason"]) for one in found]
