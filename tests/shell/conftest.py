"""A person in a clean home, whose gateway is ended afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..running import Upstream, upstream
from .person import Person


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    home = tmp_path / "home"
    home.mkdir()
    someone = Person(home)
    yield someone
    home.chmod(0o700)
    someone.run("stop", "--timeout", "0", code=None)


@pytest.fixture(scope="module")
def at_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """A person whose gateway runs on the simulator: one for all tests of a file that only look at it."""
    someone = Person(tmp_path_factory.mktemp("home"))
    someone.run("start", "--demo", "--port", "0")
    yield someone
    someone.run("stop", "--timeout", "0", code=None)


@pytest.fixture
def argo() -> Iterator[Upstream]:
    with upstream() as made:
        yield made
