"""Reading what conversations are mostly made of in one pass: what is long stays as it was written. It knows no dialect.

A dialect's short way takes what is usual and nothing else; it raises `Unusual`, or what a decoder raises, where a
message is to be read the longer way.
"""

from __future__ import annotations

import struct

import msgspec

TEXT_BEGINS, LIST_BEGINS, OBJECT_BEGINS, NULL_BEGINS = b'"[{n'
"""The first byte of a JSON value."""
_FIRST = struct.Struct("B").unpack_from  # a memoryview takes twice as long, and two objects for the collector
_FIRST_TWO = struct.Struct("2s").unpack_from


class Unusual(Exception):
    """A message is to be read the longer way."""


def first_byte(raw: msgspec.Raw) -> int:
    """How a value begins."""
    begins: int = _FIRST(raw)[0]
    return begins


def written_text(raw: msgspec.Raw) -> str | msgspec.Raw:
    """A text as `TextPart.written` has it. Raises Unusual where it is none."""
    try:
        begins: bytes = _FIRST_TWO(raw)[0]
    except struct.error:
        raise Unusual from None  # a digit
    if begins[0] == TEXT_BEGINS:
        return "" if begins == b'""' else raw
    raise Unusual
