"""Whatever a body holds, it is shown, and nothing raises."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argo_addon.transcript.formats import Body, fits
from argo_addon.transcript.read import transcript
from argo_addon.transcript.truncated_json import mended
from tests.drawing import law

from .bodies import CHAT, GOOGLE, MESSAGES, RESPONSES, UPSTREAM_ANSWER, WAYS, answer_for, stream_for, written

PATHS = [*(way.path for way in WAYS.values()), "/v1/completions", "/api/v1/resource/streamchat/", "/", ""]
TYPES = ["text/event-stream", "application/json", "text/html", ""]
REQUESTS = [written(body) for body in (CHAT, RESPONSES, MESSAGES, GOOGLE)]
ANSWERS = [make(name) for name in WAYS for make in (stream_for, answer_for)]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["error", "type", "content"]), inner),
    max_leaves=8,
)
MEMBERS = [
    *("type", "object", "choices", "candidates", "response", "error", "content", "delta", "message", "usage", "output"),
    *("content_block", "index", "item", "messages", "contents", "input", "parts", "role", "tools", "request", "prompt"),
    *("usageMetadata", "promptFeedback", "system", "text", "functionCall", "tool_calls", "finish_reason", "model"),
]
KINDS = [
    *("message_start", "content_block_start", "content_block_delta", "message_delta", "error", "response.completed"),
    *("response.output_item.added", "response.output_item.done", "response.output_text.delta", "response.failed"),
]
bodies = st.builds(Body, st.binary(), st.sampled_from(PATHS), st.sampled_from(TYPES), st.sampled_from([0, 200, 500]))


def look(body: Body) -> None:
    fits(body)
    assert isinstance(transcript(body), str)


@law(200)
@given(
    body=bodies, around=st.sampled_from([b"%b", b"data: %b\n\n", b"[%b", b"{%b", b'{"messages": [%b', b"\x1f\x8b%b"])
)
def test_any_bytes_are_shown(body: Body, around: bytes) -> None:
    look(Body(around % body.data, body.target, body.content_type, body.status))


@law(200)
@given(
    whole=st.sampled_from([*REQUESTS, *ANSWERS]),
    data=st.data(),
    path=st.sampled_from(PATHS),
    status=st.sampled_from([0, 200, 500]),
)
def test_what_is_cut_off_or_damaged_is_shown(whole: bytes, data: st.DataObject, path: str, status: int) -> None:
    end = data.draw(st.integers(0, len(whole)))
    look(Body(whole[:end], path, "text/event-stream", status))
    at = data.draw(st.integers(0, len(whole)))
    look(Body(whole[:at] + data.draw(st.binary(max_size=4)) + whole[at + 3 :], path, "", status))


@law(300)
@given(
    members=st.lists(st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=4), min_size=1, max_size=4),
    kinds=st.lists(st.sampled_from(KINDS), min_size=4, max_size=4),
    path=st.sampled_from(PATHS),
    status=st.sampled_from([0, 200, 500]),
)
def test_any_json_is_shown(members: list[dict[str, object]], kinds: list[str], path: str, status: int) -> None:
    events = [{**one, "type": kind} for one, kind in zip(members, kinds, strict=False)]
    look(Body(json.dumps(members[0]).encode(), path, "application/json", status))
    look(Body(json.dumps(events).encode(), path, "application/json", status))
    stream = b"".join(b"data: %b\n\n" % json.dumps(event).encode() for event in events)
    look(Body(stream, path, "text/event-stream", 200))


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"messages":['])
def test_what_is_nested_beyond_measure_is_shown(opening: bytes) -> None:
    for status in (0, 200):
        look(Body(opening * 100_000, "/v1/messages", "", status))
        look(Body(b"data: " + opening * 100_000 + b"\n\n", "/v1/messages", "", status))


@law(200)
@given(value=JSON, data=st.data())
def test_json_that_was_cut_off_is_json_once_it_is_mended(value: object, data: st.DataObject) -> None:
    whole = json.dumps({"a": value, "b": ['\u2603 \\ " x', value]}, ensure_ascii=data.draw(st.booleans())).encode()
    closed = mended(whole[: data.draw(st.integers(1, len(whole)))])
    assert closed is not None
    json.loads(closed)


def test_json_that_is_whole_stays_as_it_is() -> None:
    assert mended(UPSTREAM_ANSWER) == UPSTREAM_ANSWER
