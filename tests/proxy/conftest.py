"""A running gateway in front of a scripted upstream."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from argo_addon.proxy.calls import Limits

from ..running import Proxy, Upstream, proxy, settings_for, upstream


@pytest.fixture
def argo() -> Iterator[Upstream]:
    with upstream() as made:
        yield made


@pytest.fixture
def gateway(argo: Upstream) -> Iterator[Proxy]:
    with proxy(settings_for(argo.url), Limits(connect=0.5, silence=0.5)) as running:
        yield running


@pytest.fixture
def client(gateway: Proxy) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=gateway.url, timeout=10, trust_env=False) as made:
        yield made
