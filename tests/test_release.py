"""What a release must agree on: one version, in the package and in CHANGELOG; a wheel and an sdist with all in them."""

from __future__ import annotations

import os
import re
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from argo_addon import __version__
from argo_addon.settings.published import RETIRED

ROOT = Path(__file__).parent.parent
CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf-8")
HEADING = re.compile(r"^## \[(?P<first>[^\]]+)\](?:: (?P<next>\S+)| - \d{4}-\d\d-\d\d)$", re.MULTILINE)
"""`## [Unreleased]: 4.1.0.dev0` on the way to a version, `## [4.0.0] - 2026-12-01` for one."""


def test_the_version_has_one_source() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    assert 'dynamic = ["version"]' in project
    assert 'path = "argo_addon/__init__.py"' in project
    sources = [path for folder in ("argo_addon", "daemon", "shell") for path in (ROOT / folder).rglob("*.py")]
    assert [path.name for path in sources if __version__ in path.read_text("utf-8")] == ["__init__.py"]


def test_the_changelog_begins_with_the_version() -> None:
    headings = [line for line in CHANGELOG.splitlines() if line.startswith("## ")]
    found = [HEADING.match(line) for line in headings]
    assert None not in found, "a heading is neither `## [Unreleased]: VERSION` nor `## [VERSION] - DATE`"
    assert found[0] is not None
    assert found[0]["next" if found[0]["first"] == "Unreleased" else "first"] == __version__
    assert (found[0]["first"] == "Unreleased") == (".dev" in __version__), "a release has its date"


def test_who_comes_from_3_is_told_what_changes() -> None:
    text = (ROOT / "docs" / "how-to" / "from-argo-proxy-3.md").read_text("utf-8")
    assert [key for key in RETIRED if f"`{key}`" not in text] == []


@pytest.fixture(scope="module")
def built() -> Path:
    """The folder with what `make release-check` has built."""
    folder = os.environ.get("ARGO_PROXY_DIST")
    if not folder:
        pytest.skip("ARGO_PROXY_DIST names no folder; `make release-check` builds one and sets it")
    return Path(folder)


def _tracked(*folders: str) -> set[str]:
    listed = subprocess.run(["git", "ls-files", *folders], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return set(listed.splitlines())


def test_wheel_and_sdist_have_every_file(built: Path) -> None:
    (wheel,), (sdist,) = built.glob("*.whl"), built.glob("*.tar.gz")
    assert wheel.name == f"argo_proxy-{__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as file:
        inside = {name for name in file.namelist() if ".dist-info/" not in name}
    assert inside == _tracked("argo_addon", "daemon", "shell")
    with tarfile.open(sdist) as file:
        inside = {name.partition("/")[2] for name in file.getnames()}
    wanted = _tracked(
        "argo_addon", "daemon", "shell", "tests", "docs", "examples", "README.md", "CHANGELOG.md", "LICENSE"
    )
    assert wanted - inside == set()
