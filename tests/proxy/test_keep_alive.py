"""Pitfalls 9.1 and 9.2 over real sockets: a client that waits hears that somebody is there, in words it understands."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from argo_addon.proxy.calls import Limits

from ..running import (
    END,
    STREAM,
    Pause,
    Proxy,
    Step,
    Upstream,
    chunk,
    json_answer,
    proxy,
    settings_for,
    streamed,
)
from .talking import CHAT, CHAT_STREAM, MESSAGE, MESSAGE_STREAM, answers_with, events

Json = dict[str, Any]
USER: Json = {"role": "user", "content": "hi"}
SAYS = [{"role": "user", "parts": [{"text": "hi"}]}]
CLIENTS: dict[str, tuple[str, Json, bytes]] = {
    "chat": ("/v1/chat/completions", {"stream": True, "messages": [USER]}, b": ping\n\n"),
    "messages": ("/v1/messages", {"stream": True, "max_tokens": 9, "messages": [USER]},
                 b'event: ping\ndata: {"type":"ping"}\n\n'),
    "responses": ("/v1/responses", {"stream": True, "input": "hi"}, b"event: response.in_progress\n"),
    "google": ("/v1beta/models/{}:streamGenerateContent?alt=sse", {"contents": SAYS}, b"\n"),
    "google, a list": ("/v1beta/models/{}:streamGenerateContent", {"contents": SAYS}, b"\n"),
}  # fmt: skip
MODELS = {"gpt-5.4": CHAT_STREAM, "claude-opus-4.6": MESSAGE_STREAM}
every = pytest.mark.parametrize("client", CLIENTS)
both = pytest.mark.parametrize("model", MODELS)
WAIT = Pause(0.2)
SLOW = {"error": {"message": "slow down", "type": "rate_limit_error"}, "type": "error"}


@pytest.fixture
def gateway(argo: Upstream) -> Iterator[Proxy]:
    with proxy(settings_for(argo.url), Limits(connect=0.5, silence=0.8, keep_alive=0.06)) as running:
        yield running


def call(gateway: Proxy, client: str, model: str, *steps: Step, argo: Upstream) -> tuple[int, bytes, list[bytes]]:
    """The status, what the client got, and the pieces in which it came."""
    path, body, _ = CLIENTS[client]
    argo.answer = lambda seen: steps
    url = gateway.url + path.format(model)
    with (
        httpx.Client(timeout=10, trust_env=False) as http,
        http.stream("POST", url, json={**body, "model": model}) as answer,
    ):
        pieces = list(answer.iter_raw())
    return answer.status_code, b"".join(pieces), pieces


def text_of(client: str, body: bytes) -> str:
    """What the model says in a stream."""
    if client == "google, a list":
        return "".join(part.get("text", "") for one in json.loads(body) for part in parts_of(one))
    told = [json.loads(line[6:]) for line in body.splitlines() if line.startswith(b"data: {")]
    match client:
        case "chat":
            return "".join(choice["delta"].get("content") or "" for one in told for choice in one.get("choices", ()))
        case "messages":
            return "".join(one["delta"].get("text", "") for one in told if one["type"] == "content_block_delta")
        case "responses":
            return "".join(one["delta"] for one in told if one["type"] == "response.output_text.delta")
    return "".join(part.get("text", "") for one in told for part in parts_of(one))


def parts_of(chunk_: Json) -> list[Json]:
    parts: list[Json] = chunk_["candidates"][0]["content"]["parts"] if "candidates" in chunk_ else []
    return [part for part in parts if not part.get("thought")]


def still_answers(client: httpx.Client, argo: Upstream) -> None:
    """The next request is served: on a busy machine not without a sign of life, so early do they come here."""
    answers_with(argo, *streamed(*events(CHAT_STREAM)))
    assert client.post("/v1/chat/completions", json=CHAT).content.replace(b": ping\n\n", b"") == CHAT_STREAM


@every
@both
def test_9_1_a_client_hears_of_life_before_the_answer_begins(
    argo: Upstream, gateway: Proxy, client: str, model: str
) -> None:
    sign = CLIENTS[client][2]
    _, at_once, _ = call(gateway, client, model, *streamed(*events(MODELS[model])), argo=argo)
    status, body, pieces = call(gateway, client, model, WAIT, *streamed(*events(MODELS[model])), argo=argo)
    assert status == 200
    assert sign in pieces[0]
    assert text_of(client, body) == text_of(client, at_once) != ""
    if client == "responses":
        told = [json.loads(line[6:]) for line in body.splitlines() if line.startswith(b"data: {")]
        assert [one["sequence_number"] for one in told] == list(range(len(told)))
        assert [one["type"] for one in told].count("response.created") == 1
        assert len({one["response"]["id"] for one in told if "response" in one}) == 1


@every
@both
def test_9_2_and_in_its_middle_between_two_events(argo: Upstream, gateway: Proxy, client: str, model: str) -> None:
    sign = CLIENTS[client][2]
    frames = events(MODELS[model])
    steps: list[Step] = [STREAM, *map(chunk, frames[:2]), WAIT, chunk(frames[2][:9]), WAIT, chunk(frames[2][9:])]
    _, at_once, _ = call(gateway, client, model, *streamed(*frames), argo=argo)
    status, body, pieces = call(gateway, client, model, *steps, *map(chunk, frames[3:]), END, argo=argo)
    assert status == 200
    assert sum(sign in piece for piece in pieces) >= 2
    assert text_of(client, body) == text_of(client, at_once)


@every
@both
def test_9_1_an_error_behind_a_sign_of_life_is_the_dialects_event(
    argo: Upstream, gateway: Proxy, client: str, model: str
) -> None:
    answer = json_answer(json.dumps(SLOW).encode(), "429 Too Many Requests")
    status, body, pieces = call(gateway, client, model, WAIT, answer, argo=argo)
    assert status == 200
    assert b"slow down" in pieces[-1]
    if client == "google, a list":
        assert json.loads(body)[-1]["error"]["code"] == 429
    elif client == "responses":
        assert b"event: response.failed" in body
    assert body.count(b"slow down") == 1
    with httpx.Client(base_url=gateway.url, timeout=10, trust_env=False) as http:
        still_answers(http, argo)


@every
@both
def test_9_1_an_upstream_that_breaks_behind_a_sign_of_life_is_told(
    argo: Upstream, gateway: Proxy, client: str, model: str
) -> None:
    status, body, _ = call(gateway, client, model, WAIT, b"HTTP/1.1 nonsense\r\n\r\n", argo=argo)
    assert status == 200
    assert b"error" in body


@every
def test_9_1_an_upstream_that_never_answers_is_told(argo: Upstream, gateway: Proxy, client: str) -> None:
    status, body, _ = call(gateway, client, "gpt-5.4", Pause(20), argo=argo)
    assert status == 200
    assert b"nothing for 0.8 s" in body


@every
def test_9_1_a_plain_answer_behind_a_sign_of_life_is_streamed(argo: Upstream, gateway: Proxy, client: str) -> None:
    _, body, _ = call(gateway, client, "claude-opus-4.6", WAIT, json_answer(json.dumps(MESSAGE).encode()), argo=argo)
    assert text_of(client, body) == next(block["text"] for block in MESSAGE["content"] if block["type"] == "text")


@every
def test_1_35_the_notice_behind_a_sign_of_life_is_no_answer(argo: Upstream, gateway: Proxy, client: str) -> None:
    pieces = ["AUTHEN", "TICATION NOTICE ", "FROM ARGO: who?"]
    said = [{"id": "a", "choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
    frames = [b"data: %b\n\n" % json.dumps(one).encode() for one in said]
    _, body, _ = call(gateway, client, "gpt-5.4", WAIT, *streamed(*frames), argo=argo)
    assert b"AUTHEN" not in body
    assert b"not registered" in body
    if client == "google, a list":
        assert json.loads(body)[-1]["error"]["status"] == "PERMISSION_DENIED"
    if client == "responses":
        told = [json.loads(line[6:]) for line in body.splitlines() if line.startswith(b"data: {")]
        assert [one["sequence_number"] for one in told] == list(range(len(told)))


@every
@pytest.mark.parametrize("first", ["\n\n", "**", "A"])
def test_9_1_whatever_the_first_word_is(argo: Upstream, gateway: Proxy, client: str, first: str) -> None:
    """It may be the notice's, yet the client hears of life."""
    sign = CLIENTS[client][2]
    said = [{"id": "a", "choices": [{"index": 0, "delta": {"content": text}}]} for text in (first, "nd so on")]
    frames = [b"data: %b\n\n" % json.dumps(one).encode() for one in said]
    steps: list[Step] = [STREAM, chunk(frames[0]), WAIT, chunk(frames[1] + b"data: [DONE]\n\n"), END]
    _, body, pieces = call(gateway, client, "gpt-5.4", *steps, argo=argo)
    assert any(sign in piece for piece in pieces)
    assert text_of(client, body) == first + "nd so on"


def test_9_2_no_comment_ends_an_event_with_an_id(argo: Upstream, gateway: Proxy) -> None:
    """The openai SDK would read an event without data."""
    frames = [b"id: 7\n" + frame for frame in events(CHAT_STREAM)]
    steps: list[Step] = [STREAM, chunk(frames[0] + frames[1]), WAIT, *map(chunk, frames[2:]), END]
    _, body, _ = call(gateway, "chat", "gpt-5.4", *steps, argo=argo)
    assert b"\n\n: ping\n" in body
    assert b": ping\n\n" not in body


def test_9_1_a_fast_error_keeps_its_status(argo: Upstream, gateway: Proxy) -> None:
    answer = json_answer(json.dumps(SLOW).encode(), "429 Too Many Requests")
    assert [call(gateway, client, "gpt-5.4", answer, argo=argo)[0] for client in CLIENTS] == [429] * len(CLIENTS)


def test_9_1_a_plain_call_waits_without_a_word(argo: Upstream, gateway: Proxy) -> None:
    answer = {"id": "a", "choices": [{"index": 0, "message": {"content": "x"}, "finish_reason": "stop"}]}
    argo.answer = lambda seen: [WAIT, json_answer(json.dumps(answer).encode())]
    body = {"model": "gpt-5.4", "messages": [USER]}
    assert httpx.post(gateway.url + "/v1/chat/completions", json=body, trust_env=False).json() == answer


def test_9_3_a_client_that_leaves_while_it_waits_ends_the_call(argo: Upstream, gateway: Proxy) -> None:
    argo.answer = lambda seen: [Pause(20)]
    raw = json.dumps({**CLIENTS["chat"][1], "model": "gpt-5.4"}).encode()
    with socket.create_connection(("127.0.0.1", gateway.port)) as leaving:
        leaving.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % len(raw) + raw
        )
        time.sleep(0.3)
        assert b": ping" in leaving.recv(10_000)
    assert argo.left.wait(2)


def test_7_6_a_wait_that_is_told_behind_a_sign_of_life_is_told(argo: Upstream, gateway: Proxy) -> None:
    told = json.dumps(SLOW).encode()
    answer = json_answer(told, "429 Too Many Requests", "retry-after: 7")
    at_once = call(gateway, "google", "gpt-5.4", answer, argo=argo)[1]
    later = call(gateway, "google", "gpt-5.4", WAIT, answer, argo=argo)[1]
    assert b"RetryInfo" in at_once
    assert b"RetryInfo" in later


@every
def test_7_4_what_was_held_back_goes_out_before_the_error(argo: Upstream, gateway: Proxy, client: str) -> None:
    """It is no notice; Responses count each event."""
    said = {"id": "a", "choices": [{"index": 0, "delta": {"content": "Auth"}}]}
    frame = b"data: %b\n\n" % json.dumps(said).encode()
    steps: list[Step] = [WAIT, STREAM, chunk(frame), chunk(b"data: {oops\n\n"), END]
    _, body, _ = call(gateway, client, "gpt-5.4", *steps, argo=argo)
    assert text_of(client, body) == "Auth"
    if client == "responses":
        told = [json.loads(line[6:]) for line in body.splitlines() if line.startswith(b"data: {")]
        assert [one["sequence_number"] for one in told] == list(range(len(told)))


@every
@both
def test_a_stream_that_argo_does_not_end_is_ended_behind_its_last_event(
    argo: Upstream, client: str, model: str
) -> None:
    """The client gets a proper end, nothing is counted as failed, and what was kept of it is no failure."""
    steps: list[Step] = [STREAM, *map(chunk, events(MODELS[model])), Pause(60)]
    with proxy(settings_for(argo.url), Limits(keep_alive=0.1, ending=0.2)) as gateway:
        status, body, _ = call(gateway, client, model, *steps, argo=argo)
        health = httpx.get(gateway.url + "/health", trust_env=False).json()
    assert (status, text_of(client, body)) == (200, "I read both." if "claude" in model else "Grüße ☃")
    assert b"error" not in body.lower().replace(b'"error":null', b"")
    assert (health["requests"], health["errors"]) == (1, 0)
    assert argo.left.wait(10)
