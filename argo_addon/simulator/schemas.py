"""JSON Schema, as the simulator needs it: what Vertex refuses, and arguments that are valid under a schema."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .refusal import Refused

_Maker = Callable[[dict[str, Any], Any, int], Any]

GEMINI_REFUSES = frozenset(
    [
        "$schema",
        "$id",
        "$ref",
        "$defs",
        "definitions",
        "$comment",
        "propertyNames",
        "patternProperties",
        "const",
        "not",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "oneOf",
        "allOf",
        "if",
        "then",
        "else",
        "contains",
        "unevaluatedProperties",
        "dependentSchemas",
        "dependentRequired",
        "contentEncoding",
        "contentMediaType",
        "examples",
    ]
)


def check_for_gemini(schema: Any, place: str) -> None:
    """Refuses the keywords that Vertex does not know, wherever they stand (pitfalls 4.9)."""
    if isinstance(schema, list):
        for index, item in enumerate(schema):
            check_for_gemini(item, f"{place}[{index}]")
    if not isinstance(schema, dict):
        return
    for name, value in schema.items():
        if name in GEMINI_REFUSES:
            raise Refused(f"Invalid JSON payload received. Unknown name \"{name}\" at '{place}': Cannot find field.")
        if name == "properties" and isinstance(value, dict):
            for key, item in value.items():
                check_for_gemini(item, f"{place}.properties[{key}]")
        elif name not in ("enum", "default", "example", "required"):
            check_for_gemini(value, f"{place}.{name}")


def check_top(schema: Any, place: str) -> None:
    """Refuses a root that is no object, and combinations at the root (argo.md)."""
    if not isinstance(schema, dict):
        raise Refused(f"{place}: Input should be a valid dictionary")
    if schema.get("type") != "object":
        raise Refused(f"{place}.type: Input should be 'object'")
    for name in ("anyOf", "oneOf", "allOf"):
        if name in schema:
            raise Refused(f"{place}: input_schema does not support oneOf, allOf, or anyOf at the top level")


def example(schema: Any, root: Any = None, depth: int = 0) -> Any:
    """A value that is valid under the schema: the required members only, the first of any choice."""
    root = schema if root is None else root
    if not isinstance(schema, dict) or depth > 12:
        return {}
    if isinstance(schema.get("$ref"), str):
        return example(_target(root, schema["$ref"]), root, depth + 1)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for choice in ("anyOf", "oneOf", "allOf"):
        if schema.get(choice):
            return example(schema[choice][0], root, depth + 1)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) else kind
    make: _Maker = _MAKERS.get(kind, _text)
    return make(schema, root, depth)


def _target(root: Any, reference: str) -> Any:
    place = root
    for step in reference.lstrip("#/").split("/"):
        place = place.get(step, {}) if isinstance(place, dict) else {}
    return place


def _text(schema: dict[str, Any], root: Any, depth: int) -> str:
    text = "2026-11-23" if schema.get("format") == "date" else 'zwölf \u2713 "quoted"\n'
    if schema.get("format") in ("uri", "url"):
        text = "https://example.org/"
    if isinstance(schema.get("pattern"), str) and not re.search(schema["pattern"], text):
        text = "a1"
    return text.ljust(int(schema.get("minLength", 0)), "x")[: int(schema.get("maxLength", 1000))]


def _number(schema: dict[str, Any], root: Any, depth: int) -> Any:
    lowest = schema.get("minimum", schema.get("exclusiveMinimum", 0))
    number = lowest + 1 if "exclusiveMinimum" in schema else lowest
    return number if schema.get("type") == "number" else int(number)


def _array(schema: dict[str, Any], root: Any, depth: int) -> list[Any]:
    count = max(1, int(schema.get("minItems", 1)))
    return [example(schema.get("items", {"type": "string"}), root, depth + 1) for _ in range(count)]


def _object(schema: dict[str, Any], root: Any, depth: int) -> dict[str, Any]:
    members = schema.get("properties", {})
    return {name: example(members.get(name, {}), root, depth + 1) for name in schema.get("required", [])}


def _false(schema: dict[str, Any], root: Any, depth: int) -> bool:
    return False


def _nothing(schema: dict[str, Any], root: Any, depth: int) -> None:
    return None


_MAKERS: dict[str, _Maker] = {
    "object": _object,
    "array": _array,
    "integer": _number,
    "number": _number,
    "boolean": _false,
    "null": _nothing,
    "string": _text,
}
