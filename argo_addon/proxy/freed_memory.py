"""Memory that large bodies leave behind, given back to the system: glibc keeps what was freed.

A conversation of a megabyte is on its way in several forms at once; what it took would stay with the process for good.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc

LARGE = 256 * 1024
"""Bytes of a body that leaves memory behind."""
DELAY = 0.5
"""Seconds after the end of such a call. While they keep coming, memory is given back as often, which takes about a
hundredth of the time.
"""


_malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)


def _trim() -> None:
    """Gives free memory back; does nothing where the C library is another than glibc."""
    if _malloc_trim is not None:
        _malloc_trim(0)


def settle() -> None:
    """What is there after the start stays: the collector of cycles need not look through it again and again."""
    gc.collect()
    gc.freeze()
    _trim()


class FreedMemory:
    """Gives back, a little after large bodies have gone, what they took."""

    def __init__(self) -> None:
        self._due: asyncio.TimerHandle | None = None

    def note(self, size: int) -> None:
        """A call is over that had a body of so many bytes."""
        if size >= LARGE and self._due is None:
            self._due = asyncio.get_running_loop().call_later(DELAY, self._give_back)

    def _give_back(self) -> None:
        self._due = None
        _trim()
