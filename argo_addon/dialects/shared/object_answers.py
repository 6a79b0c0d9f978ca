"""Answers whose form is of no object, in an object of one member: OpenAI and Claude want one. It knows no dialect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from ...errors import UNREADABLE

_SHARED = ("$defs", "definitions")
Wrapping = Literal["json", "bare"]
"""How an answer was wrapped: as the JSON that it is, or as a bare text."""


def needs_object(schema: Mapping[str, object] | None) -> bool:
    """Whether an answer's schema is of no object: a list, a choice of words. OpenAI and Claude want one."""
    if schema is None:
        return False
    return schema.get("type", "object" if "properties" in schema or not schema else None) != "object"


def in_object(schema: Mapping[str, object]) -> dict[str, object]:
    """An object's schema whose one member, `value`, is of the schema; what it refers to stays at the root."""
    inner = _moved({name: value for name, value in schema.items() if name not in _SHARED})
    shared = {name: schema[name] for name in _SHARED if name in schema}
    return {
        "type": "object",
        "properties": {"value": inner},
        "required": ["value"],
        "additionalProperties": False,
        **shared,
    }


def _moved(schema: object) -> object:
    """A schema whose references to its own root point where that is within the object now."""
    if isinstance(schema, list):
        return [_moved(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    moved = {name: _moved(value) for name, value in schema.items()}
    if isinstance(root := schema.get("$ref"), str) and (root == "#" or root.startswith("#/properties/")):
        moved["$ref"] = "#/properties/value" + root[1:]
    return moved


def unwrapped(text: str, wrapping: Wrapping) -> str:
    """What was wrapped, as the client wants to see it; text that is no such object as it is."""
    try:
        value = msgspec.json.decode(text, type=_Wrapped).value
        return msgspec.json.decode(value, type=str) if wrapping == "bare" else bytes(value).decode()
    except UNREADABLE:
        return text


class _Wrapped(msgspec.Struct):
    value: msgspec.Raw
