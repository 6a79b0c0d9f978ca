"""Google's schemas, a subset of OpenAPI's, as JSON Schema (pitfalls 1.28).

Source: the Gemini API reference ("Schema"): types in capitals, `nullable`, whole numbers written as text.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from .decode_members import camel

_COUNTS = frozenset({"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"})
_DROPPED = frozenset({"propertyOrdering", "nullable", "example"})
_SCHEMAS = frozenset({"items", "additionalProperties"})
_LISTS = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_MAPS = frozenset({"properties", "$defs"})
_SPELLED = {"ref": "$ref", "defs": "$defs"}


def as_json_schema(schema: object) -> object:
    """The schema as JSON Schema; what is one already stays what it is."""
    if not isinstance(schema, Mapping):
        return schema
    made: dict[str, object] = {}
    nullable = False
    for written, value in schema.items():
        name = camel(str(written))
        name = _SPELLED.get(name, name)
        nullable = nullable or (name == "nullable" and value is True)
        if name in _DROPPED or (name, value) in (("type", "TYPE_UNSPECIFIED"), ("format", "enum")):
            continue
        made[name] = _value(name, value)
    values = made.get("enum")
    if isinstance(values, list) and made.get("type") in ("integer", "number"):
        made["enum"] = [_number(value) for value in values]
    return _or_null(made) if nullable else made


def _value(name: str, value: object) -> object:
    if name == "type":
        return _type(value)
    if name == "$ref" and isinstance(value, str):
        return value.replace("#/defs/", "#/$defs/")
    if name in _COUNTS and isinstance(value, str) and value.isdecimal():
        return int(value)
    if name in _SCHEMAS:
        return as_json_schema(value)
    if name in _LISTS and isinstance(value, list):
        return [as_json_schema(item) for item in value]
    if name in _MAPS and isinstance(value, Mapping):
        return {key: as_json_schema(item) for key, item in value.items()}
    return value


def _type(value: object) -> object:
    if isinstance(value, list):
        return [_type(item) for item in value]
    return value.lower() if isinstance(value, str) else value


def _or_null(schema: dict[str, object]) -> dict[str, object]:
    kind = schema.get("type")
    if isinstance(kind, str) and not schema.keys() & {"enum", "anyOf", "$ref"}:
        return {**schema, "type": [kind, "null"]}
    rest = {name: value for name, value in schema.items() if name != "$defs"}
    shared = {"$defs": schema["$defs"]} if "$defs" in schema else {}  # stays at the root, where references find it
    return {"anyOf": [rest, {"type": "null"}], **shared}


def _number(value: object) -> object:
    """One of a number's values, which Google writes as text."""
    try:
        number = float(value) if isinstance(value, str) else math.nan
    except ValueError:
        return value
    if not math.isfinite(number):
        return value
    return int(number) if number.is_integer() else number
