"""A store that several gateways share: a table in PostgreSQL, `argo_proxy_documents`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from .base import Bounds, Change, Store, StoreProblem

_SCHEMA = """
CREATE TABLE IF NOT EXISTS argo_proxy_documents (
    key TEXT PRIMARY KEY, owner TEXT NOT NULL, changed DOUBLE PRECISION NOT NULL, document BYTEA NOT NULL
)
"""
_LOCK = 0x6172676F
"""The advisory lock under which the table is made, and a document that is not there yet."""
_TIDIED_AFTER = 50
"""Changes after which the bounds are looked at."""


class PostgresqlStore(Store):
    """Documents in the database that a `postgresql://` URL names."""

    def __init__(self, url: str, bounds: Bounds) -> None:
        """Raises StoreProblem where the database does not answer."""
        self._url = url
        self._bounds = bounds
        self._changes = 0
        self._database: psycopg.Connection | None = None
        with self._transaction() as database:
            database.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            database.execute(_SCHEMA)
        self._tidy()

    @contextmanager
    def _transaction(self) -> Iterator[psycopg.Connection]:
        """A transaction, on a new connection where the last one has broken."""
        try:
            if self._database is None or self._database.closed:
                self._database = psycopg.connect(self._url, connect_timeout=5)
            with self._database.transaction():
                yield self._database
        except psycopg.Error as problem:
            self.close()
            told = f"the responses' store in PostgreSQL (`responses_store`) cannot be used: {str(problem).strip()}"
            raise StoreProblem(f"{told.rstrip('.')}. Is the server up, and its URL right?") from problem

    def get(self, key: str, owner: str) -> bytes | None:
        with self._transaction() as database:
            return self._found(database, key, owner)

    def _found(self, database: psycopg.Connection, key: str, owner: str) -> bytes | None:
        asked = "SELECT document FROM argo_proxy_documents WHERE key = %s AND owner = %s AND changed >= %s"
        row = database.execute(asked, (key, owner, time.time() - self._bounds.seconds)).fetchone()
        return None if row is None else bytes(row[0])

    def change(self, key: str, owner: str, change: Change) -> bytes | None:
        with self._transaction() as database:
            database.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (_LOCK, key))
            before = self._found(database, key, owner)
            after = change(before)
            if after is None:
                return before
            database.execute(
                "INSERT INTO argo_proxy_documents AS kept VALUES (%s, %s, %s, %s) ON CONFLICT (key) DO UPDATE "
                "SET changed = excluded.changed, document = excluded.document WHERE kept.owner = excluded.owner",
                (key, owner, time.time(), after),
            )
        self._changes += 1
        if self._changes % _TIDIED_AFTER == 0:
            self._tidy()
        return after

    def delete(self, key: str, owner: str) -> bool:
        with self._transaction() as database:
            gone = database.execute("DELETE FROM argo_proxy_documents WHERE key = %s AND owner = %s", (key, owner))
            return bool(gone.rowcount > 0)

    def _tidy(self) -> None:
        """Removes what is too old, and the oldest of what is too much."""
        with self._transaction() as database:
            database.execute(
                "DELETE FROM argo_proxy_documents WHERE changed < %s", (time.time() - self._bounds.seconds,)
            )
            database.execute(
                "DELETE FROM argo_proxy_documents WHERE key IN (SELECT key FROM (SELECT key, SUM(LENGTH(document)) "
                "OVER (ORDER BY changed DESC, key) AS size FROM argo_proxy_documents) AS aged WHERE size > %s)",
                (self._bounds.size,),
            )

    def close(self) -> None:
        if self._database is not None:
            self._database.close()
