"""Large requests one by one: to translate ten megabytes takes as long as several events of every stream beside it."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

LARGE = 512 * 1024
"""Bytes of a request that waits for its turn, which takes some milliseconds."""
REST = 0.005
"""Seconds between two turns, in which streams go on."""


class Waiting(Protocol):
    """A request that is whole."""

    over: bool
    """Whether it is no more, since its client has left."""

    def begin(self) -> None:
        """Begins what is done with it."""


class Turns:
    """Has large requests begin one after the other, and all others at once."""

    def __init__(self) -> None:
        self._waiting: deque[Waiting] = deque()
        self._next: asyncio.TimerHandle | None = None

    def take(self, size: int, request: Waiting) -> None:
        """Begins a request whose body has so many bytes, or has it wait for its turn."""
        if size < LARGE:
            request.begin()
            return
        self._waiting.append(request)
        if self._next is None:
            self._next = asyncio.get_running_loop().call_later(0, self._begin)

    def _begin(self) -> None:
        self._next = None
        request = self._waiting.popleft()
        try:
            if not request.over:
                request.begin()
        finally:
            if self._waiting:  # counted from now, so that a turn that was long is no reason to take the next at once
                self._next = asyncio.get_running_loop().call_later(REST, self._begin)
