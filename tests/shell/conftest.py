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


@pytest.fixture
def argo() -> Iterator[Upstream]:
    with upstream() as made:
        yield made
