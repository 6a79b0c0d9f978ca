"""Real servers for the stores that several gateways share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .. import servers


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
