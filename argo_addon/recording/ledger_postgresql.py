"""Usage that several machines share: a table in PostgreSQL, `argo_proxy_usage`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import conninfo_to_dict

from .ledger_books import FIGURES, KEYS, Book, BookProblem, Row, named, oldest_day

_TYPES = {"seconds": "DOUBLE PRECISION"}
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS argo_proxy_usage (
    {", ".join(f'"{key}" TEXT NOT NULL' for key in KEYS)},
    {", ".join(f"{one} {_TYPES.get(one, 'BIGINT')} NOT NULL" for one in FIGURES)},
    PRIMARY KEY ({", ".join(f'"{key}"' for key in KEYS)})
)
"""
_ADD = (
    f"INSERT INTO argo_proxy_usage AS kept VALUES ({', '.join('%s' for _ in KEYS + FIGURES)}) "
    f"ON CONFLICT ({', '.join(f'{chr(34)}{key}{chr(34)}' for key in KEYS)}) DO UPDATE SET "
    + ", ".join(f"{one} = kept.{one} + excluded.{one}" for one in FIGURES)
)
_BATCHES = "CREATE TABLE IF NOT EXISTS argo_proxy_usage_batches (batch TEXT PRIMARY KEY, day TEXT NOT NULL)"
_NEW = "INSERT INTO argo_proxy_usage_batches VALUES (%s, %s) ON CONFLICT DO NOTHING"
_LOCK = 0x6172676F
"""The advisory lock under which the table is made."""
_SECONDS = 5


class PostgresqlBook(Book):
    """The database that a `postgresql://` URL names."""

    def __init__(self, url: str) -> None:
        """Raises ValueError where the URL is none. It connects when it is first used."""
        try:
            conninfo_to_dict(url)
        except psycopg.ProgrammingError as problem:
            raise ValueError(str(problem)) from problem
        self._url = url
        self._database: psycopg.Connection | None = None

    @contextmanager
    def _problems(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as problem:
            self.close()
            told = f"PostgreSQL (`usage_ledger`) cannot be used: {str(problem).strip().rstrip('.')}"
            raise BookProblem(f"{told}. Is the server up, and its URL right?") from problem

    def _opened(self) -> psycopg.Connection:
        database = psycopg.connect(self._url, connect_timeout=_SECONDS, options="-c statement_timeout=10000")
        try:
            with database.transaction():
                database.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
                database.execute(_SCHEMA)
                database.execute(_BATCHES)
                database.execute("DELETE FROM argo_proxy_usage_batches WHERE day < %s", (_day(2),))
                database.execute("DELETE FROM argo_proxy_usage WHERE day < %s", (oldest_day(),))
        except psycopg.Error:
            database.close()
            raise
        return database

    def add(self, sums: Mapping[Row, Sequence[float]], batch: str) -> None:
        with self._problems():
            if self._database is None or self._database.closed:
                self._database = self._opened()
            with self._database.transaction(), self._database.cursor() as cursor:
                if cursor.execute(_NEW, (batch, _day(0))).rowcount == 0:
                    return
                # In one order, so that two gateways which add to the same rows do not wait for each other.
                cursor.executemany(_ADD, [(*map(_text, row), *figures) for row, figures in sorted(sums.items())])

    def read(self, by: Sequence[str], since: str, until: str) -> list[dict[str, object]]:
        keys = ", ".join(f'"{key}" COLLATE "C"' for key in named(by))
        sums = ", ".join(f"SUM({one})::{_TYPES.get(one, 'BIGINT')}" for one in FIGURES)
        asked = f"""SELECT {keys}, {sums} FROM argo_proxy_usage WHERE day COLLATE "C" BETWEEN %s AND %s
            GROUP BY {keys} ORDER BY {keys}"""
        names = [*named(by), *FIGURES]
        with self._problems(), self._opened() as database:
            return [dict(zip(names, row, strict=True)) for row in database.execute(asked, (since, until))]

    def close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None


def _day(ago: int) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(time.time() - ago * 86400))


def _text(name: str) -> str:
    return name.replace("\0", "?")  # the one character that PostgreSQL's texts cannot have
