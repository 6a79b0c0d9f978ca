"""A hook of mkdocs: the README, CHANGELOG, CONTRIBUTING and examples as pages, and links as the repository has them.

A link of a file is relative to the file's place in the repository; here it becomes one to the page on the site.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent.parent
OUTSIDE = {"README.md": "index.md", "CHANGELOG.md": "CHANGELOG.md", "CONTRIBUTING.md": "CONTRIBUTING.md"}
"""Path in the repository, page of the site. examples/ is added as it is, docs/ without its name."""
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)(?P<path>[^)#\s]+)(?P<anchor>#[^)\s]*)?(?=\))")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Puts each decision into the navigation."""
    assert config.nav is not None
    config.nav[-1] = {
        "Decisions": [f"decisions/{path.name}" for path in sorted((ROOT / "docs" / "decisions").glob("*.md"))]
    }
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds what is outside of docs/."""
    for path, page in OUTSIDE.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / path)))
    for example in sorted((ROOT / "examples").rglob("*")):
        if example.suffix in (".md", ".py", ".sh", ".png"):
            files.append(File.generated(config, example.relative_to(ROOT).as_posix(), abs_src_path=str(example)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Leads the links of a page to pages."""
    here = page.file.src_uri
    path = next((path for path, name in OUTSIDE.items() if name == here), None)
    if path is None:
        path = here if here.startswith("examples/") else f"docs/{here}"
    folder = posixpath.dirname(path)

    def led(link: re.Match[str]) -> str:
        target = _page(posixpath.normpath(posixpath.join(folder, link["path"])))
        return posixpath.relpath(target, posixpath.dirname(here) or ".") + (link["anchor"] or "")

    return _LINK.sub(led, markdown)


def _page(path: str) -> str:
    """The page of a path in the repository; a folder's is its README, or the first file in it."""
    if path in OUTSIDE:
        return OUTSIDE[path]
    if (ROOT / path).is_dir():
        first = sorted((ROOT / path).glob("*.md"))[0]
        path = first.relative_to(ROOT).as_posix()
    return path.removeprefix("docs/")
