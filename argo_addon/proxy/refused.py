"""How long a client is read on whose request is refused before its body is there."""

from __future__ import annotations

MAX_REFUSED_BODY = 1024 * 1024 * 1024
"""Bytes of a refused body that are read before the connection is cut after all."""
SLOWEST = 16 * 1024
"""Bytes of it that come between two looks: who sends fewer waits for nothing but to hold the connection."""


class Refused:
    """How much of a refused request has been read."""

    def __init__(self, length: int | None, taken: int, *, has_head: bool) -> None:
        """`length` and `taken` are bytes of its body: all of them, None if that is not known, and those read by now."""
        self._left = (MAX_REFUSED_BODY if length is None else length) - taken
        self._last = b"0\r\n\r\n" if has_head else b"\r\n\r\n"
        self._tail = b""
        self._lately = SLOWEST  # who has just been refused may have paused

    def take(self, data: bytes) -> None:
        """Notes what has been read of it."""
        self._left -= len(data)
        self._tail = (self._tail + data[-5:])[-5:]
        self._lately += len(data)

    @property
    def over(self) -> bool:
        """It is complete (a chunked body ends in an empty chunk, a head in a blank line), or beyond all measure."""
        return self._left <= 0 or self._tail.endswith(self._last)

    def goes_on(self) -> bool:
        """Whether enough has come since this was asked last."""
        lately, self._lately = self._lately, 0
        return lately >= SLOWEST
