"""Reading a body's members where they are needed, with errors that name the place. It knows no dialect."""

from __future__ import annotations

import re
from typing import Generic, TypeVar

import msgspec

from ..errors import UNREADABLE, ClientError
from .base import Fields

_T = TypeVar("_T")
_S = TypeVar("_S", bound=msgspec.Struct)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_PATH = re.compile(r" - at `\$(?P<path>.*)`$")
_MISSING = re.compile(r"Object missing required field `(?P<name>[^`]+)`")


def items_of(fields: Fields, name: str, decoder: msgspec.json.Decoder[_T]) -> list[tuple[msgspec.Raw, _T]]:
    """The items of a list among the members, as written and decoded; none if it is missing or null.

    Raises ClientError that names the list, or the item.
    """
    raw = fields.get(name, msgspec.Raw(b"null"))
    if bytes(raw) == b"null":
        return []
    items = member(raw, _LIST, name)
    return [(item, member(item, decoder, f"{name}[{index}]")) for index, item in enumerate(items)]


def member(raw: msgspec.Raw, decoder: msgspec.json.Decoder[_T], place: str) -> _T:
    """A member, decoded. Raises ClientError that names the place, however deep within."""
    try:
        return decoder.decode(raw)
    except UNREADABLE as error:
        raise misfit(error, place) from error


def misfit(error: Exception, place: str) -> ClientError:
    """The error for what does not fit at or below a place, in the words of the decoder that found it."""
    said = str(error)
    path = _PATH.search(said)
    where = place + (path["path"] if path else "")
    said = _PATH.sub("", said)
    missing = _MISSING.fullmatch(said)
    if missing:
        where, said = f"{where}.{missing['name']}".lstrip("."), "missing"
    return ClientError(400, f"{where}: {said[:1].lower()}{said[1:]}", param=where)


def object_in(raw: msgspec.Raw | bytes) -> Fields:
    """An object's members; none of what is no object."""
    return _OBJECT.decode(raw) if bytes(raw).lstrip().startswith(b"{") else {}


class Shape(Generic[_S]):
    """An object of the wire: its Struct, and the members that the Struct does not have."""

    def __init__(self, kind: type[_S]) -> None:
        self._decoder = msgspec.json.Decoder(kind)
        self._known = frozenset(field.encode_name for field in msgspec.structs.fields(kind))

    def read(self, raw: msgspec.Raw, place: str) -> _S:
        """The object. Raises ClientError that names the place."""
        return member(raw, self._decoder, place)

    def others(self, raw: msgspec.Raw) -> Fields:
        """The members that the Struct does not have, nulls left out: they say nothing."""
        return {
            name: value for name, value in object_in(raw).items() if name not in self._known and bytes(value) != b"null"
        }
