"""Real servers for the stores that several gateways share, and a gateway with a store of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from argo_addon.store.base import Bounds
from argo_addon.store.opening import open_store

from .. import servers
from ..running import Proxy, Upstream, proxy, settings_for, upstream
from .test_responses import answer


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[str]:
    """A Redis of its own; its URL."""
    with servers.redis_server(tmp_path) as (url, _):
        yield url


@pytest.fixture
def postgresql_server() -> Iterator[str]:
    """A PostgreSQL of its own; its URL."""
    with servers.postgresql_server() as url:
        yield url


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Upstream, Proxy, str]]:
    """A gateway with a store, before an upstream that answers: one for all tests of a file; and where the store is."""
    where = str(tmp_path_factory.mktemp("kept") / "kept")
    with upstream() as argo, proxy(settings_for(argo.url), store=lambda: open_store(where, Bounds())) as made:
        argo.answer = answer
        yield argo, made, where


@pytest.fixture
def argo(served: tuple[Upstream, Proxy, str]) -> Upstream:
    """The upstream of that gateway."""
    served[0].seen.clear()
    return served[0]


@pytest.fixture
def client(served: tuple[Upstream, Proxy, str]) -> Iterator[httpx.Client]:
    """A client of it."""
    with httpx.Client(base_url=served[1].url, timeout=20, trust_env=False) as made:
        yield made
