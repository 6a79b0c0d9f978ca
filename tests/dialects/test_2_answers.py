"""Section 2 of the pitfalls: plain answers, and the reasons why any answer ends."""

from __future__ import annotations

import json

import pytest

from .asking import (
    CHAT,
    MESSAGES,
    Json,
    answered,
    asked,
    chat_body,
    chat_sse,
    chunk_of,
    claude_sse,
    finished,
    request,
    streamed,
    told,
)
from .reading import completion_of, message_of

TEXT: Json = {"type": "text", "text": "hello"}
USE: Json = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}}
CALL: Json = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
CLAUDE_TOOLS: list[Json] = [{"name": "f", "input_schema": {"type": "object"}}]
CHAT_TOOLS: list[Json] = [{"type": "function", "function": {"name": "f"}}]


def stop_told(message: Json, finish: str | None) -> set[str | None]:
    """How an Anthropic client is told that an answer of Chat's ended: plain, streamed, and for a body of a stream."""
    body = chat_body(message, finish)
    delta = {**message, "tool_calls": [{"index": 0, **call} for call in message.get("tool_calls", [])]}
    plain = told(MESSAGES, "gpt-5.4", body, tools=CLAUDE_TOOLS)["stop_reason"]
    stream = chat_sse(delta, finished(finish or None))
    return {
        plain,
        message_of(streamed(MESSAGES, "gpt-5.4", stream, tools=CLAUDE_TOOLS)).stop_reason,
        message_of(streamed(MESSAGES, "gpt-5.4", body, tools=CLAUDE_TOOLS)).stop_reason,
    }


def finish_told(*blocks: Json, stop: str | None) -> set[str | None]:
    """How a Chat client is told that an answer of Claude's ended: plain, from a stream or a body, and streamed."""
    stream = claude_sse(*blocks, stop=stop)
    body = {"type": "message", "content": list(blocks), "stop_reason": stop, "usage": {"input_tokens": 1}}
    return {
        told(CHAT, "claude-opus-4.6", stream)["choices"][0]["finish_reason"],
        told(CHAT, "claude-opus-4.6", body)["choices"][0]["finish_reason"],
        completion_of(streamed(CHAT, "claude-opus-4.6", stream)).finish,
        completion_of(streamed(CHAT, "claude-opus-4.6", body)).finish,
    }


@pytest.mark.parametrize(
    ("message", "finish", "stop"),
    [
        ({"tool_calls": [CALL]}, "stop", "tool_use"),
        ({"content": "so", "tool_calls": [CALL]}, "stop", "tool_use"),
        ({"tool_calls": [CALL]}, "tool_calls", "tool_use"),
        ({"tool_calls": [CALL]}, "function_call", "tool_use"),
        ({"tool_calls": [CALL]}, "novel", "tool_use"),
        ({"content": "so"}, "tool_calls", "end_turn"),
        ({"content": "so"}, "function_call", "end_turn"),
        ({"tool_calls": [CALL]}, "length", "max_tokens"),
    ],
)
def test_2_1_what_an_answer_of_chats_holds_tells_its_end(message: Json, finish: str, stop: str) -> None:
    assert stop_told(message, finish) == {stop}


@pytest.mark.parametrize(
    ("blocks", "stop", "finish"),
    [
        ([USE], "end_turn", "tool_calls"),
        ([TEXT, USE], "end_turn", "tool_calls"),
        ([USE], "tool_use", "tool_calls"),
        ([USE], "novel", "tool_calls"),
        ([TEXT], "tool_use", "stop"),
        ([], "tool_use", "stop"),
        ([USE], "max_tokens", "length"),
    ],
)
def test_2_1_what_an_answer_of_claudes_holds_tells_its_end(blocks: list[Json], stop: str, finish: str) -> None:
    assert finish_told(*blocks, stop=stop) == {finish}


@pytest.mark.parametrize(
    ("finish", "stop"),
    [("stop", "end_turn"), ("length", "max_tokens"), ("content_filter", "refusal"), ("novel", "end_turn")],
)
def test_2_2_chats_reasons_in_anthropics_words(finish: str, stop: str) -> None:
    assert stop_told({"content": "x"}, finish) == {stop}


@pytest.mark.parametrize(
    ("stop", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("pause_turn", "stop"),
        ("refusal", "content_filter"),
        ("model_context_window_exceeded", "length"),
        ("novel", "stop"),
        (None, "stop"),
    ],
)
def test_2_2_claudes_reasons_in_chats_words(stop: str | None, finish: str) -> None:
    assert finish_told(TEXT, stop=stop) == {finish}


def test_2_2_a_plain_answer_without_a_reason_has_a_neutral_one() -> None:
    assert told(MESSAGES, "gpt-5.4", chat_body({"content": "x"}, None))["stop_reason"] == "end_turn"


# 2.3: nothing but thoughts


@pytest.mark.parametrize(
    "message",
    [{}, {"content": ""}, {"content": None, "reasoning_content": "hm"}, {"content": [], "tool_calls": []}],
)
def test_2_3_an_answer_of_chats_that_says_nothing_has_a_text_and_the_honest_end(message: Json) -> None:
    plain = told(MESSAGES, "gpt-5.4", chat_body(message, "length"))
    assert plain["stop_reason"] == "max_tokens"
    assert plain["content"]
    assert {block["type"] for block in plain["content"]} <= {"text", "thinking"}
    stream = message_of(streamed(MESSAGES, "gpt-5.4", chat_sse(message, finished("length"))))
    assert stream.stop_reason == "max_tokens"
    assert [block["type"] for block in stream.blocks] == [block["type"] for block in plain["content"]]


@pytest.mark.parametrize("blocks", [[], [{"type": "thinking", "thinking": "hm", "signature": "sig"}]])
def test_2_3_an_answer_of_claudes_that_says_nothing_has_a_text_and_the_honest_end(blocks: list[Json]) -> None:
    stream = claude_sse(*blocks, stop="max_tokens")
    message = told(CHAT, "claude-opus-4.6", stream)["choices"][0]["message"]
    assert (message["role"], message["content"]) == ("assistant", "")
    assert completion_of(streamed(CHAT, "claude-opus-4.6", stream)).finish == "length"


# 2.5, 2.7: names, and plain answers that hold all that a stream holds


@pytest.mark.parametrize("name", ["gpt-5.4", "argo:gpt-5.4", "claude-gpt-5.4", "GPT54"])
def test_2_5_an_anthropic_client_reads_the_name_that_it_asked_for(name: str) -> None:
    body = chat_body({"content": "x"})
    reply = answered(MESSAGES, request(MESSAGES, name), body)
    assert json.loads(reply.body)["model"] == name
    assert reply.headers["argo-proxy-model"] == "gpt54"
    assert message_of(streamed(MESSAGES, name, chat_sse({"content": "x"}, finished()))).start["model"] == name


def test_2_5_a_chat_client_reads_the_name_that_it_asked_for() -> None:
    stream = claude_sse(TEXT)
    assert told(CHAT, "argo:claude-opus-4.6", stream)["model"] == "argo:claude-opus-4.6"
    assert completion_of(streamed(CHAT, "opus-4.6", stream)).chunks[0]["model"] == "opus-4.6"


def test_2_7_a_plain_answer_of_chats_is_as_complete_as_a_stream() -> None:
    message = {"content": "so", "reasoning_content": "hm", "tool_calls": [CALL]}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15,
             "completion_tokens_details": {"reasoning_tokens": 2}}  # fmt: skip
    plain = told(MESSAGES, "gpt-5.4", chat_body(message, "tool_calls", usage=usage), tools=CLAUDE_TOOLS)
    assert [block["type"] for block in plain["content"]] == ["thinking", "text", "tool_use"]
    assert plain["content"][0]["thinking"] == "hm"
    assert plain["content"][2] == {"type": "tool_use", "id": "call_1", "name": "f", "input": {"a": 1}}
    assert (plain["usage"]["input_tokens"], plain["usage"]["output_tokens"]) == (10, 5)
    assert {plain["type"], plain["role"]} == {"message", "assistant"}
    assert plain["id"]
    assert "stop_sequence" in plain


def test_2_7_a_plain_answer_of_claudes_is_as_complete_as_its_stream() -> None:
    thought = {"type": "thinking", "thinking": "hm", "signature": "sig"}
    body = told(CHAT, "claude-opus-4.6", claude_sse(thought, TEXT, USE, stop="tool_use"), tools=CHAT_TOOLS)
    message = body["choices"][0]["message"]
    assert (message["content"], message["reasoning_content"]) == ("hello", "hm")
    assert message["tool_calls"][0]["id"] == "toolu_1"
    assert json.loads(message["tool_calls"][0]["function"]["arguments"]) == {"a": 1}
    assert body["usage"]["total_tokens"] == body["usage"]["prompt_tokens"] + body["usage"]["completion_tokens"] == 10
    assert (body["object"], body["choices"][0]["index"]) == ("chat.completion", 0)
    assert body["id"]
    assert body["created"] > 0


def test_2_7_a_plain_call_of_a_chat_client_is_streamed_from_claude() -> None:
    call = asked(CHAT, request(CHAT, "claude-opus-4.6"))
    assert json.loads(call.upstream.body)["stream"] is True
    assert call.streams is False


@pytest.mark.parametrize("stream", [False, True])
def test_2_7_claude_answering_in_openais_layout_is_read(stream: bool) -> None:
    upstream = chat_body({"content": "x", "tool_calls": [CALL]}, "tool_calls")
    reply = answered(MESSAGES, request(MESSAGES, "claude-opus-4.6", stream=stream), upstream)
    if stream:
        said = message_of(reply.body)
        assert ([block["type"] for block in said.blocks], said.stop_reason) == (["text", "tool_use"], "tool_use")
        return
    body = json.loads(reply.body)
    assert [block["type"] for block in body["content"]] == ["text", "tool_use"]
    assert (body["type"], body["stop_reason"]) == ("message", "tool_use")


def test_2_7_claude_streaming_in_openais_layout_is_read() -> None:
    said = message_of(streamed(MESSAGES, "claude-opus-4.6", chat_sse({"content": "x"}, chunk_of({}, "stop"))))
    assert (said.blocks[0]["text"], said.stop_reason) == ("x", "end_turn")
    assert told(MESSAGES, "claude-opus-4.6", chat_sse({"content": "x"}, finished()))["content"][0]["text"] == "x"


@pytest.mark.parametrize("choices", [[], None, [{}], [{"index": 0, "message": None}], [{"message": {"content": 5}}]])
def test_2_3_odd_choices_of_a_plain_answer_are_no_crash(choices: object) -> None:
    reply = answered(MESSAGES, request(MESSAGES, "gpt-5.4"), {"id": "x", "choices": choices})
    body = json.loads(reply.body)
    assert (reply.status, body["type"]) in {(200, "message"), (502, "error")}
    assert reply.status == 502 or body["content"]
