"""What each vendor refuses in a JSON Schema. Knows schemas, and nothing of the requests around them.

Sources: argo.md ("Tool schemas for Gemini and for Claude on Vertex"), pitfalls 4.9, the vendors' tool references.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from argo_addon.simulator.refusals import Refusal

_TYPES = frozenset({"string", "number", "integer", "boolean", "array", "object", "null"})
_COMBINATIONS = ("anyOf", "oneOf", "allOf")
_PROPERTY = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_ONE = ("items", "not", "if", "then", "else", "contains", "propertyNames", "additionalProperties")
_MANY = ("anyOf", "oneOf", "allOf", "prefixItems")
_NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")

GEMINI_REFUSES = frozenset(
    {
        "$schema", "$id", "$ref", "$defs", "$comment", "definitions", "const", "propertyNames", "patternProperties",
        "exclusiveMinimum", "exclusiveMaximum", "oneOf", "allOf", "not", "if", "then", "else", "contains",
        "dependentSchemas", "dependentRequired", "unevaluatedProperties", "contentEncoding", "contentMediaType",
        "examples"
    }
)  # fmt: skip
"""Keywords that Vertex's Schema for functions does not have. `additionalProperties` is let through."""

Place = tuple[str, ...]


def walk(schema: object, place: Place = ()) -> Iterator[tuple[Place, Mapping[str, object]]]:
    """Every schema within a schema, itself first."""
    if not isinstance(schema, dict):
        return
    yield place, schema
    for key in _ONE:
        yield from walk(schema.get(key), (*place, key))
    for key in _MANY:
        inner = schema.get(key)
        for index, item in enumerate(inner if isinstance(inner, list) else ()):
            yield from walk(item, (*place, key, str(index)))
    for key in _NAMED:
        named = schema.get(key)
        for name, item in named.items() if isinstance(named, dict) else ():
            yield from walk(item, (*place, key, name))


def _fault(schema: Mapping[str, object]) -> str | None:
    """What is no JSON Schema at all in one schema."""
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind] if kind is not None else []
    if any(item not in _TYPES for item in kinds):
        return f"{kind!r} is not a type"
    required = schema.get("required", [])
    if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
        return "'required' must be an array of strings"
    if not isinstance(schema.get("properties", {}), dict):
        return "'properties' must be an object"
    return None if isinstance(schema.get("enum", []), list) else "'enum' must be an array"


def claude(schema: Mapping[str, object], place: str) -> None:
    """The root is an object without combinations; all of it is JSON Schema without references."""
    if "type" not in schema:
        raise Refusal(f"{place}.type: Field required")
    if schema["type"] != "object":
        raise Refusal(f"{place}.type: Input should be 'object'")
    if any(key in schema for key in _COMBINATIONS):
        raise Refusal(f"{place}: input_schema does not support oneOf, allOf, or anyOf at the top level")
    for _, part in walk(schema):
        if "$ref" in part:
            raise Refusal(f"{place}: references ($ref) are not supported in tool schemas")
        if fault := _fault(part):
            raise Refusal(
                f"{place}: JSON schema is invalid. It must match JSON Schema draft 2020-12 "
                f"(https://json-schema.org/draft/2020-12). {fault}"
            )
    properties = schema.get("properties")
    if isinstance(properties, dict) and any(not _PROPERTY.fullmatch(name) for name in properties):
        raise Refusal(f"{place}.properties: Property keys should match pattern '^[a-zA-Z0-9_.-]{{1,64}}$'")


def closed(schema: Mapping[str, object], place: str) -> None:
    """The form of an answer: every object is closed."""
    for _, part in walk(schema):
        if fault := _fault(part):
            raise Refusal(f"{place}: Invalid schema: {fault}")
        if part.get("type") == "object" and part.get("additionalProperties") is not False:
            raise Refusal(f"{place}: For 'object' type, 'additionalProperties' must be explicitly set to false")


def gpt(schema: Mapping[str, object], what: str, *, strict: bool, code: str, param: str) -> None:
    """The root is an object without combinations; arrays have items; strict schemas are closed and all required."""

    def refuse(reason: str) -> None:
        raise Refusal(f"Invalid schema for {what}: {reason}", param=param, code=code)

    if schema.get("type") != "object":
        refuse(f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{schema.get('type')}\"'.")
    if any(key in schema for key in (*_COMBINATIONS, "enum", "not")):
        refuse("schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level.")
    for where, part in walk(schema):
        if fault := _fault(part):
            refuse(f"In context={where!r}, {fault}.")
        if part.get("type") == "array" and "items" not in part and "prefixItems" not in part:
            refuse(f"In context={where!r}, array schema missing items.")
        if strict and part.get("type") == "object":
            if part.get("additionalProperties") is not False:
                refuse(f"In context={where!r}, 'additionalProperties' is required to be supplied and to be false.")
            if missing := _optional(part):
                refuse(
                    f"In context={where!r}, 'required' is required to be supplied and to be an array including every "
                    f"key in properties. Missing '{missing[0]}'."
                )


def _optional(schema: Mapping[str, object]) -> list[str]:
    properties, required = schema.get("properties", {}), schema.get("required", [])
    if not isinstance(properties, dict) or not isinstance(required, list):
        return []
    return [name for name in properties if name not in required]


def gemini(schema: Mapping[str, object], place: str) -> None:
    """The root is an object; nothing in it that Vertex does not know."""
    for where, part in walk(schema):
        dotted = ".".join((place, *where))
        for key in part:
            if key in GEMINI_REFUSES:
                raise Refusal(
                    f"Invalid JSON payload received. Unknown name \"{key}\" at '{dotted}': Cannot find field."
                )
        if isinstance(part.get("type"), list):
            raise Refusal(f"Invalid value at '{dotted}.type': Proto field is not repeating, cannot start list.")
        if fault := _fault(part):
            raise Refusal(f"Invalid value at '{dotted}': {fault}")
        if part.get("type") == "array" and "items" not in part:
            raise Refusal(f"{dotted}.items: missing field.")
    if schema.get("type") != "object":
        raise Refusal(f"{place}: schema should be of type OBJECT.")
    if "anyOf" in schema:
        raise Refusal(f"{place}: any_of at the top level is not supported.")
