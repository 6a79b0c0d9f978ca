"""Item 4.9 of the pitfalls: one schema that an upstream refuses fails every request."""

from __future__ import annotations

import json

import pytest

from .asking import CHAT, CHATS, CLAUDES, GPTS, MESSAGES, Json, request, sent
from .test_4_tools import schema_sent, tool

INNER: Json = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
OTHER: Json = {"type": "object", "properties": {"b": {"type": "integer"}}, "required": ["b"]}
CHOICES: list[Json] = [
    {"anyOf": [INNER, OTHER]},
    {"type": "object", "oneOf": [INNER, OTHER]},
    {"allOf": [INNER, OTHER]},
    {"type": "object", "properties": {"c": {"type": "string"}}, "anyOf": [{"required": ["c"]}]},
]
REFERRED: Json = {"$ref": "#/$defs/A", "$defs": {"A": INNER}}
NESTED: Json = {"type": "object", "properties": {"x": {"$ref": "#/$defs/A"}}, "$defs": {"A": INNER}}
EITHER = [(MESSAGES, model) for model in CHATS] + [(CHAT, model) for model in CLAUDES]


@pytest.mark.parametrize(("path", "model"), EITHER)
@pytest.mark.parametrize("schema", [{}, {"properties": {"a": {"type": "string"}}}, {"type": "object"}])
def test_4_9_a_schema_says_that_it_is_an_objects(path: str, model: str, schema: Json) -> None:
    made = schema_sent(path, model, schema)
    assert made["type"] == "object"
    assert made.get("properties", {}) == schema.get("properties", {})


@pytest.mark.parametrize(("path", "model"), EITHER)
@pytest.mark.parametrize("schema", CHOICES)
def test_4_9_a_choice_at_the_root_becomes_one_object_that_knows_all_members(
    path: str, model: str, schema: Json
) -> None:
    made = schema_sent(path, model, schema)
    assert made["type"] == "object"
    assert not made.keys() & {"anyOf", "oneOf", "allOf"}
    known = {name for part in (schema, *next(iter(schema[k] for k in ("anyOf", "oneOf", "allOf") if k in schema)))
             for name in part.get("properties", {})}  # fmt: skip
    assert made["properties"].keys() == known


@pytest.mark.parametrize(("path", "model"), EITHER)
def test_4_9_a_reference_at_the_root_becomes_the_object_that_it_means(path: str, model: str) -> None:
    made = schema_sent(path, model, REFERRED)
    assert (made.get("type"), "$ref" in made) == ("object", False)
    assert made["properties"].keys() == {"a"}


@pytest.mark.parametrize(("path", "model"), [(MESSAGES, "gemini-2.5-pro"), *((CHAT, model) for model in CLAUDES)])
def test_4_9_references_are_written_out(path: str, model: str) -> None:
    made = schema_sent(path, model, NESTED)
    assert "$ref" not in json.dumps(made)
    assert made["properties"]["x"]["properties"].keys() == {"a"}


@pytest.mark.parametrize("model", CHATS)
def test_4_9_schema_does_not_go_to_chat(model: str) -> None:
    made = schema_sent(MESSAGES, model, {"$schema": "https://json-schema.org/draft/2020-12/schema", **INNER})
    assert made == INNER


CLAUDE_CODE: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "additionalProperties": False,
    "properties": {
        "n": {"type": "integer", "exclusiveMinimum": 0, "maximum": 9007199254740991},
        "kind": {"const": "x"},
        "map": {"type": "object", "propertyNames": {"type": "string"}, "additionalProperties": {"type": "string"}},
        "url": {"type": "string", "format": "uri", "pattern": "^https"},
        "either": {"anyOf": [{"type": "string"}, {"type": "number"}]},
    },
}  # fmt: skip


def test_4_9_claude_codes_own_schemas_go_to_gemini_without_what_it_refuses() -> None:
    made = schema_sent(MESSAGES, "gemini-2.5-pro", CLAUDE_CODE)
    said = json.dumps(made)
    assert not [word for word in ("$schema", "propertyNames", "exclusiveMinimum", '"const"') if word in said]
    assert made["properties"]["kind"]["enum"] == ["x"]
    assert made["properties"].keys() == CLAUDE_CODE["properties"].keys()


@pytest.mark.parametrize("model", CHATS)
@pytest.mark.parametrize("inner", [{"type": "array"}, {"anyOf": [{"type": "array"}, {"type": "null"}]}])
def test_4_9_a_list_that_does_not_say_of_what_is_a_list_of_anything(model: str, inner: Json) -> None:
    """OpenAI and Vertex both refuse it: "array schema missing items"."""
    made = schema_sent(MESSAGES, model, {"type": "object", "properties": {"x": inner}})["properties"]["x"]
    assert "items" in (made if "type" in made else made["anyOf"][0])


@pytest.mark.parametrize("model", GPTS)
def test_4_9_claude_codes_own_schemas_go_to_gpt_with_all_that_it_takes(model: str) -> None:
    assert schema_sent(MESSAGES, model, CLAUDE_CODE)["properties"] == CLAUDE_CODE["properties"]


@pytest.mark.parametrize(("path", "model"), EITHER)
@pytest.mark.parametrize("strict", [None, True, False])
def test_4_9_strict_is_set_only_if_the_client_did(path: str, model: str, strict: bool | None) -> None:
    given: Json = {} if strict is None else {"strict": strict}
    body, _ = sent(path, request(path, model, tools=[tool(path, **given)]))
    written = body["tools"][0].get("function", body["tools"][0])
    assert written.get("strict") == strict
    assert ("strict" in written) == (strict is not None)


def test_4_9_a_tool_of_chats_without_parameters_takes_an_empty_object() -> None:
    for function in ({"name": "f"}, {"name": "f", "parameters": None}, {"name": "f", "parameters": {}}):
        tools = [{"type": "function", "function": function}]
        body, _ = sent(CHAT, request(CHAT, "claude-opus-4.6", tools=tools))
        assert body["tools"][0]["input_schema"]["type"] == "object"
