"""Section 4 of the pitfalls: ids, arguments, schemas, names and choices of tools. Histories: test_4_histories.py."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from .asking import (
    CHAT,
    CHATS,
    CLAUDES,
    GPTS,
    MESSAGES,
    MODELS,
    Json,
    answered,
    call_delta,
    chat_body,
    chat_sse,
    claude_sse,
    finished,
    messages_sent,
    refused,
    request,
    sent,
    streamed,
    told,
)
from .reading import completion_of, message_of

USER: Json = {"role": "user", "content": "hi"}


def tool(path: str, name: str = "f", schema: Json | None = None, **members: Any) -> Json:
    """A tool in a client's dialect."""
    schema = {"type": "object", "properties": {}} if schema is None else schema
    if path == MESSAGES:
        return {"name": name, "input_schema": schema, **members}
    return {"type": "function", "function": {"name": name, "parameters": schema, **members}}


def turn(path: str, identifier: str, name: str = "f", arguments: str = '{"a":1}') -> list[Json]:
    """A call and its result in a client's dialect."""
    if path == MESSAGES:
        use = {"type": "tool_use", "id": identifier, "name": name, "input": json.loads(arguments)}
        result = {"type": "tool_result", "tool_use_id": identifier, "content": "ok"}
        return [{"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}]
    call = {"id": identifier, "type": "function", "function": {"name": name, "arguments": arguments}}
    return [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": identifier, "content": "ok"},
    ]


def calls_in(path: str, messages: list[Json]) -> list[tuple[str, str]]:
    """The ids of the calls and of the results that go upstream, in their order."""
    if path == MESSAGES:
        calls = [call["id"] for message in messages for call in message.get("tool_calls") or []]
        results = [message["tool_call_id"] for message in messages if message["role"] == "tool"]
    else:
        blocks = [block for message in messages for block in message["content"]]
        calls = [block["id"] for block in blocks if block["type"] == "tool_use"]
        results = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
    return list(zip(calls, results, strict=True))


def schema_sent(path: str, model: str, schema: Json | None, **members: Any) -> Json:
    """A tool's schema as it goes upstream."""
    body, _ = sent(path, request(path, model, tools=[tool(path, schema=schema, **members)]))
    found: Json = body["tools"][0]["function"]["parameters"] if path == MESSAGES else body["tools"][0]["input_schema"]
    return found


# 4.1, 4.2: ids

LONG = "toolu_" + "x" * 60
IDS = ["call_1", LONG, LONG + "y", "functions.bash:0", "functions_bash_0", "ünïcode", "a b", "call|1", "c" * 300]


@pytest.mark.parametrize(("path", "longest"), [(MESSAGES, 40), (CHAT, 64)])
def test_4_1_ids_fit_stay_apart_and_are_the_same_for_call_and_result(path: str, longest: int) -> None:
    model = MODELS[path][0]
    history = [message for name in IDS for message in turn(path, name)]
    made = calls_in(path, messages_sent(path, model, USER, *history))
    assert all(call == result for call, result in made)
    assert all(re.fullmatch(rf"[a-zA-Z0-9_-]{{1,{longest}}}", call) for call, _ in made)
    assert len({call for call, _ in made}) == len(IDS)
    assert made[0] == ("call_1", "call_1")
    assert made == calls_in(path, messages_sent(path, model, USER, *history, USER))[: len(IDS)]


def test_4_1_an_id_without_a_letter_is_given_one() -> None:
    for path in (MESSAGES, CHAT):
        ((call, result),) = calls_in(path, messages_sent(path, MODELS[path][0], USER, *turn(path, "")))
        assert call == result
        assert call


@pytest.mark.parametrize("identifier", [None, ""])
def test_4_2_a_call_of_geminis_without_an_id_gets_one_that_comes_back(identifier: str | None) -> None:
    call = {"id": identifier, "type": "function", "function": {"name": "f", "arguments": "{}"}}
    plain = told(MESSAGES, "gemini-2.5-pro", chat_body({"tool_calls": [call, call]}), tools=[tool(MESSAGES)])
    ids = [block["id"] for block in plain["content"]]
    assert len(set(ids) - {""}) == 2
    answer = {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": name, "content": "ok"} for name in ids],
    }
    made = messages_sent(MESSAGES, "gpt-5.4", USER, {"role": "assistant", "content": plain["content"]}, answer)
    assert calls_in(MESSAGES, made) == [(name, name) for name in ids]


def test_4_2_ids_that_a_client_has_changed_still_pair() -> None:
    made = messages_sent(CHAT, "claude-opus-4.6", USER, *turn(CHAT, "f__toolu_vrtx_1"))
    assert calls_in(CHAT, made) == [("f__toolu_vrtx_1", "f__toolu_vrtx_1")]


# 4.3, 4.4: arguments


@pytest.mark.parametrize("arguments", ["", " ", "\n", "{}", "null"])
def test_4_3_no_arguments_are_an_empty_object_toward_claude_and_in_its_answers(arguments: str) -> None:
    made = messages_sent(CHAT, "claude-opus-4.6", USER, *turn(CHAT, "a", arguments=arguments))
    assert made[1]["content"][0]["input"] == {}
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": arguments}}
    plain = told(MESSAGES, "gpt-5.4", chat_body({"tool_calls": [call]}), tools=[tool(MESSAGES)])
    assert plain["content"][0]["input"] == {}
    stream = chat_sse(call_delta(0, "a", "f", arguments), finished("tool_calls"))
    (block,) = message_of(streamed(MESSAGES, "gpt-5.4", stream, tools=[tool(MESSAGES)])).blocks
    assert json.loads(block["json"]) == {}


@pytest.mark.parametrize("given", [None, {}])
@pytest.mark.parametrize("model", CHATS)
def test_4_3_no_input_in_an_anthropic_history_is_an_empty_object_toward_chat(model: str, given: Json | None) -> None:
    call, result = turn(MESSAGES, "a")
    call["content"][0]["input"] = given
    made = messages_sent(MESSAGES, model, USER, call, result)
    assert made[1]["tool_calls"][0]["function"]["arguments"] == "{}"


def test_4_3_a_call_of_chats_without_the_member_at_all_has_an_empty_object() -> None:
    stream = chat_sse(call_delta(0, "a", "f", None), finished("tool_calls"))
    assert message_of(streamed(MESSAGES, "gpt-5.4", stream)).blocks[0]["json"] == "{}"


@pytest.mark.parametrize("said", ["", "{}"])
def test_4_3_no_input_of_claudes_is_an_empty_object_toward_chat_and_in_answers_to_it(said: str) -> None:
    stream = claude_sse({"type": "tool_use", "id": "a", "name": "f", "input": said}, stop="tool_use")
    assert completion_of(streamed(CHAT, "claude-opus-4.6", stream)).calls[0]["arguments"] == "{}"
    (call,) = told(CHAT, "claude-opus-4.6", stream)["choices"][0]["message"]["tool_calls"]
    assert call["function"]["arguments"] == "{}"
    assert messages_sent(MESSAGES, "gpt-5.4", USER, *turn(MESSAGES, "a", arguments="{}"))[1]["tool_calls"][0]["function"]["arguments"] == "{}"  # noqa: E501 # fmt: skip


BROKEN = ['{"path": "a.py", "te', "{'a': 1}", "rm -rf", '{"a": NaN}', '"text"', "[1, 2]", "5", "[" * 3000, '{"a":' * 3000]  # noqa: E501 # fmt: skip


@pytest.mark.parametrize("arguments", BROKEN, ids=range(len(BROKEN)))
@pytest.mark.parametrize("model", CLAUDES)
def test_4_4_arguments_that_are_no_object_go_to_claude_within_one(model: str, arguments: str) -> None:
    made = messages_sent(CHAT, model, USER, *turn(CHAT, "a", arguments=arguments))
    (block,) = made[1]["content"]
    assert isinstance(block["input"], dict)
    assert arguments in block["input"].values()


@pytest.mark.parametrize("arguments", BROKEN[:6], ids=range(6))
def test_4_4_a_model_that_writes_broken_arguments_breaks_no_answer(arguments: str) -> None:
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": arguments}}
    plain = told(MESSAGES, "gpt-5.4", chat_body({"tool_calls": [call]}), tools=[tool(MESSAGES)])
    assert isinstance(plain["content"][0]["input"], dict)
    stream = chat_sse(call_delta(0, "a", "f", arguments), finished("tool_calls"))
    assert message_of(streamed(MESSAGES, "gpt-5.4", stream)).blocks[0]["json"] == arguments
    claude = claude_sse({"type": "tool_use", "id": "a", "name": "f", "input": arguments}, stop="max_tokens")
    assert completion_of(streamed(CHAT, "claude-opus-4.6", claude)).calls[0]["arguments"] == arguments


def test_4_4_what_claude_code_makes_of_broken_arguments_goes_on_to_chat() -> None:
    unparsed = '{"__unparsedToolInput":{"raw":"{\\"a\\": "}}'
    made = messages_sent(MESSAGES, "gpt-5.4", USER, *turn(MESSAGES, "a", arguments=unparsed))
    assert json.loads(made[1]["tool_calls"][0]["function"]["arguments"]) == json.loads(unparsed)


@pytest.mark.parametrize("arguments", ['{"n":12345678901234567890123}', '{"b":1,"a":2}', '{"x":0.1,"t":"\\u00fc\\n"}'])
def test_4_4_arguments_keep_their_values_both_ways(arguments: str) -> None:
    made = messages_sent(CHAT, "claude-opus-4.6", USER, *turn(CHAT, "a", arguments=arguments))
    assert list(made[1]["content"][0]["input"].items()) == list(json.loads(arguments).items())
    made = messages_sent(MESSAGES, "gpt-5.4", USER, *turn(MESSAGES, "a", arguments=arguments))
    assert json.loads(made[1]["tool_calls"][0]["function"]["arguments"]) == json.loads(arguments)


# 4.10: names and descriptions

NAMES = ["mcp__server__" + "very_long_" * 8, "mcp__server__" + "very_long_" * 8 + "2", "a.b:c", "a_b_c", "größe"]


@pytest.mark.parametrize("model", ["gpt-5.4", "gemini-2.5-pro", "claude-opus-4.6"])
@pytest.mark.parametrize("path", [MESSAGES, CHAT])
def test_4_10_names_fit_the_upstream_and_the_client_sees_its_own(path: str, model: str) -> None:
    tools, to_claude = [tool(path, name) for name in NAMES], model in CLAUDES
    body, _ = sent(path, request(path, model, tools=tools))
    names = [one["name"] if to_claude else one["function"]["name"] for one in body["tools"]]
    assert all(re.fullmatch(rf"[a-zA-Z0-9_-]{{1,{128 if to_claude else 64}}}", name) for name in names)
    assert len(set(names)) == len(NAMES)
    if to_claude:
        uses = [{"type": "tool_use", "id": f"c{at}", "name": n, "input": {}} for at, n in enumerate(names)]
        stream = claude_sse(*uses)
        plain = told(path, model, stream, tools=tools)
    else:
        calls = [{"id": f"c{n}", "type": "function", "function": {"name": n, "arguments": "{}"}} for n in names]
        stream = chat_sse(*(call_delta(at, f"c{at}", n, "{}") for at, n in enumerate(names)), finished("tool_calls"))
        plain = told(path, model, chat_body({"tool_calls": calls}), tools=tools)
    answer = streamed(path, model, stream, tools=tools)
    if path == MESSAGES:
        assert [block["name"] for block in plain["content"]] == NAMES
        assert [block["name"] for block in message_of(answer).blocks] == NAMES
    else:
        assert [call["function"]["name"] for call in plain["choices"][0]["message"]["tool_calls"]] == NAMES
        assert [call["name"] for call in completion_of(answer).calls] == NAMES


@pytest.mark.parametrize("model", ["gpt-5.4", "claude-opus-4.6"])
@pytest.mark.parametrize("path", [MESSAGES, CHAT])
def test_4_10_history_and_choice_go_by_the_same_name_as_the_tool(path: str, model: str) -> None:
    name = NAMES[0] + "x" * 80
    choice = {"type": "tool", "name": name} if path == MESSAGES else {"type": "function", "function": {"name": name}}
    messages = [USER, *turn(path, "a", name)]
    body, _ = sent(path, request(path, model, *messages, tools=[tool(path, name)], tool_choice=choice))
    if model in CLAUDES:
        shown, chosen = body["tools"][0]["name"], body["tool_choice"]["name"]
        called = body["messages"][1]["content"][0]["name"]
    else:
        shown, chosen = body["tools"][0]["function"]["name"], body["tool_choice"]["function"]["name"]
        called = body["messages"][1]["tool_calls"][0]["function"]["name"]
    assert shown != name
    assert (chosen, called) == (shown, shown)


@pytest.mark.parametrize("model", GPTS)
def test_4_10_what_is_too_long_of_a_description_is_not_lost(model: str) -> None:
    words = " ".join(f"word{number}" for number in range(3000))
    body, _ = sent(MESSAGES, request(MESSAGES, model, system="S", tools=[tool(MESSAGES, description=words)]))
    description = body["tools"][0]["function"]["description"]
    assert len(description) <= 1024
    assert body["messages"][0]["role"] == "system"
    everything = description + json.dumps(body["messages"][0]["content"])
    assert all(f"word{number}" in everything for number in range(3000))


@pytest.mark.parametrize("model", GPTS)
@pytest.mark.parametrize("path", [MESSAGES, CHAT])
def test_4_11_more_than_128_tools_are_a_400_that_names_the_count(path: str, model: str) -> None:
    status, body = refused(path, request(path, model, tools=[tool(path, f"f{number}") for number in range(129)]))
    assert status == 400
    assert "129" in body["error"]["message"]
    assert "128" in body["error"]["message"]


# 4.12: tool_choice


@pytest.mark.parametrize("model", CHATS)
@pytest.mark.parametrize(
    ("choice", "goes"),
    [
        (None, None),
        ({"type": "auto"}, "auto"),
        ({"type": "any"}, "required"),
        ({"type": "none"}, "none"),
        ({"type": "tool", "name": "f"}, {"type": "function", "function": {"name": "f"}}),
        ({"type": "tool", "name": "gone"}, None),
    ],
)
def test_4_12_an_anthropic_choice_goes_to_chat(model: str, choice: Json | None, goes: object) -> None:
    body, _ = sent(MESSAGES, request(MESSAGES, model, tools=[tool(MESSAGES)], tool_choice=choice))
    assert body.get("tool_choice") == goes
    assert "parallel_tool_calls" not in body
    assert "tool_choice" not in sent(MESSAGES, request(MESSAGES, model, tool_choice=choice))[0]


@pytest.mark.parametrize("model", GPTS)
def test_4_12_one_call_at_a_time_goes_to_chat(model: str) -> None:
    choice = {"type": "auto", "disable_parallel_tool_use": True}
    body, _ = sent(MESSAGES, request(MESSAGES, model, tools=[tool(MESSAGES)], tool_choice=choice))
    assert body["parallel_tool_calls"] is False


F: Json = {"type": "function", "function": {"name": "f"}}


@pytest.mark.parametrize("model", CLAUDES)
@pytest.mark.parametrize(
    ("members", "goes"),
    [
        ({}, None),
        ({"tool_choice": "auto"}, {"type": "auto"}),
        ({"tool_choice": "required"}, {"type": "any"}),
        ({"tool_choice": "none"}, {"type": "none"}),
        ({"tool_choice": F}, {"type": "tool", "name": "f"}),
        ({"tool_choice": {"type": "function", "function": {"name": "gone"}}}, None),
        ({"parallel_tool_calls": False}, {"type": "auto", "disable_parallel_tool_use": True}),
        ({"parallel_tool_calls": True}, None),
        ({"parallel_tool_calls": False, "tool_choice": F}, {"type": "tool", "name": "f", "disable_parallel_tool_use": True}),  # noqa: E501
        ({"parallel_tool_calls": False, "tool_choice": "none"}, {"type": "none"}),
    ],
)  # fmt: skip
def test_4_12_a_choice_of_chats_goes_to_claude(model: str, members: Json, goes: Json | None) -> None:
    body, _ = sent(CHAT, request(CHAT, model, tools=[tool(CHAT)], **members))
    assert body.get("tool_choice") == goes
    assert "tool_choice" not in sent(CHAT, request(CHAT, model, **members))[0]


@pytest.mark.parametrize(("mode", "kind"), [("auto", "auto"), ("required", "any")])
def test_4_12_allowed_tools_limit_what_claude_may_call(mode: str, kind: str) -> None:
    choice = {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": [F]}}
    members: Json = {"tools": [tool(CHAT), tool(CHAT, "g")], "tool_choice": choice}
    body, _ = sent(CHAT, request(CHAT, "claude-opus-4.6", **members))
    assert [one["name"] for one in body["tools"]] == ["f"]
    assert body["tool_choice"] == {"type": kind}


@pytest.mark.parametrize("choice", ["required", F])
@pytest.mark.parametrize("model", CLAUDES)
def test_4_12_a_claude_that_thinks_is_not_forced_to_call(model: str, choice: object) -> None:
    members: Json = {"tools": [tool(CHAT)], "tool_choice": choice, "reasoning_effort": "high"}
    body, dropped = sent(CHAT, request(CHAT, model, **members))
    assert body["thinking"]["type"] in ("enabled", "adaptive")
    assert body.get("tool_choice") in (None, {"type": "auto"})
    assert any("tool_choice" in path for path in dropped)


def test_4_12_an_unknown_choice_is_named() -> None:
    for path, choice in ((CHAT, "sometimes"), (MESSAGES, {"type": "sometimes"})):
        status, body = refused(path, request(path, MODELS[path][0], tools=[tool(path)], tool_choice=choice))
        assert status == 400
        assert body["error"]["message"].startswith("tool_choice")


# 4.13: parallel calls in streams


def test_4_13_three_interleaved_calls_with_text_between_come_one_after_the_other() -> None:
    calls = [call_delta(number, f"call_{number}", "f", "") for number in range(3)]
    pieces = [call_delta(number, None, None, piece) for piece in ('{"n"', ":", "%d}") for number in (2, 0, 1)]
    for piece in pieces:
        function = piece["tool_calls"][0]["function"]
        function["arguments"] = function["arguments"].replace("%d", str(piece["tool_calls"][0]["index"]))
    stream = chat_sse(*calls[:2], {"content": "mean"}, *pieces[1:3], calls[2], pieces[0], {"content": "while"}, *pieces[3:], finished("tool_calls"))  # noqa: E501 # fmt: skip
    message = message_of(streamed(MESSAGES, "gpt-5.4", stream, tools=[tool(MESSAGES)]))
    uses = [block for block in message.blocks if block["type"] == "tool_use"]
    assert [(use["id"], use["json"]) for use in uses] == [(f"call_{n}", f'{{"n":{n}}}') for n in range(3)]
    assert "".join(block["text"] for block in message.blocks if block["type"] == "text") == "meanwhile"
    assert message.stop_reason == "tool_use"


def test_4_13_the_first_call_is_live_while_the_others_wait() -> None:
    stream = chat_sse(
        call_delta(0, "a", "f", '{"x":'), call_delta(1, "b", "f", "{}"), call_delta(0, None, None, "1}"), done=False
    )
    reply = answered(MESSAGES, request(MESSAGES, "gpt-5.4", stream=True), stream)
    assert b'"partial_json":"{\\"x\\":"' in reply.body
    assert b'"partial_json":"1}"' in reply.body
    assert b'"id":"b"' not in reply.body
