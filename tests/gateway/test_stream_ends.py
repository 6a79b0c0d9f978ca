"""How a stream of ARGO's may end, and what its client is told of that, in each dialect, converted and as it is.

A last event whose blank line never came counts, half characters in it as anywhere else; what comes or breaks behind
the reason for the end takes nothing from the answer, and leaves out nothing that ends a stream of the client's.
"""

from __future__ import annotations

import functools
import json
from typing import Any

import pytest

from argo_addon.errors import UpstreamError
from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.gateway import Gateway

from ..running import settings_for
from .opening import SSE, exchange

ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/v1/chat/completions", {"stream": True, "messages": [{"role": "user", "content": "hi"}]}),
    "messages": ("/v1/messages", {"stream": True, "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}),
    "responses": ("/v1/responses", {"stream": True, "input": "hi"}),
    "google": ("/v1beta/models/MODEL:streamGenerateContent?alt=sse", {"contents": [{"parts": [{"text": "hi"}]}]}),
}
MODELS = {"gpt": "gpt-5.4", "claude": "claude-opus-4.6"}
ENDS = {
    "chat": b"data: [DONE]",
    "messages": b'"type":"message_stop"',
    "responses": b'"type":"response.completed"',
    "google": b'"finishReason":"STOP"',
}
every_way = pytest.mark.parametrize(
    ("client", "upstream", "force"),
    [(client, upstream, force) for client in ASKED for upstream in MODELS for force in (False, True)],
)


@functools.cache
def gateway(force: bool) -> Gateway:
    return Gateway(settings_for("http://127.0.0.1:9", force_conversion=force))


def opened(client: str, upstream: str, force: bool) -> Exchange:
    path, body = ASKED[client]

    model = MODELS[upstream]
    call = exchange(gateway(force), path.replace("MODEL", model), body if "MODEL" in path else {**body, "model": model})
    assert call.start_response(200, SSE) is not None
    return call


def chat_events(last: str) -> list[bytes]:
    """A word, and a last one with the reason for the end beside it."""
    told: list[dict[str, Any]] = [
        {"delta": {"content": "One "}, "finish_reason": None},
        {"delta": {"content": "@"}, "finish_reason": "stop"},
    ]
    made = [b"data: " + json.dumps({"id": "c", "choices": [{"index": 0, **one}]}).encode() + b"\n\n" for one in told]
    return [one.replace(b"@", last.encode("latin-1")) for one in made]


def claude_events(last: str) -> list[bytes]:
    """The same, up to the reason for the end; what ends the stream formally is not there."""
    usage = {"input_tokens": 1, "output_tokens": 1}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "One "}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "@"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": "@"}, "usage": usage},
    ]
    made = [f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in events]
    return [one.replace(b"@", last.encode("latin-1")) for one in made]


def events(upstream: str, last: str) -> list[bytes]:
    return chat_events(last) if upstream == "gpt" else claude_events(last)


def words(client: str, stream: bytes) -> str:
    """What the answer says, each event with its blank line."""
    lines = stream.replace(b"\r\n", b"\n").decode().split("\n\n")
    assert lines.pop() == "", "the stream ends with a whole event"
    found = ""
    for line in lines:
        data = line.partition("data: ")[2]
        if not data.startswith("{"):
            continue
        event = json.loads(data)
        assert "error" not in event, event
        match client:
            case "chat":
                found += "".join(choice["delta"].get("content") or "" for choice in event["choices"])
            case "messages":
                found += event.get("delta", {}).get("text", "")
            case "responses":
                found += event["delta"] if event["type"] == "response.output_text.delta" else ""
            case "google":
                parts = [
                    part for one in event.get("candidates", []) for part in one.get("content", {}).get("parts", [])
                ]
                found += "".join(part.get("text", "") for part in parts)
    return found


@every_way
@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("two", "two"),
        (r"tw\ud83do", "tw\ufffdo"),
        (r"\ude00two", "\ufffdtwo"),
        (r"two\ud83d", "two"),
    ],
)
def test_a_last_event_without_its_blank_line_is_one(
    client: str, upstream: str, force: bool, written: str, read: str
) -> None:
    *before, last = events(upstream, written)
    for end in (b"", b"\n", b"\r\n"):
        relay = opened(client, upstream, force).relay
        assert relay is not None
        made = b"".join(map(relay.feed, [*before, last.rstrip() + end])) + relay.close()
        assert relay.error is None
        assert words(client, made) == f"One {read}"
        assert made.count(ENDS[client]) == 1


@every_way
@pytest.mark.parametrize(
    "behind", [b"data: {oops\n\n", b'data: {"usage": NaNN}\n\n', b"data: [DO", b"event: mess", None]
)
def test_what_breaks_behind_an_answer_takes_nothing_from_it(
    client: str, upstream: str, force: bool, behind: bytes | None
) -> None:
    relay = opened(client, upstream, force).relay
    assert relay is not None
    made = b"".join(map(relay.feed, events(upstream, "two")))
    made += relay.fail(UpstreamError(502, "cut")) if behind is None else relay.feed(behind) + relay.close()
    assert relay.error is None
    assert relay.complete
    assert words(client, made) == "One two"
    assert made.count(ENDS[client]) == 1


@every_way
def test_a_last_event_that_is_a_beginning_only_or_no_text_is_a_cut(client: str, upstream: str, force: bool) -> None:
    *before, last = events(upstream, "tw\xffo")
    before = [event.replace(b"\xff", b"") for event in before]
    for rest in (last.rstrip(), last.replace(b"\xff", b"")[:-20]):
        relay = opened(client, upstream, force).relay
        assert relay is not None
        made = b"".join(map(relay.feed, [*before, rest])) + relay.close()
        assert relay.error is not None
        assert "before the answer was complete" in relay.error.message
        assert ENDS[client] not in made
        made.decode()


@every_way
def test_numbers_that_are_none_are_null_and_words_of_that_name_stay(client: str, upstream: str, force: bool) -> None:
    """Python's servers write them, for the probabilities of tokens for one."""
    odd = [event.replace(b'"index": 0', b'"index": 0, "odd": [NaN, -Infinity]') for event in events(upstream, "NaN")]
    relay = opened(client, upstream, force).relay
    assert relay is not None
    made = b"".join(map(relay.feed, odd)) + relay.close()
    assert relay.error is None
    assert words(client, made) == "One NaN"
    assert b"Infinity" not in made
    reply = opened(client, upstream, force).complete_response(200, SSE, b"".join(odd))
    assert reply.status == 200
    assert b"Infinity" not in reply.body


@every_way
def test_numbers_beyond_measure_are_told_as_what_they_are(client: str, upstream: str, force: bool) -> None:
    relay = opened(client, upstream, force).relay
    assert relay is not None
    for event in events(upstream, "two"):
        relay.feed(event.replace(b'"index": 0', b'"index": 1e999'))
    relay.close()
    if relay.error is not None:
        assert "cannot be read" in relay.error.message
