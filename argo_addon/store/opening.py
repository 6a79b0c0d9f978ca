"""The store that a setting names."""

from __future__ import annotations

from pathlib import Path

from .base import Bounds, Store, StoreProblem
from .sqlite import SqliteStore

REDIS = ("redis://", "rediss://")
POSTGRESQL = ("postgresql://", "postgres://")


def open_store(where: str, bounds: Bounds) -> Store:
    """The store at a path or URL. Raises StoreProblem."""
    try:
        if where.startswith(REDIS):
            from .redis import RedisStore  # an extra, and not loaded for nothing

            return RedisStore(where, bounds)
        if where.startswith(POSTGRESQL):
            from .postgresql import PostgresqlStore  # likewise

            return PostgresqlStore(where, bounds)
    except ImportError as problem:
        extra = "redis" if where.startswith(REDIS) else "postgresql"
        told = f"`responses_store` needs a package that is not there: install argo-proxy[{extra}] ({problem})"
        raise StoreProblem(told) from problem
    return SqliteStore(Path(where), bounds)
