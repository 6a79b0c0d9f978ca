"""The menu of the site has every page; `make docs` looks at the links."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_page_is_in_the_menu() -> None:
    menu = (ROOT / "mkdocs.yml").read_text("utf-8").partition("\nnav:\n")[2]
    named = set(re.findall(r"- (?:[^:\n]+: )?(\S+\.md)$", menu, re.MULTILINE))
    docs = ROOT / "docs"
    pages = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md") if path.parent.name != "decisions"}
    assert {"index.md", "CHANGELOG.md", "CONTRIBUTING.md", "examples/README.md"} <= named
    assert pages - named == set()
