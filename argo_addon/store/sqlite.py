"""A store in a file on this machine: SQLite with a write-ahead log. Any number of gateways may use the same file."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .base import Bounds, Change, Store, StoreProblem

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    key TEXT PRIMARY KEY, owner TEXT NOT NULL, changed REAL NOT NULL, document BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_age ON documents (changed, key);
"""
_BUSY = 10.0
"""Seconds that another process may hold the file."""
_TIDIED_AFTER = 20
"""Changes after which the bounds are looked at."""


class SqliteStore(Store):
    """Documents in a file, which its owner alone can read."""

    def __init__(self, path: Path, bounds: Bounds) -> None:
        """Raises StoreProblem."""
        self._path = path
        self._bounds = bounds
        self._changes = 0
        with self._problems():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            for file in (path, *(path.with_name(path.name + beside) for beside in ("-wal", "-shm"))):
                with suppress(FileNotFoundError, PermissionError):  # another user's is theirs to show
                    file.chmod(0o600)
            self._file = sqlite3.connect(path, timeout=_BUSY, isolation_level=None, check_same_thread=False)
            try:
                self._file.execute("PRAGMA auto_vacuum = INCREMENTAL")
                self._file.execute("PRAGMA journal_mode = WAL")
                self._file.execute("PRAGMA synchronous = NORMAL")
                self._file.executescript(_SCHEMA)
                self._tidy()
            except sqlite3.Error:
                self._file.close()
                raise

    @contextmanager
    def _problems(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as problem:
            remedy = "`responses_store` in the config names another place, or `off`"
            raise StoreProblem(f"the responses' store {self._path} cannot be used: {problem}; {remedy}") from problem

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._problems():
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield self._file
            except BaseException:
                self._file.execute("ROLLBACK")
                raise
            self._file.execute("COMMIT")

    def get(self, key: str, owner: str) -> bytes | None:
        with self._problems():
            return self._found(key, owner)

    def _found(self, key: str, owner: str) -> bytes | None:
        asked = "SELECT document FROM documents WHERE key = ? AND owner = ? AND changed >= ?"
        row = self._file.execute(asked, (key, owner, time.time() - self._bounds.seconds)).fetchone()
        return None if row is None else bytes(row[0])

    def change(self, key: str, owner: str, change: Change) -> bytes | None:
        with self._transaction() as file:
            before = self._found(key, owner)
            after = change(before)
            if after is None:
                return before
            file.execute(
                "INSERT INTO documents VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE "
                "SET changed = excluded.changed, document = excluded.document WHERE owner = excluded.owner",
                (key, owner, time.time(), after),
            )
        self._changes += 1
        if self._changes % _TIDIED_AFTER == 0:
            self._tidy()
        return after

    def delete(self, key: str, owner: str) -> bool:
        with self._problems():
            gone = self._file.execute("DELETE FROM documents WHERE key = ? AND owner = ?", (key, owner))
            return gone.rowcount > 0

    def _tidy(self) -> None:
        """Removes what is too old, and the oldest of what is too much."""
        with self._transaction() as file:
            file.execute("DELETE FROM documents WHERE changed < ?", (time.time() - self._bounds.seconds,))
            (size,) = file.execute("SELECT COALESCE(SUM(LENGTH(document)), 0) FROM documents").fetchone()
            while size > self._bounds.size:
                oldest = "SELECT key, LENGTH(document) FROM documents ORDER BY changed LIMIT 100"
                for key, length in file.execute(oldest).fetchall():
                    if size > self._bounds.size:
                        file.execute("DELETE FROM documents WHERE key = ?", (key,))
                        size -= length
        self._file.execute("PRAGMA incremental_vacuum")

    def close(self) -> None:
        self._file.close()
