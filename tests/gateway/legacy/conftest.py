"""A gateway that asks a simulator by its legacy gateway, over real sockets."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.running import proxy, settings_for
from tests.simulator.asking import Running, running


@pytest.fixture(scope="session")
def shared() -> Iterator[Running]:
    with running(users=["jdoe"]) as found:
        yield found


@pytest.fixture(scope="module")
def gateway(shared: Running) -> Iterator[httpx.Client]:
    """One at a time: mitmproxy knows one master in a process."""
    with (
        proxy(settings_for(shared.base_url, use_legacy_argo=True)) as made,
        httpx.Client(base_url=made.url, timeout=20, trust_env=False) as client,
    ):
        yield client


@pytest.fixture
def argo(shared: Running) -> Running:
    """The simulator with an empty log and good behaviour."""
    shared.control("DELETE", "log")
    shared.control("DELETE", "behaviours")
    return shared
