"""The simulator, made stricter than the catalogue knows, and a gateway in front of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ...running import Proxy, settings_for
from ...simulator.asking import Running, running
from .asking import listed


@pytest.fixture(scope="module")
def simulated() -> Iterator[Running]:
    with running() as found:
        yield found


@pytest.fixture
def argo(simulated: Running) -> Running:
    simulated.control("DELETE", "log")
    simulated.control("DELETE", "behaviours")
    return simulated


@pytest.fixture
def gateway(argo: Running) -> Iterator[Proxy]:
    with listed(settings_for(argo.base_url)) as started:
        yield started
