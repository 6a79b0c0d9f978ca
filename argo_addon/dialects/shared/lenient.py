"""Reading what an upstream answers, as well as it can be read. It knows no dialect.

An answer is not refused for a member that nobody needs. Where one does not fit its type it is read loosely (`"3"` and
`3.0` as 3), else left out as if it had not been there; a text that must be there is empty then. What is no JSON, or no
object, still is an error. Nothing of this costs anything as long as all fits.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable
from typing import Generic, TypeVar

import msgspec

from ...errors import UNREADABLE

_S = TypeVar("_S", bound=msgspec.Struct)
_encode = msgspec.json.Encoder().encode
_ANY = msgspec.json.Decoder()


class Lenient(Generic[_S]):
    """Reads objects of one kind."""

    def __init__(self, kind: type[_S]) -> None:
        self._kind = kind
        self._decoder = msgspec.json.Decoder(kind)

    def objects(self, items: Iterable[msgspec.Raw] | None) -> list[_S]:
        """The objects of a list, without what is none in it."""
        return [self.decode(item) for item in items or () if bytes(item).startswith(b"{")]

    def decode(self, data: bytes | msgspec.Raw) -> _S:
        """The object. Raises msgspec.MsgspecError, UnicodeDecodeError or RecursionError if it is none."""
        try:
            return self._decoder.decode(data)
        except msgspec.ValidationError:
            value = _ANY.decode(data)
            if not isinstance(value, dict):
                raise
            return _fitted(value, self._kind)


def _fitted(value: dict[str, object], kind: type[_S]) -> _S:
    """A Struct made of the members that fit, and of what can be made of the others."""
    made: dict[str, object] = {}
    hints = _hints(kind)
    for field in msgspec.structs.fields(kind):
        given = field.encode_name in value
        fits, found = _value(value[field.encode_name], hints[field.name]) if given else (False, None)
        if fits:
            made[field.name] = found
        elif field.required:
            made[field.name] = _nothing(hints[field.name])
    return kind(**made)


def _hints(kind: type[msgspec.Struct]) -> dict[str, object]:
    return typing.get_type_hints(kind)


def _value(value: object, kind: object) -> tuple[bool, object]:
    """Whether a value fits a type, and what it is then."""
    for one in typing.get_args(kind) if _is_union(kind) else (kind,):
        fits, found = _as_one(value, one)
        if fits:
            return True, found
    return False, None


def _as_one(value: object, kind: object) -> tuple[bool, object]:
    if kind is msgspec.Raw:
        return True, msgspec.Raw(_encode(value))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return (True, _fitted(value, kind)) if isinstance(value, dict) else (False, None)
    if typing.get_origin(kind) is list:
        (inner,) = typing.get_args(kind)
        if not isinstance(value, list):
            return False, None
        return True, [found for fits, found in (_value(item, inner) for item in value) if fits]
    if typing.get_origin(kind) is dict:
        if not isinstance(value, dict):
            return False, None
        return True, {str(name): msgspec.Raw(_encode(item)) for name, item in value.items()}
    try:
        return True, msgspec.convert(value, typing.cast(type[object], kind), strict=False)
    except UNREADABLE:
        return False, None


def _is_union(kind: object) -> bool:
    return typing.get_origin(kind) in (typing.Union, types.UnionType)


def _nothing(kind: object) -> object:
    """What stands for a member that must be there and is not, or does not fit."""
    if kind is str or (_is_union(kind) and str in typing.get_args(kind)):
        return ""
    raise msgspec.ValidationError("a member that must be there is missing, or of another type")
