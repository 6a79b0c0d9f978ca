"""JSON Schema cut down to what an upstream takes, saying the same as far as it can. It knows no model and no dialect.

Source: pitfalls 4.9. One tool whose schema the upstream refuses fails every request that offers it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import unquote

Schema = object
"""A decoded JSON value: what stands where a schema is expected may be anything."""

_Object = Mapping[str, object]

MAX_PARTS = 5000
"""Parts that a schema may grow to while its references are written out; beyond, the rest takes anything."""
_MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions"})
_VALUES = frozenset({"enum", "default", "example", "examples", "required", "const"})
_CHOICES = ("anyOf", "oneOf", "allOf")


def without(schema: Schema, refused: frozenset[str]) -> Schema:
    """The schema without the keywords in `refused`.

    `$ref` is replaced by what it refers to (by any object, where that would never end), `const` by an `enum` of one,
    `oneOf` by `anyOf`, `allOf` by its members merged, an exclusive bound by the inclusive one; the others are left out.
    """
    return _Cleaner(schema if isinstance(schema, Mapping) else {}, refused).clean(schema, frozenset())


def rooted(schema: _Object) -> _Object:
    """The schema with what its root refers to at its root; the references within stay."""
    return _Cleaner(schema, frozenset({"$ref"})).resolved(schema) if "$ref" in schema else schema


def with_object_root(schema: Schema) -> Schema:
    """The schema as an object without a choice at its root: the choices' properties, all of them.

    What every alternative requires stays required. The schema itself if its root is one already.
    """
    if not isinstance(schema, Mapping):
        return schema
    schema = rooted(schema)
    if schema.get("type") == "object" and not any(choice in schema for choice in _CHOICES):
        return schema
    cleaner = _Cleaner(schema, frozenset({"$ref"}))
    merged: dict[str, object] = {name: value for name, value in schema.items() if name not in _CHOICES}
    for choice in _CHOICES:
        members = schema.get(choice)
        if not isinstance(members, list):
            continue
        branches = [with_object_root(cleaner.clean(member, frozenset())) for member in members]
        objects = [branch for branch in branches if isinstance(branch, Mapping)]
        required = [set(_names(branch.get("required"))) for branch in objects]
        for branch in objects:
            merged = _merged(merged, {"properties": branch.get("properties", {})})
        kept = set.union(*required) if choice == "allOf" and required else set.intersection(*required or [set()])
        merged = _merged(merged, {"required": sorted(kept)} if kept else {})
    return {**merged, "type": "object"}


def is_strict(schema: Schema) -> bool:
    """Whether each object in a schema is closed and requires all its properties, which OpenAI's `strict` demands."""
    if isinstance(schema, list):
        return all(map(is_strict, schema))
    if not isinstance(schema, Mapping):
        return True
    properties = schema.get("properties")
    if isinstance(properties, Mapping) or schema.get("type") == "object":
        names = set(properties) if isinstance(properties, Mapping) else set()
        if schema.get("additionalProperties") is not False or not names <= set(_names(schema.get("required"))):
            return False
    inner = [value for name, value in schema.items() if name not in _VALUES and name not in _MAPS]
    maps = [value for name in _MAPS if isinstance(value := schema.get(name), Mapping)]
    return all(map(is_strict, inner)) and all(is_strict(item) for value in maps for item in value.values())


def closed(schema: Schema) -> Schema:
    """The schema with every object in it closed to properties that it does not name, as structured output wants it."""
    return _each(schema, _closed)


def can_be_closed(schema: Schema) -> bool:
    """Whether `closed` says the same: no object in it is a map of names that are not known beforehand."""
    if isinstance(schema, list):
        return all(map(can_be_closed, schema))
    if not isinstance(schema, Mapping):
        return True
    more = schema.get("additionalProperties", True)
    kinds = schema.get("type")
    is_object = kinds == "object" or (isinstance(kinds, list) and "object" in kinds)
    if isinstance(more, Mapping) or (is_object and more is True and "properties" not in schema):
        return False
    inner = [value for name, value in schema.items() if name not in _VALUES and name not in _MAPS]
    maps = [value for name in _MAPS if isinstance(value := schema.get(name), Mapping)]
    return all(map(can_be_closed, inner)) and all(can_be_closed(item) for value in maps for item in value.values())


def with_items(schema: Schema) -> Schema:
    """The schema with every array in it saying what it holds, be it anything."""
    return _each(schema, _with_items)


def with_single_types(schema: Schema) -> Schema:
    """The schema with a choice in place of each list of types, and `nullable` (OpenAPI's word) in place of null."""
    return _each(schema, _single_type)


def _each(schema: Schema, change: Callable[[dict[str, object]], dict[str, object]]) -> Schema:
    """The schema with `change` made to each part of it."""
    if isinstance(schema, list):
        return [_each(item, change) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    inner: dict[str, object] = {}
    for name, value in schema.items():
        if name in _MAPS and isinstance(value, Mapping):
            inner[name] = {key: _each(item, change) for key, item in value.items()}
        else:
            inner[name] = value if name in _VALUES else _each(value, change)
    return change(inner)


def _closed(schema: dict[str, object]) -> dict[str, object]:
    opened = schema.get("additionalProperties", True) is True
    return {**schema, "additionalProperties": False} if "properties" in schema and opened else schema


def _single_type(schema: dict[str, object]) -> dict[str, object]:
    kinds = schema.get("type")
    if not isinstance(kinds, list):
        return schema
    named = [kind for kind in kinds if kind != "null"]
    made = {name: value for name, value in schema.items() if name != "type"}
    if len(named) < len(kinds):
        made["nullable"] = True
        if isinstance(values := schema.get("enum"), list):
            made["enum"] = [value for value in values if value is not None]
    if len(named) == 1:
        return {**made, "type": named[0]}
    return {**made, "anyOf": [{"type": kind} for kind in named]} if named and "anyOf" not in made else made


def _with_items(schema: dict[str, object]) -> dict[str, object]:
    kind = schema.get("type")
    lists = kind == "array" or (isinstance(kind, list) and "array" in kind)
    return {**schema, "items": {}} if lists and "items" not in schema else schema


class _Cleaner:
    """One schema being cut down; `_left` is how many parts it may still grow by."""

    def __init__(self, root: _Object, refused: frozenset[str]) -> None:
        self._root = root
        self._refused = refused
        self._left = MAX_PARTS

    def clean(self, schema: Schema, trail: frozenset[str]) -> Schema:
        """The schema cut down; `trail` holds the references that are being written out around it."""
        if isinstance(schema, list):
            return [self.clean(item, trail) for item in schema]
        if not isinstance(schema, Mapping):
            return schema
        self._left -= 1
        if self._left < 0:
            return {}
        resolved, trail = self._resolved(schema, trail)
        rewritten, trail = self._rewritten(resolved, trail)
        result: dict[str, object] = {}
        for name, value in rewritten.items():
            if name in self._refused:
                continue
            if name in _MAPS and isinstance(value, Mapping):
                result[name] = {key: self.clean(item, trail) for key, item in value.items()}
            else:
                result[name] = value if name in _VALUES else self.clean(value, trail)
        return result

    def resolved(self, schema: _Object) -> _Object:
        """The schema with what its own reference means in that one's place, those within it as they are."""
        return self._resolved(schema, frozenset())[0]

    def _resolved(self, schema: _Object, trail: frozenset[str]) -> tuple[_Object, frozenset[str]]:
        """The schema with its reference, if it has one, replaced by what stands there."""
        while "$ref" in self._refused and isinstance(reference := schema.get("$ref"), str):
            rest = {name: value for name, value in schema.items() if name != "$ref"}
            target = {"type": "object"} if reference in trail else _pointed_at(self._root, reference)
            trail |= {reference}
            schema = {**target, **rest}
        return schema, trail

    def _rewritten(self, schema: _Object, trail: frozenset[str]) -> tuple[_Object, frozenset[str]]:
        """The schema with what refused keywords say put into keywords that are taken, where that can be."""
        changed = dict(schema)
        if "const" in schema and "const" in self._refused:
            changed.setdefault("enum", [schema["const"]])
        for bound in ("Minimum", "Maximum"):
            exclusive = schema.get(f"exclusive{bound}")
            if f"exclusive{bound}" in self._refused and type(exclusive) in (int, float):
                changed.setdefault(bound.lower(), exclusive)
        one_of, all_of = schema.get("oneOf"), schema.get("allOf")
        if "oneOf" in self._refused and isinstance(one_of, list):
            changed.setdefault("anyOf", one_of)
        if "allOf" in self._refused and isinstance(all_of, list):
            del changed["allOf"]
            for member in all_of:
                if isinstance(member, Mapping):
                    resolved, trail = self._resolved(member, trail)
                    rewritten, trail = self._rewritten(resolved, trail)
                    changed = _merged(changed, rewritten)
        return changed, trail


def _pointed_at(root: _Object, reference: str) -> _Object:
    """What a local JSON pointer (`#/$defs/Item`) points at; an empty schema for any other reference."""
    if not reference.startswith("#"):
        return {}
    place: object = root
    for step in unquote(reference.removeprefix("#")).split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(place, Mapping) or name not in place:
            return {}
        place = place[name]
    return place if isinstance(place, Mapping) else {}


def _names(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _merged(left: _Object, right: _Object) -> dict[str, object]:
    merged = {**right, **left}
    ours, theirs = left.get("properties"), right.get("properties")
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        merged["properties"] = {**theirs, **ours}
    if isinstance(left.get("required"), list) and isinstance(right.get("required"), list):
        merged["required"] = list(dict.fromkeys([*_names(left["required"]), *_names(right["required"])]))
    return merged
