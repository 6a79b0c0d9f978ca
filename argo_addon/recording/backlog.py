"""The exchanges that wait to be recorded: how many bytes they are, where the writer's time goes, and what was missed.

Each number is counted by one thread: what comes in by the gateway's, what the writer does by its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MOST_WAITING = 256 * 1024 * 1024
"""Bytes of exchanges that may wait to be recorded; what comes beyond is not."""


class Backlog:
    """What waits, and what was left out since the start: `missed` counts it."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        """`warn` is given what is to be told in the log."""
        self._warn = warn
        self._put = self._taken = 0  # bytes
        self._refused = self._failed = 0
        self._refused_before = 0
        self._is_full = False
        self._lock = threading.Lock()
        self._working = self._writing = 0.0
        """Seconds that the writer worked, and those of them in which it waited for the disk."""

    @property
    def missed(self) -> int:
        """Exchanges that are in no recording, though they should."""
        return self._refused + self._failed

    def takes(self, size: int, *, everything: bool) -> bool:
        """Whether an exchange of so many bytes may wait, too; one that may not is missed.

        `everything` says that not only failures are recorded.
        """
        if self._put - self._taken + size <= MOST_WAITING:
            self._put += size
            return True
        with self._lock:
            self._refused += 1
            if not self._is_full:
                self._is_full = True
                self._warn(self._reason(everything=everything))
        return False

    def _reason(self, *, everything: bool) -> str:
        remedy = "failures only: argo-proxy dump off" if everything else "none at all: record_failures: false"
        why = "looking for credentials in them takes most of the writer's time"
        if self._writing > self._working / 2:
            why = "writing to the disk takes most of the writer's time"
            remedy = f"a folder on a faster disk: --dump-requests=FOLDER, or dump_dir; {remedy}"
        return (
            f"exchanges come faster than they can be recorded: {MOST_WAITING / 1e6:,.0f} MB of them wait, and {why}. "
            f"What comes meanwhile is answered, but not recorded; argo-proxy status counts it. To record less: {remedy}"
        )

    @contextmanager
    def work(self, size: int) -> Iterator[None]:
        """While an exchange of so many bytes is recorded."""
        started = time.monotonic()
        try:
            yield
        finally:
            self._working += time.monotonic() - started
            self._taken += size
            self._tell_end()

    def _tell_end(self) -> None:
        with self._lock:
            if self._is_full and self._put - self._taken < MOST_WAITING / 2:
                self._is_full = False
                missed, self._refused_before = self._refused - self._refused_before, self._refused
                self._working = self._writing = 0.0
                self._warn(f"exchanges are recorded again as they come; {missed} were not, while too many waited")

    @contextmanager
    def disk(self) -> Iterator[None]:
        """While something is written."""
        started = time.monotonic()
        try:
            yield
        finally:
            self._writing += time.monotonic() - started

    def failed(self, count: int = 1) -> None:
        """So many exchanges could not be recorded."""
        self._failed += count
