"""Memory that large bodies leave behind, given back to the system: glibc keeps what was freed.

A conversation of a megabyte is on its way in several forms at once; what it took would stay with the process for good.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc

LARGE = 256 * 1024
"""Bytes of a body that leaves memory behind."""
DELAY, AGAIN = 0.5, 5.0
"""Seconds after the end of the last such call, and, for what was still being written to a disk, after that: to give
back a hundred megabytes takes longer than an event of a stream may wait for.
"""
LONGEST = 10.0
"""Seconds after which it is done though such calls keep coming."""


_malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)


def _trim() -> None:
    """Gives free memory back; does nothing where the C library is another than glibc."""
    if _malloc_trim is not None:
        _malloc_trim(0)


SELDOM = 20_000
"""Objects more than before, after which the collector of cycles looks for some: a long conversation is made of several
thousand, none of which needs it (tests/proxy/test_memory.py), and it looked through them every 700.
"""


def settle() -> None:
    """What is there after the start stays: the collector of cycles, which starts here, need not look through it."""
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(SELDOM, *gc.get_threshold()[1:])
    _trim()


class FreedMemory:
    """Gives back, a little after large bodies have gone, what they took."""

    def __init__(self) -> None:
        self._due: asyncio.TimerHandle | None = None
        self._first = 0.0  # when the first of these calls was over, by the loop's time

    def note(self, size: int) -> None:
        """A call is over that had a body of so many bytes."""
        if size < LARGE:
            return
        loop = asyncio.get_running_loop()
        if self._due is None:
            self._first = loop.time()
        else:
            self._due.cancel()
        at = min(loop.time() + DELAY, self._first + LONGEST)
        self._due = loop.call_at(at, self._give_back, AGAIN)

    def _give_back(self, again: float = 0.0) -> None:
        _trim()
        loop = asyncio.get_running_loop()
        self._first = loop.time()
        self._due = loop.call_later(again, self._give_back) if again else None
