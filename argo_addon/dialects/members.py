"""Reading a body's members where they are needed, with errors that name the place. It knows no dialect."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from ..errors import UNREADABLE, ClientError
from .base import Fields

_T = TypeVar("_T")
_LIST = msgspec.json.Decoder(list[msgspec.Raw])


def items_of(fields: Fields, name: str, decoder: msgspec.json.Decoder[_T]) -> list[tuple[msgspec.Raw, _T]]:
    """The items of a list among the members, as written and decoded; none if it is missing or null.

    Raises ClientError that names the list, or the item.
    """
    raw = fields.get(name, msgspec.Raw(b"null"))
    if bytes(raw) == b"null":
        return []
    items = member(raw, _LIST, name, "expected a list")
    return [(item, member(item, decoder, f"{name}[{index}]", "")) for index, item in enumerate(items)]


def member(raw: msgspec.Raw, decoder: msgspec.json.Decoder[_T], place: str, expected: str) -> _T:
    """A member, decoded. Raises ClientError that names the place."""
    try:
        return decoder.decode(raw)
    except UNREADABLE as error:
        message = f"{place}: {expected} ({error})" if expected else f"{place}: {error}"
        raise ClientError(400, message, param=place) from error
