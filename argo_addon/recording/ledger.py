"""What calls add up to, day by day, for whoever answers for their use: no word of what was said in them.

A file of SQLite with a row for each day, user, dialect, model and tool. The gateway adds in memory (`add`, `take`, in
the event loop) and has a thread write it every few seconds (`write`). Several gateways of a machine may use one file.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from ..gateway.call_metrics import OTHER, EndedCall

logger = logging.getLogger(__name__)

KEYS = ("day", "user", "dialect", "model", "tool")
"""What a row is of. A day is the machine's own, as 2026-11-28."""
FIGURES = ("calls", "failed", "input", "output", "cache_read", "cache_write", "seconds")
"""What it adds up: calls and those that failed, tokens (`input` with those of the cache), how long calls took."""
MOST_NAMES = 1000
"""Rows of a day that one process adds; tools beyond them are called `other`."""
KEPT_DAYS = 800
_BUSY = 10.0
_LONGEST = 100
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS usage (
    {", ".join(f"{key} TEXT NOT NULL" for key in KEYS)}, {", ".join(f"{one} NUMERIC NOT NULL" for one in FIGURES)},
    PRIMARY KEY ({", ".join(KEYS)})
) WITHOUT ROWID
"""
_ADD = f"INSERT INTO usage VALUES ({', '.join('?' for _ in KEYS + FIGURES)}) ON CONFLICT DO UPDATE SET " + ", ".join(
    f"{one} = {one} + excluded.{one}" for one in FIGURES
)

Row = tuple[str, ...]
Sums = dict[Row, list[float]]


class Ledger:
    """The usage that one gateway notes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pending: Sums = {}
        self._names: set[Row] = set()
        self._day = ""
        self._file: sqlite3.Connection | None = None
        self._told = False

    def add(self, call: EndedCall) -> None:
        """Notes a call that is over."""
        day = time.strftime("%Y-%m-%d")
        if day != self._day:
            self._day, self._names = day, set()
        row = (day, *(name[:_LONGEST] for name in (call.user, call.dialect, call.model, call.tool)))
        if row not in self._names:
            if len(self._names) >= MOST_NAMES:
                row = (*row[:4], OTHER)
            else:
                self._names.add(row)
        tokens = [call.tokens.get(name) or 0 for name in ("input_tokens", "output_tokens", "cache_read", "cache_write")]
        _join(self._pending, row, [1, int(call.failed), *tokens, call.seconds])

    def take(self) -> Sums:
        """What is to be written."""
        taken, self._pending = self._pending, {}
        return taken

    def give_back(self, sums: Sums) -> None:
        """Takes back what could not be written, for the next time."""
        for row, figures in sums.items():
            _join(self._pending, row, figures)

    def write(self, sums: Sums) -> Sums:
        """Adds it to the file; returns what could not be written. It touches nothing that the event loop does."""
        if not sums:
            return {}
        try:
            if self._file is None:
                self._file = _opened(self._path)
            with self._file as file:
                file.executemany(_ADD, [(*row, *figures) for row, figures in sums.items()])
            self._told = False
            return {}
        except (sqlite3.Error, OSError) as problem:
            if not self._told:
                self._told = True
                logger.warning("the usage of calls cannot be written to %s: %s", self._path, problem)
            return sums

    def today(self) -> list[dict[str, object]]:
        """What today's calls add up to by model, as far as the file has them. Raises OSError and sqlite3.Error."""
        day = time.strftime("%Y-%m-%d")
        return read(self._path, ("model",), since=day, until=day)

    def close(self) -> None:
        """Writes what is left, and lets go of the file."""
        self.write(self.take())
        if self._file is not None:
            self._file.close()
            self._file = None


def _join(sums: Sums, row: Row, figures: Sequence[float]) -> None:
    before = sums.get(row)
    sums[row] = list(figures) if before is None else [a + b for a, b in zip(before, figures, strict=True)]


def _opened(path: Path) -> sqlite3.Connection:
    """The file, which its owner alone can read. Raises OSError and sqlite3.Error."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    file = sqlite3.connect(path, timeout=_BUSY, check_same_thread=False)
    try:
        with file:
            file.execute("PRAGMA journal_mode = WAL")
            file.execute(_SCHEMA)
            oldest = time.strftime("%Y-%m-%d", time.localtime(time.time() - KEPT_DAYS * 86400))
            file.execute("DELETE FROM usage WHERE day < ?", (oldest,))
    except sqlite3.Error:
        file.close()
        raise
    return file


def read(path: Path, by: Sequence[str], since: str = "", until: str = "9999") -> list[dict[str, object]]:
    """A row for each of what `by` (of KEYS) names, from one day to another, both included. Raises sqlite3.Error.

    There is no row where there is no file.
    """
    if not path.exists():
        return []
    keys = ", ".join(key for key in KEYS if key in by)
    sums = ", ".join(f"SUM({one})" for one in FIGURES)
    asked = f"SELECT {keys}, {sums} FROM usage WHERE day >= ? AND day <= ? GROUP BY {keys} ORDER BY {keys}"
    with closing(sqlite3.connect(path, timeout=_BUSY)) as file:
        names = [*(key for key in KEYS if key in by), *FIGURES]
        return [dict(zip(names, row, strict=True)) for row in file.execute(asked, (since, until))]
