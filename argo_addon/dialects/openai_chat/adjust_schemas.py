"""The schemas in a body for ARGO's chat endpoint, as its models take them: of tools, and of the form of an answer.

Like amend.py: the body's members in, the same with one change out, and what need not change keeps its bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from ...schema import Schema, with_items, with_object_root, with_single_types, without
from ..base import Fields
from ..shared.raw_members import object_in
from .adjust_request import each_function

_encode = msgspec.json.Encoder().encode
_NULL = b"null"
Change = Callable[[Schema], Schema]


def schemas_without(fields: Fields, refused: frozenset[str]) -> Fields:
    """The schemas without the keywords that the upstream refuses (pitfalls 4.9)."""
    return _each_schema(fields, lambda schema: without(schema, refused))


def schemas_with_single_types(fields: Fields) -> Fields:
    """The schemas with one type in each place where several are listed."""
    return _each_schema(fields, with_single_types)


def schemas_with_items(fields: Fields) -> Fields:
    """The schemas with arrays that say what they hold, be it anything."""
    return _each_schema(fields, with_items)


def schemas_with_object_roots(fields: Fields) -> Fields:
    """The tools' parameters as objects, without a choice at their root (pitfalls 4.9)."""
    return _each_tools_schema(fields, with_object_root)


def schemas_with_properties(fields: Fields) -> Fields:
    """The tools' parameters with their properties listed, be it that there are none."""
    return _each_tools_schema(fields, _with_properties)


def _with_properties(schema: Schema) -> Schema:
    return {**schema, "properties": {}} if isinstance(schema, Mapping) and "properties" not in schema else schema


def _each_schema(fields: Fields, change: Change) -> Fields:
    fields = _each_tools_schema(fields, change)
    form = object_in(fields.get("response_format", b""))
    about = object_in(form.get("json_schema", b""))
    changed = _changed(about, "schema", change)
    if changed is about:
        return fields
    written = {**form, "json_schema": msgspec.Raw(_encode(changed))}
    return {**fields, "response_format": msgspec.Raw(_encode(written))}


def _each_tools_schema(fields: Fields, change: Change) -> Fields:
    return each_function(fields, lambda function: _changed(function, "parameters", change))


def _changed(holder: Fields, name: str, change: Change) -> Fields:
    """What holds a schema, with the schema changed; itself if there is none or nothing to change."""
    if bytes(holder.get(name, _NULL)) == _NULL:
        return holder
    before = msgspec.json.decode(holder[name])
    after = change(before)
    return holder if after == before else {**holder, name: msgspec.Raw(_encode(after))}
