"""What ARGO wants otherwise than clients write it; everything else keeps its bytes."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from argo_addon.errors import ClientError
from argo_addon.gateway.quirks import apply
from argo_addon.models.catalogue import profile_of

CALL = {"type": "function", "function": {"name": "f", "arguments": "{}"}}


def amended(model: str, body: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    result = apply(profile_of(model), msgspec.json.decode(json.dumps(body), type=dict[str, msgspec.Raw]))
    return json.loads(msgspec.json.encode(result.fields)), result.dropped


@pytest.mark.parametrize("model", ["gpt54", "gpt4o", "gemini25pro", "claudeopus46", "gpto3"])
def test_a_body_without_anything_to_change_keeps_every_byte(model: str) -> None:
    body = (
        b'{"messages": [ {"role":"user", "content": [ {"type":"text","text":"caf\\u00e9"} ]},'
        b' {"role":"assistant","content":"ok"}, {"role":"user","content":"u"} ], "unknown": {"b": 1.50, "a": [ ]},'
        b' "tools": [ {"name":"t","input_schema":{"type" : "object"}} ]}'
    )
    fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    result = apply(profile_of(model), fields)
    assert {name: bytes(raw) for name, raw in result.fields.items()} == {k: bytes(v) for k, v in fields.items()}
    assert result.dropped == ()


@pytest.mark.parametrize("model", ["gpt54", "gemini25pro"])
def test_1_18_developer_becomes_system(model: str) -> None:
    body, _ = amended(model, {"messages": [{"role": "developer", "content": "d"}, {"role": "user", "content": "u"}]})
    assert [message["role"] for message in body["messages"]] == ["system", "user"]


@pytest.mark.parametrize("model", ["gemini25pro", "gpt54", "gpto3", "llama4"])
def test_1_9_null_content_is_an_empty_text(model: str) -> None:
    messages = [
        {"role": "user", "content": "u"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "a", **CALL}]},
    ]
    body, _ = amended(model, {"messages": messages})
    assert body["messages"][1]["content"] == ""
    body, _ = amended(model, {"messages": [{"role": "assistant", "tool_calls": [{"id": "a", **CALL}]}]})
    assert body["messages"][-1]["content"] == ""


def test_gemini_gets_its_system_text_as_one_string() -> None:
    parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    body, _ = amended(
        "gemini25pro", {"messages": [{"role": "system", "content": parts}, {"role": "user", "content": parts}]}
    )
    assert body["messages"][0]["content"] == "one\ntwo"
    assert body["messages"][1]["content"] == parts


def test_1_33_parallel_calls_are_unwound_into_pairs_for_gemini() -> None:
    first, second, third = ({"id": name, **CALL} for name in "abc")
    messages = [
        {"role": "user", "content": "u"},
        {"role": "assistant", "content": "both", "tool_calls": [first, second, third]},
        {"role": "tool", "tool_call_id": "b", "content": "B"},
        {"role": "tool", "tool_call_id": "c", "content": "C"},
        {"role": "tool", "tool_call_id": "a", "content": "A"},
        {"role": "user", "content": "go on"},
    ]
    body, _ = amended("gemini25pro", {"messages": messages})
    said = [
        (message["role"], message.get("content"), [call["id"] for call in message.get("tool_calls", [])])
        for message in body["messages"]
    ]
    assert said == [
        ("user", "u", []),
        ("assistant", "both", ["a"]),
        ("tool", "A", []),
        ("assistant", "", ["b"]),
        ("tool", "B", []),
        ("assistant", "", ["c"]),
        ("tool", "C", []),
        ("user", "go on", []),
    ]
    assert amended("gpt54", {"messages": messages})[0]["messages"] == messages, "others take them as they are"


def test_1_12_the_token_limit_goes_by_its_new_name_and_never_by_both() -> None:
    body, dropped = amended("gpt4o", {"max_tokens": 5})
    assert (body, dropped) == ({"max_completion_tokens": 5}, ())
    body, dropped = amended("gemini25pro", {"max_tokens": 5, "max_completion_tokens": 6})
    assert (body, dropped) == ({"max_completion_tokens": 6}, ("max_tokens",))
    assert amended("claudeopus46", {"max_tokens": 5})[0] == {"max_tokens": 5}


def test_4_10_what_is_too_long_of_a_description_moves_into_the_system_text() -> None:
    long = "word " * 400
    schema = {"type": "object", "properties": {}}
    tool = {"type": "function", "function": {"name": "f", "description": long, "parameters": schema}}
    short = {"type": "function", "function": {"name": "g", "description": "short"}}
    body, _ = amended("gpt54", {"messages": [{"role": "system", "content": "Be good."}], "tools": [tool, short]})
    shown = body["tools"][0]["function"]["description"]
    system = body["messages"][0]["content"]
    assert len(shown) <= 1024
    assert "system message" in shown
    assert system.startswith("Be good.\n\n# Description of the tool f, continued\n")
    cut = shown.rindex(" [")
    assert (shown[:cut] + " " + system.partition("continued\n")[2]).split() == long.split(), "not a word is lost"
    assert body["tools"][1] == short
    assert amended("gemini25pro", {"messages": [], "tools": [tool]})[0]["tools"] == [tool]


def test_4_10_a_system_message_is_made_where_there_is_none_and_grown_where_it_has_parts() -> None:
    tool = {"type": "function", "function": {"name": "f", "description": "x" * 2000}}
    body, _ = amended("gpt54", {"messages": [{"role": "user", "content": "u"}], "tools": [tool]})
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    parts = [{"type": "text", "text": "p"}]
    body, _ = amended("gpt54", {"messages": [{"role": "developer", "content": parts}], "tools": [tool]})
    assert body["messages"][0]["content"][0] == parts[0]
    assert body["messages"][0]["content"][1]["text"].startswith("# Description of the tool f")


def test_4_9_gemini_gets_schemas_without_the_keywords_it_refuses() -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "$defs": {"Size": {"type": "integer", "exclusiveMinimum": 0}},
        "properties": {
            "const": {"const": "a"},
            "size": {"$ref": "#/$defs/Size", "description": "how big"},
            "many": {"type": "array", "items": {"oneOf": [{"type": "string"}, {"type": "null"}]}},
            "map": {"type": "object", "propertyNames": {"pattern": "^a"}, "additionalProperties": {"type": "string"}},
        },
        "required": ["const"],
    }
    tool = {"type": "function", "function": {"name": "f", "parameters": schema}}
    body, _ = amended("gemini25pro", {"messages": [], "tools": [tool]})
    assert body["tools"][0]["function"]["parameters"] == {
        "type": "object",
        "properties": {
            "const": {"enum": ["a"]},
            "size": {"type": "integer", "minimum": 0, "description": "how big"},
            "many": {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
            "map": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "required": ["const"],
    }
    function: Any = dict(tool)["function"]
    kept = amended("gpt54", {"messages": [], "tools": [tool]})[0]["tools"][0]["function"]["parameters"]
    assert kept == {name: value for name, value in function["parameters"].items() if name != "$schema"}


def parameters(schema: dict[str, Any]) -> Any:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", **schema}}}
    return amended("gemini25pro", {"messages": [], "tools": [tool]})[0]["tools"][0]["function"]["parameters"]


def test_4_9_what_stands_behind_a_reference_in_all_of_is_kept() -> None:
    member = {"allOf": [{"$ref": "#/$defs/x%20y"}], "default": "a"}
    schema = {"properties": {"a": member}, "$defs": {"x y": {"type": "string", "enum": ["a"]}}}
    assert parameters(schema)["properties"]["a"] == {"type": "string", "enum": ["a"], "default": "a"}
    nested = {"properties": {"a": {"allOf": [{"oneOf": [{"type": "null"}]}, {"const": 1}]}}}
    assert parameters(nested)["properties"]["a"] == {"anyOf": [{"type": "null"}], "enum": [1]}


def test_4_9_a_schema_that_refers_to_itself_many_times_stays_small() -> None:
    node = {"type": "object", "properties": {name: {"$ref": "#/$defs/Node"} for name in "abcdefgh"}}
    assert (
        len(json.dumps(parameters({"properties": {"root": {"$ref": "#/$defs/Node"}}, "$defs": {"Node": node}}))) < 2000
    )
    levels = {
        f"L{n}": {"type": "object", "properties": {p: {"$ref": f"#/$defs/L{n + 1}"} for p in "abcd"}} for n in range(12)
    }
    assert len(json.dumps(parameters({"properties": {"x": {"$ref": "#/$defs/L0"}}, "$defs": levels}))) < 500_000


def test_4_9_choices_at_the_root_of_a_schema_become_one_object_for_claude_and_gemini() -> None:
    branches = [
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a", "c"]},
        {"$ref": "#/$defs/B"},
    ]
    other = {"type": "object", "properties": {"b": {"type": "integer"}}, "required": ["b", "c"]}
    schema = {"anyOf": branches, "properties": {"c": {"type": "null"}}, "$defs": {"B": other}}
    tools = [{"name": "t", "input_schema": schema}, {"name": "u", "input_schema": {"type": "object"}}]
    body, _ = amended("claudeopus46", {"messages": [], "tools": tools})
    made = body["tools"][0]["input_schema"]
    assert made["type"] == "object"
    assert "anyOf" not in made
    assert made["properties"].keys() == {"a", "b", "c"}
    assert made["required"] == ["c"]
    assert body["tools"][1] == tools[1]
    gemini = parameters({"oneOf": branches, "$defs": {"B": other}})
    assert gemini["properties"].keys() == {"a", "b"}
    assert not gemini.keys() & {"anyOf", "oneOf", "$defs"}


def test_4_9_a_schema_that_refers_to_itself_comes_to_an_end() -> None:
    tree = {"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#/nowhere"}}}
    tool = {"type": "function", "function": {"name": "f", "parameters": tree}}
    body, _ = amended("gemini25pro", {"messages": [], "tools": [tool]})
    assert "$ref" not in json.dumps(body)


@pytest.mark.parametrize(
    ("model", "sent", "kept"),
    [
        ("claudeopus47", {"temperature": 1, "top_p": 0.9}, {}),
        ("claudeopus46", {"temperature": 0.2, "top_p": 0.9}, {"temperature": 0.2}),
        ("claudeopus46", {"top_p": 0.9}, {"top_p": 0.9}),
        ("claudeopus41", {"temperature": 0.2, "top_p": 0.9}, {"temperature": 0.2, "top_p": 0.9}),
        ("gpt54", {"temperature": 0.2, "top_p": 0.9}, {}),
        ("gpt54", {"temperature": 1.0}, {"temperature": 1.0}),
        ("gpt4o", {"temperature": 0.2, "top_p": 0.9}, {"temperature": 0.2, "top_p": 0.9}),
    ],
)
def test_1_11_sampling_that_a_model_refuses_is_left_out_and_told(
    model: str, sent: dict[str, float], kept: dict[str, float]
) -> None:
    body, dropped = amended(model, dict(sent))
    assert body == kept
    assert set(dropped) == sent.keys() - kept.keys()


def test_5_3_reasoning_effort_is_left_out_beside_tools_where_it_is_refused() -> None:
    tool = {"type": "function", "function": {"name": "f"}}
    body, dropped = amended("gpt54", {"reasoning_effort": "high", "messages": [], "tools": [tool]})
    assert "reasoning_effort" not in body
    assert dropped == ("reasoning_effort",)
    for model, tools in (("gpt54", []), ("gpt5", [tool])):
        body, dropped = amended(model, {"reasoning_effort": "high", "messages": [], "tools": tools})
        assert body["reasoning_effort"] == "high"
        assert dropped == ()


def test_other_vendors_reasoning_fields_are_left_out_of_messages_and_told() -> None:
    messages = [{"role": "assistant", "content": "a", "reasoning_content": "hm"}, {"role": "user", "content": "u"}]
    body, dropped = amended("gpt54", {"messages": messages})
    assert body["messages"] == [{"role": "assistant", "content": "a"}, {"role": "user", "content": "u"}]
    assert dropped == ("messages[].reasoning_content",)


def blocks(*texts: str) -> list[dict[str, str]]:
    return [{"type": "text", "text": text} for text in texts]


def turns(*said: tuple[str, Any]) -> list[dict[str, Any]]:
    return [{"role": role, "content": content} for role, content in said]


RESULT = {"type": "tool_result", "tool_use_id": "a", "content": "r"}
USE = [{"type": "tool_use", "id": "a", "name": "f", "input": {}}]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (turns(("user", "u"), ("system", "s")), turns(("user", blocks("u", "s")))),
        (
            turns(("user", blocks("u")), ("system", blocks("s")), ("assistant", "a")),
            turns(("user", blocks("u", "s")), ("assistant", "a")),
        ),
        (turns(("user", "u"), ("system", "s"), ("system", "t")), turns(("user", blocks("u", "s", "t")))),
        (turns(("system", "s"), ("user", "u")), turns(("user", blocks("u", "s")))),
        (
            turns(("user", "u"), ("assistant", "a"), ("system", "s")),
            turns(("user", "u"), ("assistant", "a"), ("user", blocks("s"))),
        ),
        (
            turns(("user", "u"), ("assistant", USE), ("system", "s"), ("user", [RESULT])),
            turns(("user", "u"), ("assistant", USE), ("user", [RESULT, *blocks("s")])),
        ),
        (
            turns(("user", "u"), ("assistant", USE), ("user", [RESULT]), ("system", "s")),
            turns(("user", "u"), ("assistant", USE), ("user", [RESULT, *blocks("s")])),
        ),
        (
            turns(("assistant", "a"), ("system", "s"), ("assistant", "b")),
            turns(("assistant", "a"), ("user", blocks("s")), ("assistant", "b")),
        ),
    ],
)
def test_1_1_system_messages_among_the_others_join_the_users_turn(
    before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    assert amended("claudeopus45", {"messages": before})[0]["messages"] == after


def test_1_1_the_other_messages_keep_their_bytes() -> None:
    body = (
        b'{"messages":[{"role": "user",  "content":"\\u00e9"},{"role":"assistant","content":[ {"type":"text",'
        b'"text":"a"} ]},'
        b'{"role":"system","content":"s"}]}'
    )
    result = apply(profile_of("claudeopus46"), msgspec.json.decode(body, type=dict[str, msgspec.Raw]))
    written = bytes(result.fields["messages"])
    assert written.startswith(body.removeprefix(b'{"messages":').partition(b'{"role":"system"')[0])


ON = {"type": "enabled", "budget_tokens": 2000}
ADAPTIVE = {"type": "adaptive"}


@pytest.mark.parametrize(
    ("model", "sent", "kept", "told"),
    [
        ("claudehaiku45", ADAPTIVE, {"type": "enabled", "budget_tokens": 24000}, ()),
        ("claudeopus41", {**ADAPTIVE, "x": 1}, {"type": "enabled", "budget_tokens": 24000, "x": 1}, ()),
        ("claudeopus46", ADAPTIVE, ADAPTIVE, ()),
        ("claudeopus46", ON, ON, ()),
        ("claudeopus46", {**ADAPTIVE, "budget_tokens": 5}, ADAPTIVE, ("thinking.budget_tokens",)),
        ("claudeopus47", ON, ADAPTIVE, ("thinking.budget_tokens",)),
        ("claudesonnet5", {"type": "disabled"}, {"type": "disabled"}, ()),
        ("claudehaiku45", {"type": "enabled", "budget_tokens": 90000}, {"type": "enabled", "budget_tokens": 29999}, ()),
        ("claudehaiku45", {"type": "enabled", "budget_tokens": 5}, {"type": "enabled", "budget_tokens": 1024}, ()),
        ("claudehaiku45", None, None, ()),
    ],
)  # fmt: skip
def test_5_1_and_5_2_thinking_takes_the_form_that_the_model_knows(
    model: str, sent: dict[str, Any] | None, kept: dict[str, Any] | None, told: tuple[str, ...]
) -> None:
    body, dropped = amended(model, {"max_tokens": 30000, "thinking": sent})
    assert (body["thinking"], dropped) == (kept, told)


def test_5_2_where_there_is_no_room_to_think_thinking_is_left_out_and_told() -> None:
    body, dropped = amended("claudehaiku45", {"max_tokens": 64, "thinking": ON})
    assert (body, dropped) == ({"max_tokens": 64}, ("thinking",))


def test_5_2_a_temperature_beside_thinking_is_left_out_and_told() -> None:
    body, dropped = amended("claudeopus46", {"max_tokens": 9000, "thinking": ON, "temperature": 0.3})
    assert (body, dropped) == ({"max_tokens": 9000, "thinking": ON}, ("temperature",))
    for kept in ({"thinking": ON, "temperature": 1}, {"thinking": {"type": "disabled"}, "temperature": 0.3}):
        assert amended("claudeopus46", {"max_tokens": 9000, **kept}) == ({"max_tokens": 9000, **kept}, ())


@pytest.mark.parametrize(
    ("model", "sent", "kept"),
    [
        ("claudeopus47", "minimal", "low"),
        ("claudeopus47", "max", "max"),
        ("claudeopus46", "max", "high"),
        ("claudeopus46", "none", "none"),
        ("claudehaiku45", "xhigh", "high"),
        ("claudehaiku45", "novel", "novel"),
    ],
)
def test_5_4_effort_goes_down_to_what_the_model_takes(model: str, sent: str, kept: str) -> None:
    body, dropped = amended(model, {"output_config": {"effort": sent, "format": None}})
    told = () if kept == sent else (f"output_config.effort: {sent} (sent: {kept})",)
    assert (body, dropped) == ({"output_config": {"effort": kept, "format": None}}, told)


def test_the_effort_tells_the_budget_where_thinking_needs_one() -> None:
    sent = {"max_tokens": 50000, "thinking": ADAPTIVE, "output_config": {"effort": "low"}}
    body, dropped = amended("claudehaiku45", sent)
    assert body == {"max_tokens": 50000, "thinking": {"type": "enabled", "budget_tokens": 4096}}
    assert dropped == ("output_config.effort",)


def test_effort_beside_thinking_is_kept_where_a_model_takes_both_and_by_itself_everywhere() -> None:
    both = {"max_tokens": 50000, "thinking": ADAPTIVE, "output_config": {"effort": "low"}}
    assert amended("claudeopus46", both) == (both, ())
    alone = {"max_tokens": 50000, "output_config": {"effort": "low"}}
    assert amended("claudehaiku45", alone) == (alone, ())
    formed = {**both, "output_config": {"effort": "low", "format": 1}}
    assert amended("claudeopus45", formed)[0]["output_config"] == {"format": 1}


@pytest.mark.parametrize(
    ("model", "body", "place"),
    [
        ("gpt54", {"messages": "x"}, "messages"),
        ("gpt54", {"messages": [5]}, "messages[0]"),
        ("gemini25pro", {"messages": [{"role": "user"}, "x"]}, "messages[1]"),
        ("claudeopus46", {"messages": {"role": "user"}}, "messages"),
        ("claudeopus46", {"thinking": 5}, "thinking"),
        ("claudeopus46", {"output_config": "high"}, "output_config"),
        ("claudeopus46", {"messages": [{"content": "x"}]}, "messages[0].role"),
        ("gpt54", {"messages": [], "tools": 5}, "tools"),
    ],
)
def test_a_wrong_form_is_a_400_that_names_the_place(model: str, body: dict[str, Any], place: str) -> None:
    with pytest.raises(ClientError) as caught:
        amended(model, body)
    assert caught.value.status == 400
    assert caught.value.param == place
    assert place in caught.value.message


@pytest.mark.parametrize("member", ["signature", "text"])
def test_a_member_that_a_kind_of_block_does_not_have_is_nobodys_to_read(member: str) -> None:
    """Whatever it is, the block goes on with it, as it does where nothing has to be changed."""
    call = {"type": "tool_use", "id": "call_1", "name": "f", "input": {}, member: 5}
    result = {"type": "tool_result", "tool_use_id": "call_1", "content": [{"type": "text", "text": " "}], member: []}
    thought = {"type": "thinking", "thinking": "t", "signature": ""}
    messages = [
        {"role": "user", "content": "u"},
        {"role": "assistant", "content": [thought, call]},
        {"role": "user", "content": [result]},
    ]
    body, _ = amended("claudeopus46", {"messages": messages})
    kept = [block for message in body["messages"][1:] for block in message["content"]]
    assert [block.get(member) for block in kept] == [5, []]
