"""The authentication notice in whatever part of an answer: a 403, and nothing of it given out (pitfalls 1.35)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from argo_addon.gateway.gateway import Gateway

from .opening import CHAT, JSON, MESSAGES, SSE, exchange

NOTICE = "AUTHENTICATION NOTICE FROM ARGO: jdoe is not registered"


def sse(*events: Any) -> bytes:
    return b"".join(b"data: %b\n\n" % json.dumps(event).encode() for event in events)


def chat(*deltas: tuple[int, Any]) -> bytes:
    return sse(*({"choices": [{"index": index, "delta": delta}]} for index, delta in deltas))


def block(index: int, start: Any, *deltas: Any) -> list[Any]:
    return [
        {"type": "content_block_start", "index": index, "content_block": start},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


START = {"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "content": []}}
STREAMS = {
    "in the start of a block": ("/v1/messages", MESSAGES, sse(START, *block(0, {"type": "text", "text": NOTICE}))),
    "in two choices": ("/v1/chat/completions", {**CHAT, "n": 2}, chat(
        *((index, {"content": piece}) for piece in ("AUTHENTICATION ", "NOTICE FROM ", "ARGO") for index in (0, 1)))),
    "in a tag": ("/v1/chat/completions", CHAT, chat((0, {"content": "<b>AUTHENTICATION NOTICE"}),
                                                    (0, {"content": " FROM ARGO</b>"}))),
    "in a refusal": ("/v1/chat/completions", CHAT, chat((0, {"refusal": NOTICE}))),
    "in parts": ("/v1/chat/completions", CHAT, chat((0, {"content": [{"type": "text", "text": NOTICE}]}))),
}  # fmt: skip


@pytest.mark.parametrize(("path", "body", "stream"), STREAMS.values(), ids=STREAMS)
def test_1_35_it_is_found_in_a_stream(gateway: Gateway, path: str, body: Any, stream: bytes) -> None:
    call = exchange(gateway, path, {**body, "stream": True})
    call.start_response(200, SSE)
    assert call.relay is not None
    out = call.relay.feed(stream) + call.relay.close()
    assert b"NOTICE" not in out.upper().replace(b"IS NOT REGISTERED", b"")
    assert call.relay.error is not None
    assert call.relay.error.status == 403


def test_1_35_it_is_told_behind_a_thought_too(gateway: Gateway) -> None:
    thought = block(0, {"type": "thinking", "thinking": ""}, {"type": "thinking_delta", "thinking": "hm"})
    text = block(1, {"type": "text", "text": ""}, {"type": "text_delta", "text": NOTICE})
    call = exchange(gateway, "/v1/messages", {**MESSAGES, "stream": True})
    call.start_response(200, SSE)
    assert call.relay is not None
    out = call.relay.feed(sse(START, *thought, *text)) + call.relay.close()
    assert b"AUTHENTICATION NOTICE" not in out
    assert call.relay.error is not None
    assert call.relay.error.status == 403


@pytest.mark.parametrize(
    "message",
    [{"content": [{"type": "text", "text": NOTICE}]}, {"content": None, "refusal": NOTICE}],
    ids=["parts", "refusal"],
)
def test_1_35_it_is_found_in_a_plain_answer(gateway: Gateway, message: Any) -> None:
    call = exchange(gateway, "/v1/chat/completions", CHAT)
    answer = call.complete_response(200, JSON, json.dumps({"choices": [{"index": 0, "message": message}]}).encode())
    assert answer.status == 403


def test_1_35_it_is_found_in_place_of_embeddings(gateway: Gateway) -> None:
    call = exchange(gateway, "/v1/embeddings", {"model": "text-embedding-3-small", "input": "x"})
    answer = call.complete_response(200, JSON, json.dumps({"choices": [{"message": {"content": NOTICE}}]}).encode())
    assert answer.status == 403
