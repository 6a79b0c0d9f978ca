"""Reading a body's members where they are needed, with errors that name the place. It knows no dialect."""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Generic, TypeVar

import msgspec

from ...errors import UNREADABLE, ClientError
from ...ir.parts import Extra as Fields

Positive = Annotated[int, msgspec.Meta(ge=1)]
"""A number of tokens, calls and the like, of which there must be one."""
_T = TypeVar("_T")
_S = TypeVar("_S", bound=msgspec.Struct)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NULL = msgspec.Raw(b"null")
_PATH = re.compile(r" - at (?P<key>`key` in )?`\$(?P<path>.*)`$")
_MISSING = re.compile(r"Object missing required field `(?P<name>[^`]+)`")


def items_of(fields: Fields, name: str, decoder: msgspec.json.Decoder[_T]) -> list[tuple[msgspec.Raw, _T]]:
    """The items of a list among the members, as written and decoded; none if it is missing or null.

    Raises ClientError that names the list, or the item.
    """
    raw = fields.get(name, _NULL)
    if bytes(raw) == b"null":
        return []
    items = member(raw, _LIST, name)
    return [(item, member(item, decoder, f"{name}[{index}]")) for index, item in enumerate(items)]


def member(raw: msgspec.Raw, decoder: msgspec.json.Decoder[_T], json_path: str) -> _T:
    """A member, decoded. Raises ClientError that names the place, however deep within."""
    try:
        return decoder.decode(raw)
    except UNREADABLE as error:
        raise misfit(error, json_path) from error


def optional(fields: Fields, name: str, decoder: msgspec.json.Decoder[_T]) -> _T:
    """A member of the body, decoded, or what the decoder makes of null where it is missing. Raises as `member` does."""
    return member(fields.get(name, _NULL), decoder, name)


def misfit(error: Exception, json_path: str) -> ClientError:
    """The error for what does not fit at or below a place, in the words of the decoder that found it."""
    message = str(error)
    path = _PATH.search(message)
    where = json_path + (path["path"] if path else "")
    message = _PATH.sub(", as a key" if path and path["key"] else "", message)
    missing = _MISSING.fullmatch(message)
    if missing:
        where, message = f"{where}.{missing['name']}".lstrip("."), "missing"
    return ClientError(400, f"{where}: {message[:1].lower()}{message[1:]}", param=where)


def object_in(raw: msgspec.Raw | bytes) -> Fields:
    """An object's members; none of what is no object."""
    return _OBJECT.decode(raw) if bytes(raw).lstrip().startswith(b"{") else {}


class Shape(Generic[_S]):
    """An object of the wire: its Struct, and the members that the Struct does not have."""

    def __init__(self, kind: type[_S]) -> None:
        self._decoder = msgspec.json.Decoder(kind)
        self._kind = kind
        self._known = _known(kind)

    @cached_property
    def _exact(self) -> type[_S]:
        """The Struct, which refuses members that it does not have. Made when needed: few shapes are read so."""
        exact: type[_S] = type(self._kind.__name__, (self._kind,), {}, forbid_unknown_fields=True)
        return exact

    @cached_property
    def _exactly(self) -> msgspec.json.Decoder[_S]:
        return msgspec.json.Decoder(self._exact)

    @cached_property
    def _all_exactly(self) -> msgspec.json.Decoder[list[_S]]:
        return msgspec.json.Decoder(list[self._exact])  # type: ignore[name-defined]

    def read(self, raw: msgspec.Raw, json_path: str) -> _S:
        """The object. Raises ClientError that names the place."""
        return member(raw, self._decoder, json_path)

    def read_with_others(self, raw: msgspec.Raw, json_path: str) -> tuple[_S, Fields]:
        """The object and its `others`, in one pass where it has none. Raises as `read` does."""
        try:
            return self._exactly.decode(raw), {}
        except UNREADABLE:
            return self.read(raw, json_path), self.others(raw)

    def read_all(self, raw: msgspec.Raw, json_path: str) -> list[tuple[_S, Fields]]:
        """The objects of a list, each with its `others`. Raises ClientError that names the list, or the object."""
        try:
            return [(one, {}) for one in self._all_exactly.decode(raw)]
        except UNREADABLE:
            items = member(raw, _LIST, json_path)
            return [self.read_with_others(item, f"{json_path}[{number}]") for number, item in enumerate(items)]

    def others(self, raw: msgspec.Raw) -> Fields:
        """The members that the Struct does not have, nulls left out: they say nothing."""
        return {
            name: value for name, value in object_in(raw).items() if name not in self._known and bytes(value) != b"null"
        }

    def all_others(self, raw: msgspec.Raw) -> Fields:
        """Those of the Structs within it too, under names like `function.strict`: `with_others` puts them back."""
        return _others(object_in(raw), self._known)


class _Known(dict[str, "_Known"]):
    """The members that a Struct has, each with those within, if it is a Struct itself."""


def _known(kind: type[msgspec.Struct]) -> _Known:
    hints = typing.get_type_hints(kind)
    known = _Known()
    for field in msgspec.structs.fields(kind):
        kinds = (hints[field.name], *typing.get_args(hints[field.name]))
        inner = next((one for one in kinds if isinstance(one, type) and issubclass(one, msgspec.Struct)), None)
        known[field.encode_name] = _Known() if inner is None else _known(inner)
    return known


def _others(fields: Fields, known: _Known) -> Fields:
    others: Fields = {}
    for name, value in fields.items():
        if name not in known:
            if bytes(value) != b"null":
                others[name] = value
        elif known[name]:
            others.update({f"{name}.{inner}": more for inner, more in _others(object_in(value), known[name]).items()})
    return others


def objects_in(raw: msgspec.Raw | bytes) -> list[msgspec.Raw]:
    """The objects of a list; none of what is no list."""
    return [item for item in _LIST.decode(raw) if bytes(item)[:1] == b"{"] if bytes(raw)[:1] == b"[" else []


def with_others(written: Mapping[str, object], others: Fields) -> dict[str, object]:
    """An object as it is written here, with the members that its `Shape` found besides, each in its place."""
    whole = dict(written)
    for name, value in others.items():
        outer, _, inner = name.partition(".")
        holder = whole.get(outer)
        if inner and isinstance(holder, dict):
            whole[outer] = with_others(holder, {inner: value})
        else:
            whole[name] = value
    return whole


_TEXT = msgspec.json.Decoder(str)


def is_set(members: Fields, name: str) -> bool:
    """Whether a member is there and not null."""
    return bytes(members.get(name, b"null")) != b"null"


def text_of_member(members: Fields, name: str) -> str:
    """A member's text; none where it is missing or no text."""
    raw = members.get(name)
    return _TEXT.decode(raw) if raw is not None and bytes(raw)[:1] == b'"' else ""
