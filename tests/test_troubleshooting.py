"""The headings of docs/how-to/troubleshooting.md are what the program says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
NOT_OURS = {"The tool says connection refused, or 503 without a word", "Something else"}


def test_each_heading_is_said() -> None:
    page = (ROOT / "docs" / "how-to" / "troubleshooting.md").read_text("utf-8")
    headings = re.findall(r"^## (.*)$", page, re.MULTILINE)
    sources = [path for folder in ("argo_addon", "daemon", "shell") for path in (ROOT / folder).rglob("*.py")]
    said = "\n".join(
        node.value
        for path in sources
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    assert len(headings) > 10
    assert [heading for heading in headings if heading not in said and heading not in NOT_OURS] == []
