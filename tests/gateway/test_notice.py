"""The authentication notice in whatever part of an answer: a 403, and nothing of it given out (pitfalls 1.35)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from argo_addon.gateway.gateway import Gateway
from argo_addon.translation.relay import Relay

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


OPENINGS: dict[str, tuple[Any, bytes]] = {
    "/v1/messages": (MESSAGES, sse(START)),
    "/v1/chat/completions": (CHAT, chat((0, {"role": "assistant", "content": ""}))),
}


def relay_of(gateway: Gateway, path: str, model: str) -> Relay:
    call = exchange(gateway, path, {**OPENINGS[path][0], "model": model, "max_tokens": 99, "stream": True})
    assert call.start_response(200, SSE) is not None
    assert call.relay is not None
    return call.relay


def opening_of(model: str) -> bytes:
    return OPENINGS["/v1/messages" if model.startswith("claude") else "/v1/chat/completions"][1]


def words(model: str, text: str) -> bytes:
    if not model.startswith("claude"):
        return chat((0, {"content": text}))
    return sse(*block(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": text})[:2])


WAYS = pytest.mark.parametrize(
    ("path", "model"), [(path, model) for path in OPENINGS for model in ("gpt-5.4", "claude-opus-4.6")]
)


@WAYS
def test_1_35_the_opening_goes_out_at_once_to_a_user_whom_argo_has_answered(
    gateway: Gateway, path: str, model: str
) -> None:
    first = relay_of(gateway, path, model)
    assert first.feed(opening_of(model)) == b""
    assert b"Good morning" in first.feed(words(model, "Good morning."))
    assert relay_of(gateway, path, model).feed(opening_of(model)) != b""


@WAYS
def test_1_35_behind_an_opening_the_notice_is_an_error_and_the_user_unknown_again(
    gateway: Gateway, path: str, model: str
) -> None:
    relay_of(gateway, path, model).feed(opening_of(model) + words(model, "Good morning."))
    relay = relay_of(gateway, path, model)
    out = relay.feed(opening_of(model)) + relay.feed(words(model, NOTICE[:8]))
    out += relay.feed(words(model, NOTICE[8:])) + relay.close()
    assert b"AUTHEN" not in out
    assert b"not registered" in out
    assert relay.error is not None
    assert relay.error.status == 403
    assert relay_of(gateway, path, model).feed(opening_of(model)) == b""


@WAYS
def test_1_35_an_error_that_comes_first_still_has_its_status(gateway: Gateway, path: str, model: str) -> None:
    relay_of(gateway, path, model).feed(opening_of(model) + words(model, "Good morning."))
    relay = relay_of(gateway, path, model)
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    assert relay.feed(sse(error if model.startswith("claude") else {"error": error["error"]})) == b""
    assert relay.refusal is not None
