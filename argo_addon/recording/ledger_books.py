"""Where usage is kept: a file of SQLite, a table in PostgreSQL, or hashes in Redis, each with the same rows.

Whoever uses a book does so from one thread at a time, but for `read`, which goes its own way.
"""

from __future__ import annotations

import os
import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

KEYS = ("day", "user", "dialect", "model", "tool")
"""What a row is of. A day is the machine's own, as 2026-11-28."""
FIGURES = ("calls", "failed", "input", "output", "cache_read", "cache_write", "seconds")
"""What it adds up: calls and those that failed, tokens (`input` with those of the cache), how long calls took."""
KEPT_DAYS = 800
_BUSY = 10.0

Row = tuple[str, ...]
Sums = dict[Row, list[float]]


class BookProblem(Exception):
    """The book cannot be used. Its text says which, and why."""


class Book(ABC):
    """Rows of usage, kept."""

    @abstractmethod
    def add(self, sums: Mapping[Row, Sequence[float]], batch: str) -> None:
        """Adds figures to their rows, all or none, and once for a batch, however often it comes within a day.

        A server may have added what it could say no word of any more. Raises BookProblem, as all do.
        """

    @abstractmethod
    def read(self, by: Sequence[str], since: str, until: str) -> list[dict[str, object]]:
        """A row for each of what `by` (of KEYS) names, from one day to another, both included, in order."""

    @abstractmethod
    def close(self) -> None:
        """Lets go of the book."""


def joined(sums: Sums, row: Row, figures: Sequence[float]) -> None:
    """Adds figures to a row."""
    before = sums.get(row)
    sums[row] = list(figures) if before is None else [a + b for a, b in zip(before, figures, strict=True)]


def oldest_day() -> str:
    """The first day that is kept."""
    return time.strftime("%Y-%m-%d", time.localtime(time.time() - KEPT_DAYS * 86400))


def named(by: Sequence[str]) -> list[str]:
    """What makes a row, in the order of KEYS."""
    return [key for key in KEYS if key in by]


_ADD = f"INSERT INTO usage VALUES ({', '.join('?' for _ in KEYS + FIGURES)}) ON CONFLICT DO UPDATE SET " + ", ".join(
    f"{one} = {one} + excluded.{one}" for one in FIGURES
)
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS usage (
    {", ".join(f"{key} TEXT NOT NULL" for key in KEYS)}, {", ".join(f"{one} NUMERIC NOT NULL" for one in FIGURES)},
    PRIMARY KEY ({", ".join(KEYS)})
) WITHOUT ROWID
"""


class SqliteBook(Book):
    """A file of this machine, which its owner alone can read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: sqlite3.Connection | None = None

    @contextmanager
    def _problems(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as problem:
            raise BookProblem(f"{self._path} cannot be used: {problem}") from problem

    def add(self, sums: Mapping[Row, Sequence[float]], batch: str) -> None:
        with self._problems():  # what fails has not been written
            if self._file is None:
                self._file = _opened(self._path)
            with self._file as file:
                file.executemany(_ADD, [(*row, *figures) for row, figures in sums.items()])

    def read(self, by: Sequence[str], since: str, until: str) -> list[dict[str, object]]:
        if not self._path.exists():
            return []
        keys, sums = ", ".join(named(by)), ", ".join(f"SUM({one})" for one in FIGURES)
        asked = f"SELECT {keys}, {sums} FROM usage WHERE day >= ? AND day <= ? GROUP BY {keys} ORDER BY {keys}"
        with self._problems(), closing(sqlite3.connect(self._path, timeout=_BUSY)) as file:
            names = [*named(by), *FIGURES]
            return [dict(zip(names, row, strict=True)) for row in file.execute(asked, (since, until))]

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _opened(path: Path) -> sqlite3.Connection:
    """The file with its table. Raises OSError and sqlite3.Error."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    file = sqlite3.connect(path, timeout=_BUSY, check_same_thread=False)
    try:
        with file:
            file.execute("PRAGMA journal_mode = WAL")
            file.execute(_SCHEMA)
            file.execute("DELETE FROM usage WHERE day < ?", (oldest_day(),))
    except sqlite3.Error:
        file.close()
        raise
    return file
