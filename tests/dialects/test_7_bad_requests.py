"""Item 7.1 of the pitfalls on the translated ways: a request that cannot be read is a 400 that names the place."""

from __future__ import annotations

import pytest

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.messages import Reply

from .asking import CHAT, MESSAGES, MODELS, Json, opened, refused, request
from .test_7_errors import error_of

TOOL: Json = {"name": "f", "input_schema": {"type": "object"}}
FUNCTION: Json = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}


def at(number: int, content: object, role: str = "user") -> Json:
    """A conversation with this content in its message of this number."""
    turns: list[Json] = [{"role": ("user", "assistant")[n % 2], "content": "x"} for n in range(number)]
    return {"messages": [*turns, {"role": role, "content": content}]}


def result(content: object) -> list[Json]:
    return [{"type": "tool_result", "tool_use_id": "t", "content": content}]


BAD_MESSAGES: list[tuple[Json, str]] = [
    ({"messages": None}, "messages"),
    ({"messages": "hi"}, "messages"),
    ({"messages": {"role": "user"}}, "messages"),
    ({"messages": ["hi"]}, "messages[0]"),
    ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
    ({"messages": [{"content": "hi"}]}, "messages[0].role"),
    ({"messages": [{"role": "narrator", "content": "hi"}]}, "messages[0].role"),
    (at(3, [{"type": "hologram"}]), "messages[3].content[0].type"),
    (at(3, [{"text": "x"}]), "messages[3].content[0].type"),
    (at(2, [{"type": 5}]), "messages[2].content[0].type"),
    (at(2, ["x"]), "messages[2].content[0]"),
    (at(2, [{"type": "text"}]), "messages[2].content[0].text"),
    (at(2, [{"type": "text", "text": 5}]), "messages[2].content[0].text"),
    (at(0, [{"type": "image"}]), "messages[0].content[0].source"),
    (at(0, [{"type": "image", "source": {"type": "base64"}}]), "messages[0].content[0].source.data"),
    (at(0, [{"type": "image", "source": {"type": "url"}}]), "messages[0].content[0].source.url"),
    (at(0, [{"type": "image", "source": {"type": "film"}}]), "messages[0].content[0].source.type"),
    (at(1, [{"type": "tool_use", "name": "f", "input": {}}], "assistant"), "messages[1].content[0].id"),
    (at(1, [{"type": "tool_use", "id": "t", "input": {}}], "assistant"), "messages[1].content[0].name"),
    (at(2, [{"type": "tool_result", "content": "x"}]), "messages[2].content[0].tool_use_id"),
    (at(2, result(5)), "messages[2].content[0].content"),
    (at(2, result([{"type": "hologram"}])), "messages[2].content[0].content[0].type"),
    (at(2, result([{"type": "text"}])), "messages[2].content[0].content[0].text"),
    ({"system": 5}, "system"),
    ({"system": [{"type": "text"}]}, "system[0].text"),
    ({"tools": "f"}, "tools"),
    ({"tools": [5]}, "tools[0]"),
    ({"tools": [TOOL, {"input_schema": {}}]}, "tools[1].name"),
    ({"tools": [TOOL, {"name": "g"}]}, "tools[1].input_schema"),
    ({"tools": [{"name": "g", "input_schema": "x"}]}, "tools[0].input_schema"),
    ({"tools": [{"name": "g", "input_schema": {}, "description": 5}]}, "tools[0].description"),
    ({"tools": [TOOL], "tool_choice": "any"}, "tool_choice"),
    ({"tools": [TOOL], "tool_choice": {"type": "tool"}}, "tool_choice.name"),
    ({"thinking": {"type": "hard"}}, "thinking.type"),
    ({"thinking": {"type": "enabled", "budget_tokens": "many"}}, "thinking.budget_tokens"),
    ({"output_config": {"effort": 5}}, "output_config.effort"),
    ({"max_tokens": "many"}, "max_tokens"),
    ({"temperature": "hot"}, "temperature"),
    ({"stop_sequences": [5]}, "stop_sequences[0]"),
]

BAD_CHATS: list[tuple[Json, str]] = [
    ({"messages": []}, "messages"),
    ({"messages": None}, "messages"),
    ({"messages": "hi"}, "messages"),
    ({"messages": [5]}, "messages[0]"),
    ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
    ({"messages": [{"content": "hi"}]}, "messages[0].role"),
    ({"messages": [{"role": "narrator", "content": "hi"}]}, "messages[0].role"),
    (at(3, [{"type": "hologram"}]), "messages[3].content[0].type"),
    (at(2, [{"text": "x"}]), "messages[2].content[0].type"),
    (at(2, [{"type": "text"}]), "messages[2].content[0].text"),
    (at(2, [{"type": "image_url"}]), "messages[2].content[0].image_url"),
    (at(2, [{"type": "image_url", "image_url": {}}]), "messages[2].content[0].image_url.url"),
    (at(2, [{"type": "file", "file": {}}]), "messages[2].content[0].file.file_data"),
    ({"messages": [{"role": "assistant", "tool_calls": 5}]}, "messages[0].tool_calls"),
    ({"messages": [{"role": "assistant", "tool_calls": [5]}]}, "messages[0].tool_calls[0]"),
    ({"messages": [{"role": "assistant", "tool_calls": [{"id": "a"}]}]}, "messages[0].tool_calls[0].function"),
    (
        {"messages": [{"role": "assistant", "tool_calls": [{"id": "a", "function": {"arguments": "{}"}}]}]},
        "messages[0].tool_calls[0].function.name",
    ),
    ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id"),
    ({"messages": [{"role": "function", "name": "f", "content": "x"}]}, "messages[0].role"),
    ({"tools": [FUNCTION, {"type": "function"}]}, "tools[1].function"),
    ({"tools": [{"type": "function", "function": {}}]}, "tools[0].function.name"),
    ({"tools": [{"type": "function", "function": {"name": "f", "parameters": 5}}]}, "tools[0].function.parameters"),
    ({"tools": [FUNCTION], "tool_choice": 5}, "tool_choice"),
    ({"tools": [FUNCTION], "tool_choice": {"type": "function"}}, "tool_choice.function"),
    ({"reasoning_effort": 5}, "reasoning_effort"),
    ({"max_completion_tokens": "many"}, "max_completion_tokens"),
    ({"max_tokens": "many"}, "max_tokens"),
    ({"temperature": "hot"}, "temperature"),
    ({"stop": [5]}, "stop"),
    ({"response_format": {"type": 5}}, "response_format.type"),
    ({"stream_options": 5}, "stream_options"),
    ({"n": 2}, "n"),
    ({"functions": [{"name": "f"}]}, "functions"),
]


def check(path: str, members: Json, place: str) -> Json:
    body = {**request(path, MODELS[path][0]), **members}
    status, said = refused(path, body)
    assert status == 400
    message = said["error"]["message"]
    assert message.startswith(place), message
    assert "\n" not in message
    assert len(message) < 400
    error: Json = said["error"]
    assert error["type"] == "invalid_request_error"
    return error


@pytest.mark.parametrize(("members", "place"), BAD_MESSAGES, ids=range(len(BAD_MESSAGES)))
def test_7_1_a_bad_request_of_an_anthropic_client_names_its_place(members: Json, place: str) -> None:
    check(MESSAGES, members, place)


@pytest.mark.parametrize(("members", "place"), BAD_CHATS, ids=range(len(BAD_CHATS)))
def test_7_1_a_bad_request_of_a_chat_client_names_its_place_and_its_param(members: Json, place: str) -> None:
    assert str(check(CHAT, members, place)["param"]).startswith(place)


MISPLACED: list[tuple[str, Json]] = [
    ("user", {"type": "tool_use", "id": "t", "name": "f", "input": {}}),
    ("user", {"type": "thinking", "thinking": "hm", "signature": "s"}),
    ("assistant", {"type": "tool_result", "tool_use_id": "t", "content": "x"}),
    ("system", {"type": "tool_result", "tool_use_id": "t", "content": "x"}),
]


@pytest.mark.parametrize(("role", "block"), MISPLACED)
def test_7_1_a_block_in_a_turn_that_cannot_hold_it_is_not_lost_in_silence(role: str, block: Json) -> None:
    body = request(MESSAGES, MODELS[MESSAGES][0], **at(2, [{"type": "text", "text": "x"}, block], role))
    outcome = opened(MESSAGES, body)
    if isinstance(outcome, Exchange):
        assert outcome.dropped
    else:
        message = error_of(MESSAGES, outcome.body)["message"]
        assert (outcome.status, message.startswith("messages[2].content[1]")) == (400, True)


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
@pytest.mark.parametrize("depth", [200, 100_000])
def test_7_1_nesting_beyond_measure_is_no_crash(path: str, depth: int) -> None:
    model = MODELS[path][0].encode()
    nested = b'{"a":' * depth + b"1" + b"}" * depth
    for member in (
        b'"novel":%b',
        b'"tools":[{"name":"f","input_schema":%b}]',
        b'"messages":[{"role":"user","content":[%b]}]',
    ):
        body = b'{"model":"%b","messages":[],' % model + member % nested + b"}"
        outcome = opened(path, body)
        if isinstance(outcome, Reply):  # else it goes upstream
            assert outcome.status == 400
            assert error_of(path, outcome.body)


MEMBERS = [
    *("messages", "system", "tools", "tool_choice", "parallel_tool_calls", "thinking", "output_config", "verbosity"),
    *("reasoning_effort", "response_format", "max_tokens", "max_completion_tokens", "n", "temperature", "top_p"),
    *("stop", "stop_sequences", "metadata", "stream_options"),
]


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
@pytest.mark.parametrize("value", [5, "x", [], [1], {}, True, 1.5, {"a": {"b": [1]}}])
@pytest.mark.parametrize("name", MEMBERS)
def test_7_1_no_value_of_any_member_is_a_crash(path: str, name: str, value: object) -> None:
    outcome = opened(path, {**request(path, MODELS[path][0]), name: value})
    assert getattr(outcome, "status", 400) == 400
