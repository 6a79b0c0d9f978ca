"""`argo-proxy update`, by a real pip and packages in a folder: what a newer version brings, and no way to an index."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from argo_addon import __version__

from .person import Person


def wheel(folder: Path, name: str, version: str, *needs: str) -> None:
    """A package with nothing in it but what it needs."""
    stem = f"{name.replace('-', '_')}-{version}"
    told = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n" + "".join(
        f"Requires-Dist: {one}\n" for one in needs
    )
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as file:
        file.writestr(f"{stem}.dist-info/METADATA", told)
        file.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{stem}.dist-info/RECORD", "")


@pytest.fixture
def index(person: Person, tmp_path: Path) -> Path:
    """A folder of packages that pip takes for its index; this argo-proxy is one that pip installed."""
    site, index = tmp_path / "site", tmp_path / "index"
    index.mkdir()
    about = site / f"argo_proxy-{__version__}.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: argo-proxy\nVersion: {__version__}\n")
    (about / "INSTALLER").write_text("pip\n")
    person.env |= {"PYTHONPATH": str(site), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(index)}
    return index


def test_what_a_newer_version_brings_along_is_told(person: Person, index: Path) -> None:
    wheel(index, "argo-proxy", "99.1", "entirely-new-thing>=2", "click>=99", "msgspec")
    wheel(index, "entirely-new-thing", "2.5")
    wheel(index, "click", "99.7")
    wheel(index, "msgspec", "99.9")
    said = person.run("update", "check")
    assert f"There is 99.1; this is {__version__}" in said
    assert "not there, which come along: entirely-new-thing 2.5." in said
    assert "-> 99.7" in said
    assert "msgspec" not in said, "what is there is new enough"


def test_a_newer_version_that_cannot_be_had_whole_says_so(person: Person, index: Path) -> None:
    wheel(index, "argo-proxy", "99.1", "nowhere-to-be-had")
    told = person.data("update", "check", "--json")
    assert (told["latest"], told["newer"], told["dependencies"]) == ("99.1", True, None)
    assert "nowhere-to-be-had" in told["dependencies_problem"]


@pytest.mark.parametrize("words", [("check",), ("install",)])
def test_without_a_network_a_line_says_what_to_do(person: Person, index: Path, words: tuple[str, ...]) -> None:
    del person.env["PIP_NO_INDEX"], person.env["PIP_FIND_LINKS"]
    said = person.run("update", *words, code=1, PIP_INDEX_URL="http://127.0.0.1:9/simple")
    (line,) = [line for line in said.splitlines() if not line.startswith("asking ")]
    assert "reaches no package index: connect to a network" in line
