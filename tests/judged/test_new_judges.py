"""Of the tests themselves: hand-made answers and bodies of the newer dialects pass, each kind of fault is found."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from . import outline_chat, outline_google, outline_responses, reading_google, reading_responses
from .meaning import same
from .meaning_google import of_candidates, sayable
from .meaning_responses import of_response
from .rules_google import google_problems
from .rules_responses import responses_problems
from .test_judges import CHAT, MEANT, messages_stream
from .wires import MODELS, Straight, Through


def responses_stream() -> bytes:
    """A good stream."""
    way = Through(messages_stream(MEANT), "text/event-stream")
    reading_responses.events(way, MODELS["anthropic"])
    return way.sent


def google_stream() -> bytes:
    """A good stream."""
    way = Through(messages_stream(MEANT), "text/event-stream")
    reading_google.chunks(way, MODELS["anthropic"], thoughts=True)
    return way.sent


def test_good_streams_mean_what_they_should() -> None:
    events, chunks = responses_stream(), google_stream()
    assert responses_problems(events) == []
    assert google_problems(chunks, events=True) == []
    read = reading_responses.last(reading_responses.events(Straight(events, "text/event-stream"), "m"))
    same(MEANT, of_response(read), translated=False)
    for thoughts in (True, False):
        told = reading_google.chunks(Straight(google_stream(), "text/event-stream"), "m", thoughts=thoughts)
        assert (of_candidates(told) == sayable(MEANT, thoughts=thoughts)) == thoughts


def without(name: str, stream: bytes) -> bytes:
    """The stream without the first event of a name, the others numbered as if it had never been."""
    frames = stream.split(b"\n\n")
    gone = next(place for place, frame in enumerate(frames) if frame.startswith(f"event: {name}\n".encode()))
    numbers = iter(range(len(frames)))
    kept = b"\n\n".join(frames[:gone] + frames[gone + 1 :])
    return re.sub(rb'"sequence_number":\d+', lambda _: b'"sequence_number":%d' % next(numbers), kept)


@pytest.mark.parametrize(
    "name",
    [
        "response.created", "response.output_item.added", "response.content_part.added",
        "response.output_text.delta", "response.content_part.done", "response.output_item.done", "response.completed",
        "response.reasoning_summary_part.added", "response.function_call_arguments.delta",
    ],
)  # fmt: skip
def test_3_9_to_3_12_a_missing_event_is_found(name: str) -> None:
    assert responses_problems(without(name, responses_stream()))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"type":"response.created",', b""),
        (b"event: response.created\n", b"event: created\n"),
        (b'"sequence_number":3', b'"sequence_number":4'),
        (b'"content_index":0', b'"content_index":1'),
        (b'"output_index":1', b'"output_index":2'),
        (b'"logprobs":[],"delta"', b'"delta"'),
        (b'"cached_tokens":5,', b""),
        (b'"total_tokens"', b'"total"'),
        (b'"delta":"It is 4."', b'"delta":"It is 5."'),
        (b'"call_id":"toolu_1"', b'"call_id":"toolu_3"'),
        (b'"status":"in_progress"', b'"status":"begun"'),
    ],
)
def test_3_8_to_3_13_a_fault_in_a_responses_stream_is_found(old: bytes, new: bytes) -> None:
    good = responses_stream()
    assert old in good
    assert responses_problems(good.replace(old, new, 1))


def test_3_12_and_3_15_more_events_are_found() -> None:
    good = responses_stream()
    last = good.split(b"\n\n")[-2] + b"\n\n"
    assert responses_problems(good + last)
    ping = b'event: ping\ndata: {"type":"ping","sequence_number":%d}\n\n' % good.count(b"\n\n")
    assert responses_problems(good.replace(last, ping + last))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"data: {", b": ping\r\n\r\ndata: {"),
        (b"data: {", b"data:{"),
        (b"data: {", b"event: x\r\ndata: {"),
        (b"}\r\n\r\n", b"}\n\n"),
        (b'"finishReason":"STOP"', b'"finishReason":"stopped"'),
        (b'"finishReason":"STOP",', b""),
        (b'"role":"model",', b""),
        (b'"args":{', b'"arguments":{'),
        (b'"id":"toolu_1",', b""),
        (b'"promptTokenCount":20', b'"promptTokenCount":"20"'),
        (b'"responseId":"', b'"responseId":"x'),
    ],
)
def test_3_21_to_3_25_a_fault_in_a_google_stream_is_found(old: bytes, new: bytes) -> None:
    good = google_stream()
    assert old in good
    assert google_problems(good.replace(old, new, 1), events=True)
    assert google_problems(good + b"data: [DONE]\r\n\r\n", events=True)


SCHEMA = {"type": "object", "properties": {"at": {}}, "required": ["at"]}
RESPONSES: dict[str, Any] = {
    "max_output_tokens": 9,
    "instructions": "Be brief.",
    "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "See:"},
                                     {"type": "input_image", "image_url": "data:image/png;base64,QUJD"}]},
        {"type": "function_call", "call_id": "t1", "name": "look", "arguments": '{"at": 1}'},
        {"type": "function_call_output", "call_id": "t1", "output": "a cat"},
    ],
    "tools": [{"type": "function", "name": "look", "parameters": SCHEMA}],
    "tool_choice": "required",
}  # fmt: skip
GOOGLE: dict[str, Any] = {
    "system_instruction": {"parts": [{"text": "Be brief."}]},
    "contents": [
        {"role": "user", "parts": [{"text": "See:"}, {"inlineData": {"mimeType": "image/png", "data": "QUJD"}}]},
        {"role": "model", "parts": [{"functionCall": {"id": "t1", "name": "look", "args": {"at": 1}}}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "look", "response": {"output": "a cat"}}}]},
    ],
    "tools": [{"functionDeclarations": [{"name": "look", "parameters": SCHEMA}]}],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY"}},
    "generationConfig": {"maxOutputTokens": 9},
}


def test_bodies_that_say_the_same_have_one_outline() -> None:
    said = outline_chat.outline(json.dumps(CHAT).encode())
    assert outline_responses.outline(json.dumps(RESPONSES).encode()) == said
    assert outline_google.outline(json.dumps(GOOGLE).encode()) == said
