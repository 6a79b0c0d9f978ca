"""Issue: an upstream's answer that is odd is read as well as it can be, and ends well.

Every member of an answer is replaced in turn by what it should not be; nothing of that may cost the client its answer,
other than the member itself.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import ClientRequest
from argo_addon.settings.model import Settings
from argo_addon.translation.relay import Relay

from ..drawing import spread

Json = Any
ODD: tuple[Json, ...] = (None, "odd", 5, 3.5, [], {}, True)
PATHS = {"openai_chat": "/v1/chat/completions", "anthropic": "/v1/messages"}
MODELS = {"openai_chat": "gpt-5.4", "anthropic": "claude-opus-4.6"}
STREAM = {"content-type": "text/event-stream"}
WAYS = [(client, upstream) for upstream in PATHS for client in PATHS]
OTHERS = {
    "openai_responses": ("/v1/responses", {"input": "u"}),
    "google": ("/v1beta/models/{}:{}?alt=sse", {"contents": "u"}),
}
ALL_WAYS = [*WAYS, *((client, upstream) for upstream in PATHS for client in OTHERS)]

USAGE = {"prompt_tokens": 5, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 1},
         "completion_tokens_details": {"reasoning_tokens": 1}}  # fmt: skip
CALL = {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
ABOUT = {"id": "a1", "created": 1700000000, "model": "m", "service_tier": "default", "x_groq": {"id": "r"}}
SAID = {"role": "assistant", "content": "word", "refusal": None, "annotations": [], "reasoning_content": "hm",
        "reasoning_details": [{"type": "reasoning.text", "text": "hm"}], "tool_calls": [CALL]}  # fmt: skip
CHUNKS: list[Json] = [
    {**ABOUT, "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": SAID, "finish_reason": None}]},
    {**ABOUT, "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
    {**ABOUT, "choices": [], "usage": USAGE},
]
COMPLETION: Json = {**ABOUT, "object": "chat.completion", "usage": USAGE,
                    "choices": [{"index": 0, "message": SAID, "finish_reason": "tool_calls"}]}  # fmt: skip

COUNTS = {"input_tokens": 4, "cache_read_input_tokens": 1, "output_tokens": 3,
          "output_tokens_details": {"thinking_tokens": 1}}  # fmt: skip
BLOCKS = [
    {"type": "thinking", "thinking": "hm", "signature": "sig"},
    {"type": "text", "text": "word", "citations": [{"type": "char_location", "cited_text": "c"}]},
    {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}},
]
MESSAGE: Json = {"id": "m1", "type": "message", "role": "assistant", "model": "m", "content": BLOCKS,
                 "stop_reason": "tool_use", "stop_sequence": None, "stop_details": {"explanation": "e"},
                 "usage": COUNTS}  # fmt: skip
EVENTS: list[Json] = [
    {"type": "message_start", "message": {**MESSAGE, "content": [], "stop_reason": None, "stop_details": None}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "word"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "content_block_start", "index": 1,
     "content_block": {"type": "tool_use", "id": "t1", "name": "f", "input": {}}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '{"a":1}'}},
    {"type": "content_block_stop", "index": 1},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_details": {"explanation": "e"}},
     "usage": COUNTS},
    {"type": "message_stop"},
]  # fmt: skip
STREAMS: dict[str, list[Json]] = {"openai_chat": CHUNKS, "anthropic": EVENTS}
BODIES: dict[str, Json] = {"openai_chat": COMPLETION, "anthropic": MESSAGE}

# Where an odd value takes more than itself: what holds the answer, what says of what kind an event or a block is, where
# a stream ends; and an error beside it, which is one.
HOLDERS = ("choices", "delta", "message", "content", "type", "content_block", "finish_reason", "index")


def places(value: Json, trail: tuple[Json, ...] = ()) -> Iterator[tuple[Json, ...]]:
    """Every place in a JSON value, but for arguments of tools."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in inner:
        if name != "input":
            yield (*trail, name)
            yield from places(item, (*trail, name))


def replaced(value: Json, trail: tuple[Json, ...], odd: Json) -> Json:
    changed = copy.deepcopy(value)
    holder = changed
    for step in trail[:-1]:
        holder = holder[step]
    holder[trail[-1]] = odd
    return changed


def exchange(client: str, upstream: str, stream: bool, force: bool = True) -> Exchange:
    settings = Settings(user="jdoe", force_conversion=force).with_base_url("http://argo.example")
    said: Json = {"max_tokens": 99, "messages": [{"role": "user", "content": "u"}]}
    path, said = OTHERS[client] if client in OTHERS else (PATHS[client], said)
    path = path.format(MODELS[upstream], "streamGenerateContent" if stream else "generateContent")
    body = {"model": MODELS[upstream], "stream": stream, **said}
    opened = Gateway(settings).open(ClientRequest("POST", path, {}, json.dumps(body).encode()))
    assert isinstance(opened, Exchange), opened
    return opened


def sse(upstream: str, events: list[Json]) -> bytes:
    frames = "".join(f"event: x\ndata: {json.dumps(event)}\n\n" for event in events)
    return (frames if upstream == "anthropic" else f"{frames}data: [DONE]\n\n").encode()


def relayed(client: str, upstream: str, *pieces: bytes, force: bool = True) -> tuple[bytes, Relay]:
    opened = exchange(client, upstream, True, force)
    assert opened.start_response(200, STREAM) is not None
    assert opened.relay is not None
    made = b"".join(opened.relay.feed(piece) + opened.relay.keep_alive() for piece in pieces)
    return made + opened.relay.close(), opened.relay


@pytest.mark.parametrize(("client", "upstream"), ALL_WAYS)
def test_3_5_an_odd_member_costs_a_stream_nothing_but_itself(client: str, upstream: str) -> None:
    told = STREAMS[upstream]
    for place, odd in spread(oddities(told), ALL_WAYS.index((client, upstream)), 3):
        made, relay = relayed(client, upstream, sse(upstream, replaced(told, place, odd)))
        if len(place) == 1 or place[-1] in HOLDERS:
            assert relay.finished
            continue
        assert relay.error is None, (place, odd, relay.error)
        assert relay.complete
        assert b"word" in made or place[-1] == "text" or place[-2:] == ("choices", 0), (place, odd)


def oddities(told: Json) -> list[tuple[tuple[str | int, ...], Json]]:
    """Each place of an answer with each odd thing that may stand there."""
    return [(place, odd) for place in places(told) for odd in ODD]


@pytest.mark.parametrize(("client", "upstream"), ALL_WAYS)
def test_3_5_an_odd_member_costs_a_plain_answer_nothing_but_itself(client: str, upstream: str) -> None:
    told = BODIES[upstream]
    for place, odd in spread(oddities(told), ALL_WAYS.index((client, upstream)), 3):
        body = json.dumps(replaced(told, place, odd)).encode()
        reply = exchange(client, upstream, False).complete_response(200, {"content-type": "application/json"}, body)
        if place[-1] in HOLDERS or place in (("choices", 0), ("content", 1)):
            assert reply.status in (200, 502)
            continue
        assert reply.status == 200, (place, odd, reply.body)
        assert b"word" in reply.body or place[-1] == "text", (place, odd)


@pytest.mark.parametrize("client", PATHS)
@pytest.mark.parametrize("odd", [None, 5, "", "missing"])
def test_a_call_of_claudes_without_an_id_gets_one(client: str, odd: Json) -> None:
    block = {"type": "tool_use", "name": "f", "input": {"a": 1}, **({} if odd == "missing" else {"id": odd})}
    body = json.dumps({**MESSAGE, "content": [block, {**block}]}).encode()
    reply = exchange(client, "anthropic", False).complete_response(200, {"content-type": "application/json"}, body)
    answer = json.loads(reply.body)
    calls = answer["content"] if client == "anthropic" else answer["choices"][0]["message"]["tool_calls"]
    first, second = (call["id"] for call in calls)
    assert first
    assert first != second


GARBAGE = [b"data: {oops\n\n", b"data: \xff\n\n", b'data: {"error":"late"}\n\n']


@pytest.mark.parametrize(("client", "upstream"), WAYS)
@pytest.mark.parametrize("garbage", GARBAGE)
def test_what_comes_after_the_finish_spoils_nothing(client: str, upstream: str, garbage: bytes) -> None:
    whole = sse(upstream, STREAMS[upstream])
    end = whole.rindex(b"event: x" if upstream == "anthropic" else b"data: [DONE]")
    for made, relay in (
        relayed(client, upstream, whole[:end], garbage),
        relayed(client, upstream, whole[:end] + garbage),
    ):
        assert (relay.error, relay.complete) == (None, True)
        assert made.rstrip().endswith(b"[DONE]" if client == "openai_chat" else b'{"type":"message_stop"}')


@pytest.mark.parametrize(("client", "upstream"), WAYS)
def test_a_reset_after_the_finish_spoils_nothing(client: str, upstream: str) -> None:
    whole = sse(upstream, STREAMS[upstream])
    end = whole.rindex(b"event: x" if upstream == "anthropic" else b"data: [DONE]")
    opened = exchange(client, upstream, True)
    opened.start_response(200, STREAM)
    assert opened.relay is not None
    opened.relay.feed(whole[:end])
    last = opened.relay.fail(opened.relay.error or _reset())
    assert opened.relay.error is None
    assert last.rstrip().endswith(b"[DONE]" if client == "openai_chat" else b'{"type":"message_stop"}')


def _reset() -> Json:
    from argo_addon.errors import UpstreamError

    return UpstreamError(502, "reset")


@pytest.mark.parametrize("client", PATHS)
def test_1_35_the_notice_is_refused_even_where_it_comes_with_the_finish(client: str) -> None:
    text = "AUTHENTICATION NOTICE FROM ARGO: who are you?"
    chunk = {"id": "a", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": "stop"}]}
    made, relay = relayed(client, "openai_chat", sse("openai_chat", [chunk]))
    assert made == b""
    assert relay.refusal is not None
    assert relay.refusal.status == 403


SHAPES = [
    ('{"error":{"message":"Error code: 429 - {\'message\': \'slow down\'}"}}', 429, "slow down"),
    ("{\"error\":\"Error code: 429 - {'message': 'slow down'}\"}", 429, "slow down"),
    ('{"type":"error","error":"overloaded"}', 500, "overloaded"),
    ('{"type":"error","error":{"type":"overloaded_error"}}', 529, "overloaded_error"),
    ('{"type":"error","message":"Overloaded"}', 500, "Overloaded"),
    ('{"type":"error"}', 500, "without a word"),
]


@pytest.mark.parametrize("client", PATHS)
@pytest.mark.parametrize(("event", "status", "words"), SHAPES)
def test_7_10_an_error_event_of_another_shape_keeps_its_status(
    client: str, event: str, status: int, words: str
) -> None:
    _, relay = relayed(client, "anthropic", f"event: error\ndata: {event}\n\n".encode())
    assert relay.refusal is not None
    assert (relay.refusal.status, words in relay.refusal.message) == (status, True)


@pytest.mark.parametrize("error", [None, "", {}, [], False])
@pytest.mark.parametrize(("client", "upstream"), WAYS)
def test_7_10_an_empty_error_beside_an_answer_is_none(client: str, upstream: str, error: Json) -> None:
    body = json.dumps({**BODIES[upstream], "error": error}).encode()
    assert (
        exchange(client, upstream, False).complete_response(200, {"content-type": "application/json"}, body).status
        == 200
    )


@pytest.mark.parametrize("client", PATHS)
@pytest.mark.parametrize("event", ["", "null", "[]", "5", " ", ": comment"])
def test_3_5_an_event_that_says_nothing_is_skipped(client: str, event: str) -> None:
    silent = f"{event}\n\n" if event.startswith(":") else f"data: {event}\n\n"
    whole = sse("openai_chat", CHUNKS).replace(b"data: [DONE]", b"data: [DONE] ")
    _, relay = relayed(client, "openai_chat", silent.encode() + whole)
    assert (relay.error, relay.complete) == (None, True)


def test_3_18_a_new_id_with_every_piece_is_one_call() -> None:
    pieces = [("x1", "get", '{"a"'), ("x2", None, ":"), ("x3", None, "1}")]
    chunks = [
        {"id": "a", "choices": [{"index": 0, "delta": {"tool_calls": [
            {"index": 0, "id": one, "function": {"name": name, "arguments": said}}]}}]}
        for one, name, said in pieces
    ]  # fmt: skip
    made, relay = relayed("anthropic", "openai_chat", sse("openai_chat", chunks))
    assert relay.complete
    assert made.count(b'"tool_use","id"') == 1


def test_7_4_a_finish_in_an_error_is_no_clean_end() -> None:
    chunk = {"id": "a", "choices": [{"index": 0, "delta": {"content": "half"}, "finish_reason": "error"}]}
    made, relay = relayed("anthropic", "openai_chat", sse("openai_chat", [chunk]))
    assert relay.error is not None
    assert b"message_stop" not in made


# Plain calls of Claudes, which go upstream as streams (pitfalls 1.34)

AS_STREAM = {"content-type": "text/event-stream"}


def put_together(stream: bytes, client: str = "anthropic", force: bool = False) -> tuple[int, bytes]:
    reply = exchange(client, "anthropic", False, force).complete_response(200, AS_STREAM, stream)
    return reply.status, reply.body


EVERY = [*PATHS, *OTHERS]


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("client", EVERY)
def test_3_5_an_odd_member_costs_a_plain_call_of_claudes_nothing_but_itself(client: str, force: bool) -> None:
    for place, odd in spread(oddities(EVENTS), 2 * EVERY.index(client) + force, 3):
        status, body = put_together(sse("anthropic", replaced(EVENTS, place, odd)), client, force)
        if len(place) == 1 or place[-1] in HOLDERS:
            assert status in (200, 500, 502)
            continue
        assert status == 200, (place, odd, body)
        assert b"word" in body or place[-1] == "text", (place, odd)


BEHIND: dict[str, list[bytes]] = {
    "no end": [],
    "garbage for an end": [b"data: {oops\n\n"],
    "an error for an end": [b'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"late"}}\n\n'],
    "garbage behind the end": [b'data: {"type":"message_stop"}\n\n', b"data: {oops\n\n"],
    "[DONE] behind the end": [b'data: {"type":"message_stop"}\n\n', b"data: [DONE]\n\n"],
}


@pytest.mark.parametrize("behind", BEHIND.values(), ids=BEHIND)
@pytest.mark.parametrize("silent", [b"", b"data:\n\n", b"data: null\n\n", b"data: []\n\n", b"data: {}\n\n"])
@pytest.mark.parametrize("client", [*PATHS, *OTHERS])
def test_an_answer_that_is_all_there_is_given(client: str, silent: bytes, behind: list[bytes]) -> None:
    status, body = put_together(silent + sse("anthropic", EVENTS[:-1]) + b"".join(behind), client)
    assert (status, b"word" in body) == (200, True), body


@pytest.mark.parametrize("silent", [b"data:\n\n", b"data: null\n\n", b"data: []\n\n", b"data: {}\n\n"])
@pytest.mark.parametrize("upstream", PATHS)
def test_a_silent_event_is_left_out_within_the_dialect(upstream: str, silent: bytes) -> None:
    """The openai SDK takes it for a chunk and fails; Anthropic's gives it out as an event."""
    opened = exchange(upstream, upstream, True, force=False)
    assert opened.start_response(200, STREAM) is not None
    assert opened.relay is not None
    whole = sse(upstream, STREAMS[upstream])
    spoilt = silent + whole.replace(b"\n\n", b"\n\n" + silent)
    assert opened.relay.feed(spoilt) + opened.relay.close() == whole
    assert opened.relay.error is None


LACKING: dict[str, tuple[int, Json]] = {
    "no message": (0, {"type": "message_start"}),
    "no block": (1, {"type": "content_block_start", "index": 0}),
    "no citation": (2, {"type": "content_block_delta", "index": 0, "delta": {"type": "citations_delta"}}),
}


@pytest.mark.parametrize(("number", "event"), LACKING.values(), ids=LACKING)
@pytest.mark.parametrize("client", [*PATHS, *OTHERS])
def test_an_event_that_lacks_what_it_is_about_costs_no_answer(client: str, number: int, event: Json) -> None:
    told = [*EVENTS[:number], event, *EVENTS[number + (number < 2) :]]
    made, relay = relayed(client, "anthropic", sse("anthropic", told))
    assert relay.error is None
    assert b"word" in made
    for line in made.splitlines():
        if line.startswith(b"data: {"):
            json.loads(line[6:])


@pytest.mark.parametrize("client", [*PATHS, *OTHERS])
@pytest.mark.parametrize("upstream", PATHS)
def test_what_is_no_text_is_an_error_of_the_upstreams(client: str, upstream: str) -> None:
    """Even in a member that only goes along."""
    spoilt = {**BODIES[upstream], "odd": "XX"}
    spoilt = replaced(spoilt, ("choices", 0, "message", "odd"), "XX") if upstream == "openai_chat" else spoilt
    body = json.dumps(spoilt).encode().replace(b"XX", b"\xff")
    assert (
        exchange(client, upstream, False).complete_response(200, {"content-type": "application/json"}, body).status
        == 502
    )
    events = copy.deepcopy(STREAMS[upstream])
    events[1]["odd"] = "XX"
    stream = sse(upstream, events).replace(b"XX", b"\xff")
    for spoilt_stream in (stream, stream.replace(b'"odd"', b'"\xff"').replace(b'"\xff"}', b'"x"}')):
        for force in (True, False):
            _, relay = relayed(client, upstream, spoilt_stream, force=force)
            assert relay.error is not None
    assert exchange(client, upstream, False).complete_response(200, AS_STREAM, stream).status == 502


def test_an_end_that_we_add_stands_behind_a_whole_blank_line() -> None:
    """Whatever the reads: the LF of the last CRLF may come alone, when the event before it is out already."""
    choice = {"index": 0, "delta": {"content": "word"}, "finish_reason": "stop"}
    said = {"id": "a", "object": "chat.completion.chunk", "created": 1, "model": "gpt54", "choices": [choice]}
    stream = f"data: {json.dumps(said)}\r\n\r\n".encode()
    for pieces in (
        [stream],
        [stream[:-1], stream[-1:]],
        [stream[number : number + 1] for number in range(len(stream))],
    ):
        opened = exchange("openai_chat", "openai_chat", True, force=False)
        assert opened.start_response(200, STREAM) is not None
        assert opened.relay is not None
        made = b"".join(map(opened.relay.feed, pieces)) + opened.relay.close()
        assert made.endswith(b"}\r\n\r\ndata: [DONE]\n\n")
