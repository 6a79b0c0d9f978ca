"""Half a surrogate pair in JSON, which is no character, though a program may write it that cuts texts by UTF-16.

A tool cuts a text in the middle of an emoji, a server a stream. No decoder that is strict about Unicode reads it on,
and no client could encode it. It knows escapes and nothing of what is said.
"""

from __future__ import annotations

import re

_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}(?P<low>\\u[dD][c-fC-F][0-9a-fA-F]{2})?|u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<other>.))",
    re.DOTALL,
)
"""An escape in JSON: a pair of surrogates, half of one, or another."""
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_FIRST = re.compile(rb'(\\u[dD][89abAB][0-9a-fA-F]{2})(?=")')
_SECOND = re.compile(rb'(?<=")(?=\\u[dD][c-fC-F][0-9a-fA-F]{2})')


def whole(json: bytes) -> bytes:
    """The same with U+FFFD for each half; pairs and all else stay."""
    return _ESCAPE.sub(_whole, json) if _HALF.search(json) else json


def _whole(escape: re.Match[bytes]) -> bytes:
    return escape[0] if escape["low"] or escape["other"] else rb"\ufffd"


class Halves:
    """Puts pairs together that lie in two events of a stream: the first half at a text's end, the other at a beginning.

    It is given the events that cannot be read. A first half is held back until the next of them; one that nothing
    completes was no character.
    """

    __slots__ = ("_first",)

    def __init__(self) -> None:
        self._first = b""

    def whole(self, event: bytes) -> bytes:
        """The event with whole characters alone; the same bytes where it has no halves."""
        first, self._first = self._first, b""
        if first:
            event = _SECOND.sub(lambda _: first, event, count=1)
        mended = whole(event)
        if mended == event or (found := _last(event)) is None:
            return mended
        self._first = found[1]
        return whole(event[: found.start()] + event[found.end() :])


def _last(event: bytes) -> re.Match[bytes] | None:
    """A first half at the end of a text; what stands before it is no escaped backslash."""
    for found in _FIRST.finditer(event):
        before = event[: found.start()]
        if (len(before) - len(before.rstrip(b"\\"))) % 2 == 0:
            return found
    return None
