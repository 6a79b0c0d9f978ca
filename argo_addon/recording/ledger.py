"""What calls add up to, day by day, for whoever answers for their use: no word of what was said in them.

A row for each day, user, dialect, model and tool, in a file of SQLite that the gateways of a machine share, or in a
server that those of several machines share (ledger_books.py). The gateway adds in memory (`add`, `take`, in the event
loop) and has a thread write it every few seconds (`write`).
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from ..gateway.call_metrics import OTHER, EndedCall
from ..redaction import safe_target
from .ledger_books import Book, BookProblem, SqliteBook, Sums, joined

logger = logging.getLogger(__name__)

MOST_NAMES = 1000
"""Rows of a day that one process adds; tools beyond them are called `other`, and of what failed user and model too."""
_LONGEST = 100


class Ledger:
    """The usage that one gateway notes, in a file or at a URL."""

    def __init__(self, where: Path | str) -> None:
        """Raises BookProblem where that can never be written; that a server is away just now is none."""
        self._book: Book = open_book(where)
        self._pending: Sums = {}
        self._names: set[tuple[str, ...]] = set()
        self._day = ""
        self._told = False
        self._unsure: tuple[str, Sums] | None = None  # what may have been written, under the name that it had

    def add(self, call: EndedCall) -> None:
        """Notes a call that is over."""
        day = time.strftime("%Y-%m-%d")
        if day != self._day:
            self._day, self._names = day, set()
        row = (day, *(name[:_LONGEST] for name in (call.user, call.dialect, call.model, call.tool)))
        if row not in self._names:
            if len(self._names) >= MOST_NAMES:
                # Who wants to can make failures under any name, at no cost.
                row = (day, OTHER, row[2], OTHER, OTHER) if call.failed else (*row[:4], OTHER)
            else:
                self._names.add(row)
        tokens = [call.tokens.get(name) or 0 for name in ("input_tokens", "output_tokens", "cache_read", "cache_write")]
        joined(self._pending, row, [1, int(call.failed), *tokens, call.seconds])

    def take(self) -> Sums:
        """What is to be written."""
        taken, self._pending = self._pending, {}
        return taken

    @property
    def owes(self) -> bool:
        """Whether there is something that may not have been written yet."""
        return self._unsure is not None

    def give_back(self, sums: Sums) -> None:
        """Takes back what could not be written, for the next time."""
        for row, figures in sums.items():
            joined(self._pending, row, figures)

    def write(self, sums: Sums) -> Sums:
        """Adds it to the book; returns what could not be tried. It touches nothing that the event loop does."""
        try:
            if self._unsure is not None:
                self._book.add(self._unsure[1], self._unsure[0])
                self._unsure = None
            if sums:
                self._unsure, sums = (uuid.uuid4().hex, sums), {}
                self._book.add(self._unsure[1], self._unsure[0])
                self._unsure = None
            self._told = False
            return {}
        except BookProblem as problem:
            if not self._told:
                self._told = True
                logger.warning("the usage of calls cannot be written: %s. It is kept until it can be", problem)
            return sums

    def today(self) -> list[dict[str, object]]:
        """What today's calls add up to by model, as far as the book has them. Raises BookProblem."""
        day = time.strftime("%Y-%m-%d")
        return self._book.read(("model",), day, day)

    def close(self) -> None:
        """Writes what is left, and lets go of the file."""
        left = self.write(self.take())
        for row, figures in ({} if self._unsure is None else self._unsure[1]).items():
            joined(left, row, figures)
        if left:
            logger.warning(
                "the usage of %d calls is lost: it could not be written", sum(one[0] for one in left.values())
            )
        self._book.close()


def open_book(where: Path | str) -> Book:
    """The book at a path or URL. Raises BookProblem where it can never be used."""
    if isinstance(where, Path):
        return SqliteBook(where)
    try:
        if where.startswith("redis"):
            from .ledger_redis import RedisBook  # an extra, and not loaded for nothing

            return RedisBook(where)
        from .ledger_postgresql import PostgresqlBook  # likewise

        return PostgresqlBook(where)
    except ImportError as problem:
        extra = "redis" if where.startswith("redis") else "postgresql"
        told = f"`usage_ledger` needs a package that is not there: install argo-proxy[{extra}] ({problem})"
        raise BookProblem(told) from problem
    except ValueError as problem:
        raise BookProblem(f"`usage_ledger`: {safe_target(where)} cannot be used: {problem}") from problem


def read(where: Path | str, by: Sequence[str], since: str = "", until: str = "9999") -> list[dict[str, object]]:
    """A row for each of what `by` (of KEYS) names, from one day to another, both included. Raises BookProblem."""
    book = open_book(where)
    try:
        return book.read(by, since, until)
    finally:
        book.close()
