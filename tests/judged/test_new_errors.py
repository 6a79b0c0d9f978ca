"""Errors reach Responses and GenAI clients as their own SDK's exception; a stream that breaks off says so in the end.

Recorded errors keep their status and words. Recorded streams are cut off: before the first byte went out the error is
a status of its own, after that it is the last thing that the stream tells (pitfalls 7.1, 7.4, 7.10).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import openai
import pytest
from google.genai import errors as google_errors

from . import reading_google, reading_responses
from .recordings import Answer, Recording, answers, begins_again, errors
from .rules_google import chunk_problems, framed
from .rules_responses import responses_problems
from .sse_rules import frames
from .wires import BY_EVENT, MODELS, Through

RAISED = {400: openai.BadRequestError, 429: openai.RateLimitError}
NAMES = {400: "INVALID_ARGUMENT", 429: "RESOURCE_EXHAUSTED", 502: "UNAVAILABLE"}
"""Google's words for a status."""
RECORDED = pytest.mark.parametrize("recording", [pytest.param(recording, id=recording.file) for recording in errors()])
WAYS = pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
STREAMS = pytest.mark.parametrize(
    "answer",
    [pytest.param(one, id=one.label) for one in answers() if one.streamed and not begins_again(one.body)],
)


class _Detail(msgspec.Struct):
    message: str


class _Said(msgspec.Struct):
    error: _Detail


class _OpenAIDetail(msgspec.Struct, forbid_unknown_fields=True):
    message: str
    type: str
    param: str | None
    code: str | None


class _OpenAIError(msgspec.Struct, forbid_unknown_fields=True):
    error: _OpenAIDetail


class _GoogleDetail(msgspec.Struct, forbid_unknown_fields=True):
    code: int
    message: str
    status: str
    details: list[dict[str, Any]] = []


class _GoogleError(msgspec.Struct, forbid_unknown_fields=True):
    error: _GoogleDetail


def said(recording: Recording) -> str:
    """What a recorded error says."""
    return msgspec.json.decode(recording.read(), type=_Said).error.message


@WAYS
@RECORDED
def test_7_1_a_responses_client_gets_its_own_error(recording: Recording, streamed: bool) -> None:
    way = Through(recording.read(), "application/json", recording.status)
    with pytest.raises(RAISED[recording.status]) as caught:
        (reading_responses.helped if streamed else reading_responses.response)(way, MODELS[recording.name])
    assert said(recording) in str(caught.value)
    assert msgspec.json.decode(way.sent, type=_OpenAIError).error.message == said(recording)


@pytest.mark.parametrize("later", [False, True], ids=["sync", "async"])
@WAYS
@RECORDED
def test_7_1_a_google_client_gets_its_own_error(recording: Recording, streamed: bool, later: bool) -> None:
    way = Through(recording.read(), "application/json", recording.status)
    read: Callable[..., object] = reading_google.chunks if streamed else reading_google.answer
    with pytest.raises(google_errors.ClientError) as caught:
        read(way, MODELS[recording.name], thoughts=False, later=later)
    error = caught.value
    assert (error.code, error.status) == (recording.status, NAMES[recording.status])
    assert error.message == said(recording)
    told = msgspec.json.decode(way.sent, type=_GoogleError).error
    assert (told.code, told.message, told.status) == (error.code, error.message, error.status)


def cuts(answer: Answer) -> Iterator[Through]:
    """The ways of a stream that broke off, at a dozen places of its course, never at its end."""
    size = len(answer.body)
    ends = 1 if answer.name == "anthropic" else 2  # Chat is complete with its finish_reason: cut before the last of it
    for part in range(12):
        yield Through(answer.body[: size * part // (12 * ends)], answer.kind, broken=True)


@STREAMS
def test_7_4_a_broken_stream_ends_in_response_failed(answer: Answer) -> None:
    refused = 0
    for way in cuts(answer):
        try:
            events = reading_responses.events(way, MODELS[answer.name])
        except openai.APIStatusError:
            assert way.status == 502
            msgspec.json.decode(way.sent, type=_OpenAIError)
            refused += 1
            continue
        last = events[-1]
        if last.type == "response.completed" and answer.name == "openai_chat":
            continue  # it was all there
        assert last.type == "response.failed"
        assert last.response.error is not None
        assert (last.response.error.code, last.response.status) == ("server_error", "failed")
        assert responses_problems(way.sent) == []
    assert refused, "a stream without a byte is a status of its own"


@STREAMS
def test_7_4_a_broken_stream_ends_in_a_bare_error(answer: Answer) -> None:
    refused = 0
    for way in cuts(answer):
        try:
            reading_google.chunks(way, MODELS[answer.name], thoughts=True)
        except google_errors.ServerError:
            refused += google_broken(way)
            continue
        assert answer.name == "openai_chat", "a cut stream passes for a whole one"
    assert refused, "a stream without a byte is a status of its own"


def google_broken(way: Through) -> bool:
    """Asserts that a stream ends in an error of its own, without `data: `. Whether it is nothing but the error."""
    good = framed(way.sent)
    rest = way.sent.removeprefix(b"".join(b"data: %b\r\n\r\n" % data for data in good))
    assert msgspec.json.decode(rest, type=_GoogleError).error.code == 502
    assert way.status == (200 if good else 502)
    if not good:
        return True
    assert [problem for problem in chunk_problems(good) if "finishReason" not in problem] == []
    assert all("finishReason" not in candidate for data in good for candidate in json.loads(data)["candidates"])
    return False


@STREAMS
def test_7_4_a_broken_list_is_still_a_list(answer: Answer) -> None:
    """Without `alt=sse` the error is the last item, and the list is closed."""
    for way in cuts(answer):
        reply = reading_google.listed(way, MODELS[answer.name])
        if reply.status_code != 200:
            msgspec.json.decode(reply.content, type=_GoogleError)
            continue
        *chunks, last = json.loads(reply.content)
        if "error" not in last:
            assert answer.name == "openai_chat", "a cut stream passes for a whole one"
            continue
        assert msgspec.convert(last, _GoogleError).error.code == 502
        assert all("candidates" in chunk for chunk in chunks)


OVERLOADED = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
STARTED = b"".join(
    f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
    for event in (
        {"type": "message_start", "message": {
            "id": "msg_1", "type": "message", "role": "assistant", "model": "c", "content": [], "stop_reason": None,
            "usage": {"input_tokens": 3, "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Half a"}},
    )
)  # fmt: skip
BROKEN = STARTED + f"event: error\ndata: {json.dumps(OVERLOADED)}\n\n".encode()
REFUSED = f"event: error\ndata: {json.dumps(OVERLOADED)}\n\n".encode()


def test_7_4_an_error_midway_is_told_to_a_responses_client() -> None:
    way = Through(BROKEN, "text/event-stream", broken=True, cut=BY_EVENT)
    last = reading_responses.events(way, MODELS["anthropic"])[-1]
    assert last.type == "response.failed"
    assert last.response.error is not None
    assert (last.response.error.message, str(last.response.error.code)) == ("Overloaded", "server_is_overloaded")
    problems = [problem for problem in responses_problems(way.sent) if "server_is_overloaded" not in problem]
    assert problems == []  # a code that Codex knows, and OpenAI's types do not (pitfalls 7.6)
    assert "error" not in [name for name, _ in frames(way.sent)]


def test_7_4_an_error_midway_is_told_to_a_google_client() -> None:
    way = Through(BROKEN, "text/event-stream", broken=True, cut=BY_EVENT)
    with pytest.raises(google_errors.APIError, match="Overloaded") as caught:
        reading_google.chunks(way, MODELS["anthropic"], thoughts=False)
    assert (caught.value.code, caught.value.status) == (529, "UNAVAILABLE")
    assert way.sent.endswith(b"}\r\n\r\n")
    assert not way.sent.split(b"\r\n\r\n")[-2].startswith(b"data:")


def test_7_10_an_error_before_the_first_byte_is_a_status() -> None:
    way = Through(REFUSED, "text/event-stream", broken=True)
    with pytest.raises(openai.APIStatusError, match="Overloaded") as caught:
        reading_responses.events(way, MODELS["anthropic"])
    assert caught.value.status_code == 529
    with pytest.raises(google_errors.APIError, match="Overloaded") as raised:
        reading_google.chunks(way, MODELS["anthropic"], thoughts=False)
    assert (raised.value.code, raised.value.status) == (529, "UNAVAILABLE")
