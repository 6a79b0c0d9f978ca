"""Members in either spelling: the API takes `systemInstruction` and `system_instruction` alike, at every level.

What is the caller's own (arguments, results, schemas) is not touched.
"""

from __future__ import annotations

import re
from typing import Generic, TypeVar

import msgspec

from ..base import Fields
from ..shared.raw_members import member, object_in

_S = TypeVar("_S", bound=msgspec.Struct)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_SNAKE = re.compile(r"_([a-z])")
_encode = msgspec.json.Encoder().encode


def camel(name: str) -> str:
    """A member's name as the API writes it.

    >>> camel("system_instruction")
    'systemInstruction'
    """
    return _SNAKE.sub(lambda match: match[1].upper(), name) if "_" in name else name


def with_camel_names(fields: Fields) -> Fields:
    """An object's members by the API's names."""
    return {camel(name): value for name, value in fields.items()}


def items_or_item(raw: msgspec.Raw, json_path: str) -> list[msgspec.Raw]:
    """The items of a list; the one that stands in its place, which the API takes as well; none for null."""
    written = bytes(raw)
    if written == b"null":
        return []
    return member(raw, _LIST, json_path) if written.startswith(b"[") else [raw]


class EitherSpelling(Generic[_S]):
    """An object of the wire, read from either spelling."""

    def __init__(self, kind: type[_S]) -> None:
        self._decoder = msgspec.json.Decoder(kind)
        self._known = frozenset(field.encode_name for field in msgspec.structs.fields(kind))

    def read(self, raw: msgspec.Raw, json_path: str) -> _S:
        """The object. Raises ClientError that names the place."""
        fields = member(raw, _OBJECT, json_path)
        if any("_" in name for name in fields):
            raw = msgspec.Raw(_encode(with_camel_names(fields)))
        return member(raw, self._decoder, json_path)

    def others(self, raw: msgspec.Raw) -> Fields:
        """The members that the Struct does not have, nulls left out; none of what is no object."""
        fields = with_camel_names(object_in(raw))
        return {name: value for name, value in fields.items() if name not in self._known and bytes(value) != b"null"}
