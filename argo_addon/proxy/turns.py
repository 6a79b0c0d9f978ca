"""Long work that requests need done, one after the other and each in pieces, while all else goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from mitmproxy import http

from ..pieces import Work

_T = TypeVar("_T")
LARGE = 512 * 1024
"""Bytes from which on a body's work is long: some milliseconds."""
PACKED = 16 * 1024
"""The same of a body that is compressed."""


def is_long(request: http.Request) -> bool:
    """Whether a request's work is to be done in pieces."""
    size = len(request.data.content or b"")
    return size >= LARGE or (size >= PACKED and "content-encoding" in request.headers)


class Turns:
    """Has work done in turn."""

    def __init__(self) -> None:
        self._mine = asyncio.Lock()  # gives way in the order in which it was asked for

    async def done(self, work: Callable[[], _T], is_needed: Callable[[], bool]) -> _T | None:
        """What comes of the work; None where it was no longer needed meanwhile. Raises what the work raises."""
        async with self._mine:
            under_way = Work(work)
            try:
                while is_needed():
                    if under_way.go_on():
                        return under_way.result
                    await asyncio.sleep(0)
            finally:
                under_way.abandon()
        return None
