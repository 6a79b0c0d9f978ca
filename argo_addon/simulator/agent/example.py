"""Values that are valid under a JSON Schema: a small generator. Knows no tool by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from argo_addon.simulator.jsons import Json

Schema = Mapping[str, Json]

_DEEPEST = 12
_TEXT = 'Größe “naïve” — 例: "quoted" \\ 1/2\n'
"""Holds what has to be escaped in JSON, and characters of two and three bytes in UTF-8."""
_FORMATS = {
    "date": "2026-03-14",
    "date-time": "2026-03-14T15:09:26Z",
    "time": "15:09:26Z",
    "email": "someone@example.org",
    "uri": "https://example.org/",
    "url": "https://example.org/",
    "uuid": "6f1c2d3e-4b5a-4c7d-8e9f-0a1b2c3d4e5f",
    "ipv4": "192.0.2.1",
    "hostname": "example.org",
}
# What a property is called -> what it may hold. Whatever runs it should come to no harm.
_NAMED: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^(command|cmd|script)$"), "echo simulated"),
    (re.compile(r"description|explanation|summary"), "Says hello to the world"),
    (re.compile(r"path|file|directory|folder|^dir$"), "/tmp/argo-simulator/example.txt"),
    (re.compile(r"url|uri|link"), "https://example.org/"),
    (re.compile(r"pattern|regex|glob"), "*.md"),
)
_SAMPLES = (
    "a",
    "A",
    "1",
    "abc",
    "ABC",
    "123",
    "a1",
    "abc-123",
    "a_b",
    "2026-03-14",
    "example.org",
    "/tmp",
    "a/b",
    "#1",
    "",
)


def example(schema: Schema, root: Schema | None = None, name: str = "", depth: int = 0) -> Json:
    """A value of this schema; `root` is where its references lead, `name` the property that it stands in."""
    root = schema if root is None else root
    reference = schema.get("$ref")
    if isinstance(reference, str) and depth < _DEEPEST:
        return example(_referred(root, reference), root, name, depth + 1)
    for key in ("const", "default"):
        if key in schema and (key == "const" or schema.get("type") != "string"):
            return schema[key]
    values = schema.get("enum")
    if isinstance(values, list) and values:
        return values[0]
    if (chosen := _chosen(schema)) is not None and depth < _DEEPEST:
        return example(chosen, root, name, depth + 1)
    return _MAKERS[_kind(schema)](schema, root, name, depth)


def _referred(root: Schema, reference: str) -> Schema:
    found: Json = dict(root)
    for step in reference.removeprefix("#").split("/")[1:]:
        found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _chosen(schema: Schema) -> Schema | None:
    for key in ("anyOf", "oneOf"):
        options = schema.get(key)
        for option in options if isinstance(options, list) else ():
            if isinstance(option, dict):
                return {**{name: value for name, value in schema.items() if name not in ("anyOf", "oneOf")}, **option}
    parts = schema.get("allOf")
    if not isinstance(parts, list):
        return None
    merged: dict[str, Json] = {name: value for name, value in schema.items() if name != "allOf"}
    for part in parts:
        if isinstance(part, dict):
            merged = {**merged, **part, **_merged_members(merged, part)}
    return merged


def _merged_members(one: Schema, other: Schema) -> dict[str, Json]:
    first, second = one.get("properties"), other.get("properties")
    required, more = one.get("required"), other.get("required")
    members: dict[str, Json] = {}
    if isinstance(first, dict) and isinstance(second, dict):
        members["properties"] = {**first, **second}
    if isinstance(required, list) and isinstance(more, list):
        members["required"] = [*required, *more]
    return members


def _kind(schema: Schema) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((item for item in kind if item != "null"), "null")
    if isinstance(kind, str) and kind.lower() in _MAKERS:
        return kind.lower()
    return "object" if "properties" in schema else "array" if "items" in schema else "string"


def _object(schema: Schema, root: Schema, name: str, depth: int) -> Json:
    properties, required = schema.get("properties"), schema.get("required")
    members = properties if isinstance(properties, dict) else {}
    made: dict[str, Json] = {}
    for key in required if isinstance(required, list) else ():
        if isinstance(key, str):
            member = members.get(key)
            made[key] = example(member if isinstance(member, dict) else {}, root, key, depth + 1)
    return made


def _array(schema: Schema, root: Schema, name: str, depth: int) -> Json:
    least = schema.get("minItems")
    firsts, item = schema.get("prefixItems"), schema.get("items")
    made = [
        example(first, root, name, depth + 1)
        for first in (firsts if isinstance(firsts, list) else [])
        if isinstance(first, dict)
    ]
    count = max(int(least) if isinstance(least, int | float | str) else 1, len(made))
    more = item if isinstance(item, dict) else {}
    return made if depth >= _DEEPEST else made + [example(more, root, name, depth + 1) for _ in range(len(made), count)]


def _number(schema: Schema, root: Schema, name: str, depth: int) -> Json:
    whole = _kind(schema) == "integer"
    above, least = schema.get("exclusiveMinimum"), schema.get("minimum")
    below, most = schema.get("exclusiveMaximum"), schema.get("maximum")
    value: float = 3
    if isinstance(most, int | float):
        value = min(value, most)
    if isinstance(below, int | float) and value >= below:
        value = below - 1 if whole else below - 0.5
    if isinstance(least, int | float):
        value = max(value, least)
    if isinstance(above, int | float) and value <= above:
        value = above + 1 if whole else above + 0.5
    step = schema.get("multipleOf")
    if isinstance(step, int | float) and step:
        value = -(-value // step) * step
    return int(value) if whole else value


def _string(schema: Schema, root: Schema, name: str, depth: int) -> Json:
    form, pattern = schema.get("format"), schema.get("pattern")
    if isinstance(form, str) and form in _FORMATS:
        return _FORMATS[form]
    if isinstance(pattern, str):
        return next((sample for sample in _SAMPLES if _fits(pattern, sample)), "a")
    text = next((value for named, value in _NAMED if named.search(name.lower())), _TEXT)
    least, most = schema.get("minLength"), schema.get("maxLength")
    if isinstance(least, int | str):
        text = text.ljust(int(least), "x")
    return text[: int(most)] if isinstance(most, int | str) else text


def _fits(pattern: str, sample: str) -> bool:
    try:
        return re.search(pattern, sample) is not None
    except re.error:
        return True


_Maker = Callable[[Schema, Schema, str, int], Json]
_MAKERS: dict[str, _Maker] = {
    "object": _object,
    "array": _array,
    "integer": _number,
    "number": _number,
    "string": _string,
    "boolean": lambda schema, root, name, depth: True,
    "null": lambda schema, root, name, depth: None,
}
