"""JSON Schema cut down to what an upstream takes, saying the same as far as it can. It knows no model and no dialect.

Source: pitfalls 4.9. One tool whose schema the upstream refuses fails every request that offers it.
"""

from __future__ import annotations

from collections.abc import Mapping

Schema = object
"""A decoded JSON value: what stands where a schema is expected may be anything."""

_DEPTH = 24
"""How deep references are followed; a schema that refers to itself ends in one that takes anything."""


def without(schema: Schema, refused: frozenset[str]) -> Schema:
    """The schema without the keywords in `refused`.

    `$ref` is replaced by what it refers to, `const` by an `enum` of one, `oneOf` by `anyOf`, `allOf` by its members
    merged, an exclusive bound by the inclusive one; the others are left out.
    """
    root = schema if isinstance(schema, Mapping) else {}
    return _clean(schema, refused, root, 0)


def _clean(schema: Schema, refused: frozenset[str], root: Mapping[str, object], depth: int) -> Schema:
    if isinstance(schema, list):
        return [_clean(item, refused, root, depth) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    if depth > _DEPTH:
        return {}
    said = _said_otherwise(_resolved(schema, refused, root, depth), refused)
    result: dict[str, object] = {}
    for name, value in said.items():
        if name in refused:
            continue
        if name in ("properties", "patternProperties", "$defs", "definitions") and isinstance(value, Mapping):
            result[name] = {key: _clean(item, refused, root, depth + 1) for key, item in value.items()}
        elif name in ("enum", "default", "example", "examples", "required", "const"):
            result[name] = value
        else:
            result[name] = _clean(value, refused, root, depth + 1)
    return result


def _resolved(
    schema: Mapping[str, object], refused: frozenset[str], root: Mapping[str, object], depth: int
) -> Mapping[str, object]:
    """The schema with its reference, if it has one, replaced by what stands there."""
    if "$ref" not in refused:
        return schema
    for _ in range(_DEPTH):
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return schema
        rest = {name: value for name, value in schema.items() if name != "$ref"}
        target = _pointed_at(root, reference) if depth < _DEPTH // 2 else {}
        schema = {**target, **rest}
    return {name: value for name, value in schema.items() if name != "$ref"}


def _pointed_at(root: Mapping[str, object], reference: str) -> Mapping[str, object]:
    """What a local JSON pointer (`#/$defs/Item`) points at; an empty schema for any other reference."""
    if not reference.startswith("#"):
        return {}
    place: object = root
    for step in reference.removeprefix("#").split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(place, Mapping) or name not in place:
            return {}
        place = place[name]
    return place if isinstance(place, Mapping) else {}


def _said_otherwise(schema: Mapping[str, object], refused: frozenset[str]) -> Mapping[str, object]:
    """The schema with what refused keywords say put into keywords that are taken, where that can be."""
    changed = dict(schema)
    if "const" in schema and "const" in refused:
        changed.setdefault("enum", [schema["const"]])
    for bound in ("Minimum", "Maximum"):
        exclusive = schema.get(f"exclusive{bound}")
        if f"exclusive{bound}" in refused and isinstance(exclusive, (int, float)) and not isinstance(exclusive, bool):
            changed.setdefault(bound.lower(), exclusive)
    one_of = schema.get("oneOf")
    if "oneOf" in refused and isinstance(one_of, list):
        changed.setdefault("anyOf", one_of)
    all_of = schema.get("allOf")
    if "allOf" in refused and isinstance(all_of, list):
        for member in all_of:
            if isinstance(member, Mapping):
                changed = _merged(changed, member)
    return changed


def _merged(left: Mapping[str, object], right: Mapping[str, object]) -> dict[str, object]:
    merged = {**right, **left}
    for name in ("properties", "required"):
        ours, theirs = left.get(name), right.get(name)
        if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
            merged[name] = {**theirs, **ours}
        elif isinstance(ours, list) and isinstance(theirs, list):
            merged[name] = [*ours, *(item for item in theirs if item not in ours)]
    return merged
