"""The store that a setting names."""

from __future__ import annotations

from pathlib import Path

from .base import Bounds, Store
from .sqlite import SqliteStore


def open_store(where: str, bounds: Bounds) -> Store:
    """The store at a path. Raises StoreProblem."""
    return SqliteStore(Path(where), bounds)
