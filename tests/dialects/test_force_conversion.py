"""`force_conversion` sends same-dialect traffic through the neutral form, and no client notices.

Held against each other are what a client makes of the same call with it and without it.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..forced import event_data_in, opened, plain, streamed, told, without_nothing
from .asking import CHAT, asked, chat_sse, finished, request
from .test_odd_answers import BODIES, EVENTS

Json = Any
USER: Json = {"role": "user", "content": "u"}
ASKS: dict[str, Json] = {
    "openai_chat": {"model": "gpt-5.4", "messages": [USER]},
    "anthropic": {"model": "claude-opus-4.6", "max_tokens": 99, "messages": [USER]},
}


def deltas(*said: Json, **about: Json) -> bytes:
    """A stream of Chat chunks with these deltas."""
    chunks = [{"id": "a", "object": "chat.completion.chunk", "created": 1, "model": "m", **about,
               "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in said]  # fmt: skip
    chunks.append({**chunks[-1], "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    return b"".join(b"data: %b\n\n" % json.dumps(chunk).encode() for chunk in chunks) + b"data: [DONE]\n\n"


def call(**more: Json) -> Json:
    return {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}, **more}


SAID: dict[str, list[Json]] = {
    "legacy calls in pieces": [
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": '{"a"'}},
        {"function_call": {"arguments": ":1}"}},
    ],
    "sound in pieces": [{"audio": {"id": "s", "data": "AA"}}, {"audio": {"data": "BB", "transcript": "hi"}}],
    "thoughts by another name": [{"reasoning": "hm "}, {"reasoning": "so"}, {"content": "x"}],
    "thoughts by both names": [{"reasoning": "hm", "reasoning_content": "hm"}, {"content": "x"}],
    "details of thoughts": [
        {"reasoning_details": [{"type": "reasoning.text", "text": "a", "index": 0}]},
        {"reasoning_details": [{"type": "reasoning.text", "text": "b", "index": 0, "signature": "s"}]},
        {"content": "x"},
    ],
    "lists as content": [{"content": [{"type": "text", "text": "x"}]}, {"content": [{"type": "thinking"}]}],
    "no content beside a call": [{"role": "assistant", "content": None, "tool_calls": [call()]}],
    "empty content beside a call": [{"role": "assistant", "content": "", "tool_calls": [call()]}],
    "members of a call": [
        {"tool_calls": [call(provider="p", function={"name": "f", "arguments": "", "extra": {"x": 1}})]},
        {"tool_calls": [{"index": 0, "function": {"arguments": "{}", "more": 2}, "extra_content": {"y": 3}}]},
    ],
    "a signature that comes later": [
        {"tool_calls": [call()]},
        {"tool_calls": [{"index": 0, "extra_content": {"google": {"thought_signature": "s"}}}]},
    ],
    "a free-text call in pieces": [
        {"tool_calls": [{"index": 0, "id": "c", "type": "custom", "custom": {"name": "g", "input": ""}}]},
        {"tool_calls": [{"index": 0, "custom": {"input": "a"}}]},
        {"tool_calls": [{"index": 0, "custom": {"input": "b"}, "more": 1}]},
    ],
    "annotations": [{"content": "x", "annotations": []}, {"annotations": [{"type": "other", "x": 1}]}],
    "another role": [{"role": "model", "content": "x"}, {"content": "y"}],
    "a refusal in pieces": [{"refusal": "I "}, {"refusal": "won't", "content": None}],
}


@pytest.mark.parametrize("said", SAID.values(), ids=SAID)
def test_a_chat_stream_is_the_same(said: list[Json]) -> None:
    stream = deltas(*said)
    with_it, without = (streamed("openai_chat", ASKS["openai_chat"], stream, force=force) for force in (True, False))
    assert told("openai_chat", with_it) == told("openai_chat", without)


def test_a_chunk_has_the_members_that_it_had() -> None:
    about: list[Json] = [{"x_groq": {"id": "r"}}, {}, {"service_tier": "flex", "obfuscation": "k"}, {"x_groq": {}}]
    chunks = [{"id": "a", "created": 1, "object": "chat.completion.chunk", "model": "m", **one, "choices": [
        {"index": 0, "delta": {"role": "assistant", "content": "x"}, "logprobs": None, "finish_reason": None}]}
        for one in about]  # fmt: skip
    chunks.append({**chunks[-1], "choices": [{"index": 0, "delta": {}, "logprobs": None, "finish_reason": "stop"}]})
    stream = b"".join(b"data: %b\n\n" % json.dumps(chunk).encode() for chunk in chunks) + b"data: [DONE]\n\n"
    made = event_data_in(streamed("openai_chat", ASKS["openai_chat"], stream, force=True))
    assert made == chunks


def test_the_end_of_an_answer_is_told_when_it_comes_with_what_it_had() -> None:
    about = {"id": "a", "created": 1, "object": "chat.completion.chunk", "model": "m"}
    ends = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": "tool_calls"}
    chunks: list[Json] = [
        {**about, "choices": [{**ends, "delta": {"role": "assistant", "tool_calls": [call()]}, "finish_reason": None}]},
        {**about, "x_groq": {"id": "r"}, "choices": [ends]},
        {**about, "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}},
    ]
    exchange = opened("openai_chat", {**ASKS["openai_chat"], "stream": True}, force=True)
    assert exchange.start_response(200, {"content-type": "text/event-stream"}) is not None
    assert exchange.relay is not None
    told_so_far = [event_data_in(exchange.relay.feed(b"data: %b\n\n" % json.dumps(one).encode())) for one in chunks]
    assert told_so_far[1] == [chunks[1]]
    assert "x_groq" not in event_data_in(exchange.relay.feed(b"data: [DONE]\n\n"))[0]


@pytest.mark.parametrize("more", [
    [{"type": "text_delta", "text": "x", "more": 1}], [{"type": "thinking_delta", "thinking": "x", "more": 1}]
])  # fmt: skip
def test_a_delta_of_claudes_has_the_members_that_it_had(more: list[Json]) -> None:
    kind = more[0]["type"].removesuffix("_delta")
    events = [EVENTS[0], {"type": "content_block_start", "index": 0, "content_block": {"type": kind, kind: ""}},
              *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in more),
              *EVENTS[-2:]]  # fmt: skip
    stream = b"".join(b"event: %b\ndata: %b\n\n" % (one["type"].encode(), json.dumps(one).encode()) for one in events)
    made = event_data_in(streamed("anthropic", ASKS["anthropic"], stream, force=True))
    assert [event["delta"] for event in made if event["type"] == "content_block_delta"][: len(more)] == more


CHOICES: dict[str, Json] = {
    "logprobs": {"logprobs": {"content": [{"token": "x", "logprob": -1.0, "bytes": [1], "top_logprobs": []}]}},
    "filters": {"content_filter_results": {"hate": {"filtered": False, "severity": "safe"}}},
    "stop_reason": {"stop_reason": None, "matched_stop": 3},
}


@pytest.mark.parametrize("more", CHOICES.values(), ids=CHOICES)
@pytest.mark.parametrize("delta", [{"content": "x"}, {}, {"tool_calls": [call()]}])
def test_what_stands_beside_a_delta_is_the_same(more: Json, delta: Json) -> None:
    chunks = [{"id": "a", "choices": [{"index": 0, "delta": delta, "finish_reason": end, **more}]}
              for delta, end in ((delta, None), ({}, None), ({}, "stop"))]  # fmt: skip
    stream = b"".join(b"data: %b\n\n" % json.dumps(chunk).encode() for chunk in chunks) + b"data: [DONE]\n\n"
    with_it, without = (streamed("openai_chat", ASKS["openai_chat"], stream, force=force) for force in (True, False))
    assert told("openai_chat", with_it)["choices"] == told("openai_chat", without)["choices"]


MESSAGES: dict[str, Json] = {
    "all": BODIES["openai_chat"]["choices"][0]["message"],
    "silence": {"role": "assistant", "content": ""},
    "a call and no content": {"role": "assistant", "content": None, "tool_calls": [call(more=1)]},
    "a call and empty content": {"role": "assistant", "content": "", "tool_calls": [call()], "refusal": None},
    "other names": {
        "role": "model",
        "content": [{"type": "text", "text": "x"}],
        "reasoning": "hm",
        "audio": {"id": "s"},
    },
    "a legacy call": {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
    "annotations": {"role": "assistant", "content": "x", "annotations": [{"type": "url_citation", "x": {}}]},
}


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_a_plain_completion_is_the_same(message: Json) -> None:
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None, "seen": 1}
    body = json.dumps({**BODIES["openai_chat"], "choices": [choice], "extra": {"a": None}}).encode()
    with_it, without = (plain("openai_chat", ASKS["openai_chat"], body, force=force) for force in (True, False))
    got = with_it["choices"][0]["message"]
    assert {name: got.get(name) for name in message} == message
    assert without_nothing(with_it) == without_nothing(without)


BLOCKS: dict[str, Json] = {
    "compaction": ({"type": "compaction", "content": None}, [{"type": "compaction_delta", "content": "A"}] * 2),
    "a new kind": ({"type": "new", "x": 1}, [{"type": "new_delta", "x": 2, "y": "a"}, {"type": "new_delta", "y": "b"}]),
    "members of deltas": ({"type": "thinking", "thinking": "", "signature": ""}, [
        {"type": "thinking_delta", "thinking": "t", "estimated_tokens": 5},
        {"type": "signature_delta", "signature": "s", "more": 1}]),
    "members of a text's deltas": ({"type": "text", "text": ""}, [{"type": "text_delta", "text": "x", "more": 1}]),
    "members of arguments": ({"type": "tool_use", "id": "t", "name": "f", "input": {}},
                             [{"type": "input_json_delta", "partial_json": '{"a":1}', "more": 1}]),
    "members of a text": ({"type": "text", "text": "", "more": 1}, [{"type": "text_delta", "text": "x"}]),
    "an empty thought": ({"type": "thinking", "thinking": "", "signature": ""},
                         [{"type": "signature_delta", "signature": "s"}]),
    "a call": ({"type": "tool_use", "id": "t", "name": "f", "input": {}, "caller": {"type": "direct"}},
               [{"type": "input_json_delta", "partial_json": part} for part in ("", '{"a"', ":1}")]),
}  # fmt: skip


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
@pytest.mark.parametrize("streams", [True, False])
def test_a_stream_of_claudes_is_the_same(block: tuple[Json, list[Json]], streams: bool) -> None:
    begun, more = block
    events = [
        EVENTS[0],
        {"type": "container_update", "container": {"id": "c"}},
        {"type": "content_block_start", "index": 0, "content_block": begun},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in more),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "container": {"id": "c"}}, "usage": {"x": 1}},
        {"type": "message_stop", "amazon-bedrock-invocationMetrics": {"inputTokenCount": 3}},
    ]
    stream = b"".join(
        b"event: %b\ndata: %b\n\n" % (event["type"].encode(), json.dumps(event).encode()) for event in events
    )
    ask = ASKS["anthropic"]
    if streams:
        with_it, without = (
            told("anthropic", streamed("anthropic", ask, stream, force=force)) for force in (True, False)
        )
    else:
        kind = {"content-type": "text/event-stream"}
        replies = [
            opened("anthropic", ask, force=force).complete_response(200, kind, stream) for force in (True, False)
        ]
        with_it, without = (without_nothing(json.loads(reply.body)) for reply in replies)
    if not streams:
        with_it.pop("amazon-bedrock-invocationMetrics", None)
    assert with_it == without


TOOL = {
    "type": "function",
    "function": {"name": "f", "parameters": {"type": "object", "properties": {}}, "more": 1},
    "beside": 2,
}
REQUESTS: dict[str, tuple[str, Json]] = {
    "calls": ("openai_chat", {"messages": [USER, {"role": "assistant", "content": None, "name": "me", "tool_calls": [
        {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}", "more": {"a": 1}}, "beside": 2}]},
        {"role": "tool", "tool_call_id": "c", "content": "r"}]}),
    "parts": ("openai_chat", {"messages": [{"role": "user", "content": [
        {"type": "text", "text": "t", "more": 1},
        {"type": "image_url", "image_url": {"url": "http://x/y.png", "detail": "low", "more": 1}, "beside": 2},
        {"type": "file", "file": {"file_id": "f", "more": 1}, "beside": 2},
        {"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}}]}]}),
    "tools": ("openai_chat", {"messages": [USER], "tools": [TOOL], "tool_choice": {
        "type": "function", "function": {"name": "f", "more": 1}, "beside": 2}}),
    "allowed": ("openai_chat", {"messages": [USER], "tools": [TOOL], "tool_choice": {
        "type": "allowed_tools", "allowed_tools": {
            "mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}], "more": 1}}}),
    "chosen": ("openai_chat", {"messages": [USER], "tools": [TOOL], "tool_choice": {
        "type": "allowed_tools", "allowed_tools": {
            "mode": "auto", "tools": [{"type": "function", "function": {"name": "f", "more": 1}, "beside": 2}]}}}),
    "a form without a schema": ("openai_chat", {"messages": [USER], "response_format": {
        "type": "json_schema", "json_schema": {"name": "n"}}}),
    "format": ("openai_chat", {"messages": [USER], "seed": 1, "user": "jdoe",
        "response_format": {"type": "json_schema", "beside": 2, "json_schema": {
            "name": "n", "schema": {"type": "object", "properties": {}}, "more": 1}}}),
    "sources": ("anthropic", {"max_tokens": 9, "messages": [{"role": "user", "content": [
        {"type": "image", "source": {"type": "url", "url": "http://x/y.png", "more": 1}, "beside": 2},
        {"type": "document", "source": {"type": "url", "url": "http://x/y.pdf", "more": 1}, "context": "c"}]}]}),
    "choice": ("anthropic", {"max_tokens": 9, "messages": [USER],
        "tools": [{"name": "f", "input_schema": {"type": "object"}, "more": {"a": 1}}],
        "tool_choice": {"type": "tool", "name": "f", "more": 1}}),
    "config": ("anthropic", {"max_tokens": 9, "messages": [USER], "output_config": {
        "effort": "low", "beside": 2, "format": {"type": "json_schema", "schema": {"type": "object"}, "more": 1}}}),
}  # fmt: skip


@pytest.mark.parametrize(("dialect", "body"), REQUESTS.values(), ids=REQUESTS)
def test_a_request_is_the_same(dialect: str, body: Json) -> None:
    asked = {**body, "model": ASKS[dialect]["model"]}
    with_it, without = (json.loads(opened(dialect, asked, force=force).upstream.body) for force in (True, False))
    assert without_nothing(with_it) == without_nothing(without)


def test_an_empty_text_behind_the_end_is_not_handed_on() -> None:
    """The chunk with the reason for the end is the last that a client hears of a choice."""
    empty = {"choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": None}]}
    call = asked(CHAT, request(CHAT, "gpt-5.4", stream=True), force_conversion=True)
    assert call.start_response(200, {"content-type": "text/event-stream"}) is not None
    assert call.relay is not None
    made = call.relay.feed(chat_sse({"content": "Hi."}, finished(), empty)) + call.relay.close()
    chunks = [json.loads(line[6:]) for line in made.splitlines() if line.startswith(b"data: {")]
    reasons = [choice["finish_reason"] for chunk in chunks for choice in chunk["choices"]]
    assert reasons[-1] == "stop"
