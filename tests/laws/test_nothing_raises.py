"""Law 5: whatever stands in a body, an event or an answer, there is a reply to it or an error, and nothing raises.

Valid ones are taken and any values in them replaced, so that what comes is nearly right (see also test_any_input.py).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.messages import Reply
from tests.drawing import law

from .making import NAMES, PAIRS, Name, answers, json_values
from .making_talks import MODELS, odd_talks
from .making_wire import body_of, streams
from .ways import JSON, STREAM, ends_in, errors_in, events_of, exchange, opened, relay
from .writing_talks import bodies

BOTH = pytest.mark.parametrize(("client", "upstream"), PAIRS)
_KINDS = ["text", "thinking", "redacted_thinking", "image", "document", "search_result", "custom", "function"]
_MORE_KINDS = [
    "tool_use",
    "tool_result",
    "server_tool_use",
    "compaction",
    "input_audio",
    "json_schema",
    "allowed_tools",
]
_ROLES = ["user", "assistant", "tool", "system"]
_EVENTS = ["error", "stop", "tool_calls", "message_start", "content_block_start", "message_delta", "citations_delta"]
_SOURCES = ["base64", "url", "file", "content", "file_id", "input_json_delta", "signature_delta"]
_WORDS = [*_KINDS, *_MORE_KINDS, *_ROLES, *_EVENTS, *_SOURCES]
odd_values = json_values | st.sampled_from(
    [*_WORDS, {}, [], "", 0, -1, 10**30, 1e308, True, [None], [{}], {"type": "text"}]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all that a value holds."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    for key, one in inner:
        yield (*path, key)
        yield from places(one, (*path, key))


@st.composite
def spoilt(draw: st.DrawFn, value: Any, most: int = 3) -> Any:
    """A value with a few things in it replaced, taken out or doubled."""
    made = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, most))):
        found = [path for path in places(made) if path != ("model",)]
        if not found:
            return made
        *path, key = draw(st.sampled_from(found))
        holder = made
        for step in path:
            holder = holder[step]
        how = draw(st.integers(0, 3))
        if how == 0:
            del holder[key]
        elif how == 1 and isinstance(holder, list):
            holder.insert(key, copy.deepcopy(holder[key]))
        else:
            holder[key] = copy.deepcopy(draw(odd_values))
    return made


def is_error(client: Name, reply: Reply, *, whose: range) -> None:
    """Asserts that a reply is an error as the client's dialect has them."""
    assert reply.status in whose, reply
    body = json.loads(reply.body)
    assert body["error"]["message"]
    assert client == "openai_chat" or body["type"] == "error"


@BOTH
@pytest.mark.parametrize("force", [False, True])
@law(90)
@given(data=st.data())
def test_law_5_any_request_goes_upstream_or_is_the_clients_error(
    client: Name, upstream: Name, force: bool, data: st.DataObject
) -> None:
    """A spoilt request becomes an upstream's or a 4xx in the client's dialect."""
    body = data.draw(bodies(client, data.draw(odd_talks()), model=data.draw(st.sampled_from(MODELS[upstream]))))
    made = opened(client, data.draw(spoilt(body)), force=force)
    if isinstance(made, Exchange):
        assert json.loads(made.upstream.body)["user"] == "jdoe"
    else:
        is_error(client, made, whose=range(400, 500))


@BOTH
@pytest.mark.parametrize("force", [False, True])
@law(60)
@given(data=st.data())
def test_law_5_any_plain_answer_gives_a_reply(client: Name, upstream: Name, force: bool, data: st.DataObject) -> None:
    """A spoilt answer becomes the client's answer or an error in its dialect, plain or streamed."""
    body = json.loads(body_of(upstream, data.draw(answers(upstream))))
    told = json.dumps(data.draw(spoilt(body) | odd_values)).encode()
    for streams_out in (False, True):
        reply = exchange(client, upstream, force=force, stream=streams_out).complete_response(200, JSON, told)
        if reply.status != 200:
            is_error(client, reply, whose=range(400, 600))
        elif streams_out:
            assert ends_in(client, reply.body) == 1
        else:
            assert isinstance(json.loads(reply.body), dict)


@BOTH
@pytest.mark.parametrize("force", [False, True])
@law(70)
@given(data=st.data())
def test_law_5_any_stream_ends_well(client: Name, upstream: Name, force: bool, data: st.DataObject) -> None:
    """A spoilt stream ends in the client's dialect, in an end or an error, to streaming clients and to others."""
    stream = data.draw(streams(upstream, data.draw(answers(upstream)), odd=False))
    events = [frame.split(b"data: ", 1)[1].strip() for frame in stream.frames]
    spoilable = data.draw(spoilt([json.loads(event) if event != b"[DONE]" else "[DONE]" for event in events], most=4))
    told = [b"data: " + (b"[DONE]" if one == "[DONE]" else json.dumps(one).encode()) + b"\n\n" for one in spoilable]
    through = relay(client, upstream, force=force)
    out = b"".join(map(through.feed, told)) + through.close()
    assert through.finished
    if through.refusal is not None:
        assert out == b""
    elif through.complete:
        assert events_of(out) or not force
    else:
        assert errors_in(client, out)[-1] == len(events_of(out)) - 1
    whole = exchange(client, upstream, force=force, stream=False).complete_response(200, STREAM, b"".join(told))
    if whole.status != 200:
        is_error(client, whole, whose=range(400, 600))


@pytest.mark.parametrize("name", NAMES)
@law(60)
@given(data=st.data())
def test_law_5_any_error_body_gives_an_error(name: Name, data: st.DataObject) -> None:
    """Whatever an upstream says with a status of 400 or more is an error to clients of each dialect."""
    error = {"error": {"message": "no", "type": "invalid_request_error", "code": None, "param": None}, "type": "error"}
    told = json.dumps(data.draw(spoilt(error) | odd_values)).encode()
    status = data.draw(st.sampled_from([400, 401, 429, 500, 529]))
    for client in NAMES:
        reply = exchange(client, name, force=True).complete_response(status, JSON, told)
        assert reply.status >= 400
        if client != name:
            is_error(client, reply, whose=range(400, 600))


def test_law_5_bare_base64_beyond_ascii_is_no_file() -> None:
    """A file's data may be anything: what cannot be decoded cannot be passed on."""
    file = {"type": "file", "file": {"filename": "a.txt", "file_data": "\x80"}}
    body = {"model": "claude-opus-4.6", "messages": [{"role": "user", "content": [file]}]}
    assert isinstance(opened("openai_chat", body, force=False), Exchange)


@pytest.mark.parametrize("block", [{"type": None}, {"type": "text", "text": None}, {"type": "text", "text": 5}, {}])
def test_law_5_a_block_that_is_none_in_a_stream_gives_a_plain_client_a_reply(block: object) -> None:
    """What was put together of a stream unconverted is not what the dialect has: a reply all the same."""
    start = {"type": "message_start", "message": {"id": "m", "content": [], "usage": {"output_tokens": 1}}}
    begun = {"type": "content_block_start", "index": 0, "content_block": block}
    ended = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}}
    events = [start, begun, {"type": "content_block_stop", "index": 0}, ended, {"type": "message_stop"}]
    stream = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)
    reply = exchange("anthropic", "anthropic", force=False, stream=False).complete_response(200, STREAM, stream)
    assert reply.status in (200, 502)
