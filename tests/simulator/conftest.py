"""The simulator that the tests of this folder ask."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulator.asking import Running, running


@pytest.fixture(scope="session")
def shared() -> Iterator[Running]:
    with running() as found:
        yield found


@pytest.fixture
def argo(shared: Running) -> Running:
    """A simulator with an empty log and good behaviour."""
    shared.control("DELETE", "log")
    shared.control("DELETE", "behaviours")
    return shared
