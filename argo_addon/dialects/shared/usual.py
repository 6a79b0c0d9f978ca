"""Reading what conversations are mostly made of in one pass: what is long stays as it was written. It knows no dialect.

A dialect's short way takes what is usual and nothing else; it raises `Unusual`, or what a decoder raises, where a
message is to be read the longer way.
"""

from __future__ import annotations

import msgspec

TEXT_BEGINS, LIST_BEGINS, OBJECT_BEGINS, NULL_BEGINS = b'"[{n'
"""The first byte of a JSON value."""
_EMPTY = msgspec.Raw(b'""')


class Unusual(Exception):
    """A message is to be read the longer way."""


def first_byte(raw: msgspec.Raw) -> int:
    """How a value begins."""
    return memoryview(raw)[0]


def written_text(raw: msgspec.Raw) -> str | msgspec.Raw:
    """A text as `TextPart.written` has it. Raises Unusual where it is none."""
    if memoryview(raw)[0] == TEXT_BEGINS:
        return "" if raw == _EMPTY else raw
    raise Unusual
