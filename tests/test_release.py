"""What a release must agree on: one version, in the package and in CHANGELOG; a wheel and an sdist with all in them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tarfile
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from argo_addon import __version__
from argo_addon.settings.published import RETIRED

from .audit import verdict
from .sbom import about_argo_proxy

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
    tagged = subprocess.run(["git", "tag", "--points-at", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout
    if f"v{__version__}" in tagged.split():
        assert found[0]["first"] == __version__, "a release has its date"
    if found[0]["first"] == __version__:
        assert ".dev" not in __version__, "a version on the way is not released"


def test_the_release_notes_name_what_changes_for_who_comes_from_3() -> None:
    """Each row of the how-to's table, by its first cell."""
    notes = (ROOT / "docs" / "release-notes" / f"{__version__.partition('.dev')[0]}.md").read_text("utf-8")
    how_to = (ROOT / "docs" / "how-to" / "from-argo-proxy-3.md").read_text("utf-8")
    table = how_to.partition("| | 3.x | 4 |")[2].partition("\n\n")[0]
    changes = [line.split("|")[1].strip() for line in table.splitlines()[2:]]
    assert len(changes) >= 7
    assert [change for change in changes if f"- **{change}**" not in notes] == []
    assert notes.startswith(f"# {__version__.partition('.dev')[0]}\n")


def test_the_sbom_is_about_argo_proxy_and_tells_no_place_of_this_machine() -> None:
    own = {"name": "argo-proxy", "version": "4", "type": "library", "bom-ref": "a"}
    places = [{"url": "file:///home/me/argo"}, {"url": "https://example.org/"}]
    made = about_argo_proxy(
        {"components": [{"name": "click"}, {**own, "externalReferences": places}], "metadata": {"tools": {}}}
    )
    assert made["components"] == [{"name": "click"}]
    assert made["metadata"]["component"] == {**own, "type": "application", "externalReferences": places[1:]}


AUDITED = {"name": "click", "version": "8", "vulns": []}
FLAW = {"id": "CVE-1", "fix_versions": ["9"]}


@pytest.mark.parametrize(
    ("packages", "code", "said"),
    [
        ([AUDITED, {"name": "argo-proxy", "skip_reason": "not found"}], 0, "1 of 1 packages were looked up"),
        ([{**AUDITED, "vulns": [FLAW]}], 1, "click 8: CVE-1, mended in 9"),
        ([AUDITED, {"name": "h11", "skip_reason": "not found"}], 3, "NOT AUDITED: h11"),
        ([], 3, "NOT AUDITED"),
    ],
    ids=["clean", "a flaw", "an index that knows nothing", "nothing there"],
)
def test_an_audit_is_green_only_where_all_was_looked_up(packages: list[object], code: int, said: str) -> None:
    told = verdict({"dependencies": packages})
    assert told[0] == code
    assert said in told[1]


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
    page = f"argo_proxy-{__version__}.data/data/share/man/man1/argo-proxy.1"
    assert inside == {*_tracked("argo_addon", "daemon", "shell"), page}
    with tarfile.open(sdist) as file:
        inside = {name.partition("/")[2] for name in file.getnames()}
    wanted = _tracked(
        "argo_addon", "daemon", "shell", "tests", "docs", "examples", "README.md", "CHANGELOG.md", "LICENSE"
    )
    assert wanted - inside == set()


def test_the_sbom_names_every_dependency(built: Path) -> None:
    document = json.loads((built / "argo-proxy.cdx.json").read_text())
    assert document["metadata"]["component"]["version"] == __version__
    named = {_normal(one["name"]) for one in document["components"]}
    wanted = {
        _normal(re.split(r"[^\w.-]", one)[0]) for one in metadata.requires("argo-proxy") or () if "extra" not in one
    }
    assert len(wanted) > 10
    assert wanted <= named
    assert all(one["version"] for one in document["components"])


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
