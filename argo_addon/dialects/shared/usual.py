"""Reading what conversations are mostly made of in one pass: what is long stays as it was written. It knows no dialect.

A dialect's short way takes what is usual and nothing else; it raises `Unusual`, or what a decoder raises, where a
message is to be read the longer way.
"""

from __future__ import annotations

import abc
import struct
from collections.abc import Sequence

import msgspec

from ...ir.parts import Extra
from ...ir.request import Message, Request

TEXT_BEGINS, LIST_BEGINS, OBJECT_BEGINS, NULL_BEGINS = b'"[{n'
"""The first byte of a JSON value."""
_FIRST = struct.Struct("B").unpack_from  # a memoryview takes twice as long, and two objects for the collector
_FIRST_TWO = struct.Struct("2s").unpack_from


class ReadsAtOnce(abc.ABC):
    """A dialect that reads a body in one pass where all of it is usual, for an upstream of another dialect."""

    @abc.abstractmethod
    def read_usual(self, body: bytes) -> tuple[Extra, list[Message]] | None:
        """The members of a body but for its conversation, and that; None if it is to be read the longer way."""

    @abc.abstractmethod
    def request_of(self, members: Extra, messages: Sequence[Message]) -> Request:
        """The request that those are. Raises ClientError that names the place of what does not fit."""


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
