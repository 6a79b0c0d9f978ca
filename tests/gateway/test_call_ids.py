"""Two calls of an answer that came with one id: clients pair results with calls by ids, so each gets its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .opening import JSON, SSE, exchange
from .test_stream_ends import ASKED, MODELS, gateway

NAMES = ("first", "second")
OFFERED: dict[str, Any] = {
    "chat": [{"type": "function", "function": {"name": name, "parameters": {"type": "object"}}} for name in NAMES],
    "messages": [{"name": name, "input_schema": {"type": "object"}} for name in NAMES],
    "responses": [{"type": "function", "name": name, "parameters": {"type": "object"}} for name in NAMES],
}


def gpt(streamed: bool) -> bytes:
    calls = [
        {"index": index, "id": "one", "type": "function", "function": {"name": name, "arguments": '{"a":1}'}}
        for index, name in enumerate(NAMES)
    ]
    said = {"delta" if streamed else "message": {"role": "assistant", "tool_calls": calls}}
    body = {"id": "x", "model": "m", "choices": [{"index": 0, "finish_reason": "tool_calls", **said}]}
    if not streamed:
        return json.dumps(body).encode()
    more = {"choices": [{"index": 0, "delta": {"tool_calls": [{**calls[1], "function": {"arguments": " "}}]}}]}
    return b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in (body, more)) + b"data: [DONE]\n\n"


def claude(streamed: bool) -> bytes:
    blocks = [{"type": "tool_use", "id": "one", "name": name, "input": {"a": 1}} for name in NAMES]
    message = {"id": "m", "type": "message", "role": "assistant", "usage": {"input_tokens": 1, "output_tokens": 1}}
    if not streamed:
        return json.dumps({**message, "content": blocks, "stop_reason": "tool_use"}).encode()
    events: list[dict[str, Any]] = [{"type": "message_start", "message": message}]
    for index, block in enumerate(blocks):
        events += [{"type": "content_block_start", "index": index, "content_block": block}]
        events += [{"type": "content_block_stop", "index": index}]
    events += [{"type": "message_delta", "delta": {"stop_reason": "tool_use"}}, {"type": "message_stop"}]
    return b"".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in events)


def ids(client: str, body: Any) -> list[str]:
    if client == "chat":
        return [call["id"] for call in body["choices"][0]["message"]["tool_calls"]]
    if client == "messages":
        return [block["id"] for block in body["content"] if block["type"] == "tool_use"]
    return [item["call_id"] for item in body["output"] if item["type"] == "function_call"]


def streamed_ids(client: str, stream: bytes) -> list[str]:
    events = [json.loads(line[6:]) for line in stream.splitlines() if line.startswith(b"data: {")]
    if client == "chat":
        deltas = [event["choices"][0]["delta"] for event in events if event["choices"]]
        return [call["id"] for delta in deltas for call in delta.get("tool_calls", ()) if call.get("id")]
    if client == "messages":
        begun = [event["content_block"] for event in events if event["type"] == "content_block_start"]
        return [block["id"] for block in begun if block["type"] == "tool_use"]
    return ids(client, events[-1]["response"])


@pytest.mark.parametrize(
    ("client", "upstream"),
    [("messages", "gpt"), ("responses", "gpt"), ("chat", "claude"), ("responses", "claude")],
)
@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "plain"])
def test_each_call_of_an_answer_has_an_id_of_its_own(client: str, upstream: str, streamed: bool) -> None:
    path, body = ASKED[client]
    asked = {**body, "model": MODELS[upstream], "tools": OFFERED[client], "stream": streamed}
    call = exchange(gateway(False), path, asked)
    answer = (gpt if upstream == "gpt" else claude)(streamed)
    if streamed:
        assert call.start_response(200, SSE) is not None
        assert call.relay is not None
        found = streamed_ids(client, call.relay.feed(answer) + call.relay.close())
        assert call.relay.error is None
    else:
        reply = call.complete_response(200, JSON, answer)
        assert reply.status == 200, reply.body
        found = ids(client, json.loads(reply.body))
    assert len(found) == len(set(found)) == 2
    assert found[0] == "one"
