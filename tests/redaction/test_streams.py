"""A secret that comes in pieces, in every dialect's stream, is in none of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argo_addon.redaction import GONE, safe_body
from argo_addon.transcript.formats import Body
from argo_addon.transcript.read import transcript

from .planting import SECRETS, Draw, dumped, is_planted

Make = Callable[[list[str]], list[Any]]


def _chat(field: Callable[[str], Any]) -> Make:
    return lambda pieces: [
        {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m",
         "choices": [{"delta": field(piece), "index": 0, "finish_reason": None}]}
        for piece in pieces
    ]  # fmt: skip


def _completions(pieces: list[str]) -> list[Any]:
    return [{"object": "text_completion", "choices": [{"text": piece, "index": 0}]} for piece in pieces]


def _call(piece: str) -> Any:
    return {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}


def _messages(kind: str, name: str) -> Make:
    def made(pieces: list[str]) -> list[Any]:
        block = {
            "text_delta": {"type": "text", "text": ""},
            "thinking_delta": {"type": "thinking", "thinking": "", "signature": ""},
            "input_json_delta": {"type": "tool_use", "id": "toolu_1", "name": "Write", "input": {}},
        }[kind]
        deltas = [{"type": "content_block_delta", "index": 0, "delta": {"type": kind, name: piece}} for piece in pieces]
        return [
            {"type": "content_block_start", "index": 0, "content_block": block},
            *deltas,
            {"type": "content_block_stop", "index": 0},
        ]

    return made


def _responses(kind: str) -> Make:
    return lambda pieces: [
        {
            "type": kind,
            "item_id": "x_1",
            "output_index": 0,
            "content_index": 0,
            "sequence_number": number,
            "delta": piece,
        }
        for number, piece in enumerate(pieces)
    ]


def _google(thought: bool) -> Make:
    return lambda pieces: [
        {
            "candidates": [
                {"content": {"role": "model", "parts": [{"text": piece, **({"thought": True} if thought else {})}]}}
            ]
        }
        for piece in pieces
    ]


def _ollama(field: Callable[[str], Any]) -> Make:
    return lambda pieces: [
        *({"model": "m", "created_at": "2026-11-28T03:32:00Z", **field(piece), "done": False} for piece in pieces),
        {"model": "m", **field(""), "done": True, "done_reason": "stop", "eval_count": 3},
    ]


STREAMS: dict[str, tuple[str, Make]] = {
    "chat, text": ("/v1/chat/completions", _chat(lambda piece: {"content": piece})),
    "chat, thoughts": ("/v1/chat/completions", _chat(lambda piece: {"reasoning_content": piece})),
    "chat, a call": ("/v1/chat/completions", _chat(_call)),
    "completions": ("/v1/completions", _completions),
    "messages, text": ("/v1/messages", _messages("text_delta", "text")),
    "messages, thoughts": ("/v1/messages", _messages("thinking_delta", "thinking")),
    "messages, a call": ("/v1/messages", _messages("input_json_delta", "partial_json")),
    "responses, text": ("/v1/responses", _responses("response.output_text.delta")),
    "responses, a call": ("/v1/responses", _responses("response.function_call_arguments.delta")),
    "responses, a summary": ("/v1/responses", _responses("response.reasoning_summary_text.delta")),
    "google, text": ("/v1beta/models/g:streamGenerateContent", _google(False)),
    "google, thoughts": ("/v1beta/models/g:streamGenerateContent", _google(True)),
    "ollama, text": ("/api/chat", _ollama(lambda piece: {"message": {"role": "assistant", "content": piece}})),
    "ollama, thoughts": (
        "/api/chat",
        _ollama(lambda piece: {"message": {"role": "assistant", "content": "", "thinking": piece}}),
    ),
    "ollama, a prompt": ("/api/generate", _ollama(lambda piece: {"response": piece})),
}  # fmt: skip


def _cut(draw: Draw, text: str) -> list[str]:
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=12)))
    return [text[one:other] for one, other in zip([0, *places], [*places, len(text)], strict=True)]


def _stream(events: list[Any], *, array: bool = False, lines: bool = False) -> bytes:
    if lines:
        return b"".join(json.dumps(event).encode() + b"\n" for event in events)
    if array:
        return json.dumps(events).encode()
    names = [f"event: {event['type']}\n" if "type" in event else "" for event in events]
    return "".join(
        f"{name}data: {json.dumps(event)}\n\n{': ping' if number % 3 else ''}\n\n"
        for number, (name, event) in enumerate(zip(names, events, strict=True))
    ).encode()


def _events(body: bytes) -> Iterator[Any]:
    if body[:1] == b"[":
        yield from json.loads(body)
        return
    if body[:1] == b"{":
        yield from map(json.loads, body.splitlines())
        return
    for line in body.decode().split("\n"):
        if line.startswith("data: "):
            yield json.loads(line[6:])


def _names(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _names(one) for name, one in value.items()}
    return [_names(one) for one in value] if isinstance(value, list) else type(value)


def _joined(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(
            _joined(one)
            for name, one in value.items()
            if name not in ("id", "object", "model", "type", "item_id", "role", "name", "created_at", "done_reason")
        )
    if isinstance(value, list):
        return "".join(map(_joined, value))
    return value if isinstance(value, str) else ""


@pytest.mark.parametrize("kind", STREAMS)
@given(data=st.data())
def test_a_secret_in_pieces_goes_and_what_stands_around_it_stays(kind: str, data: st.DataObject) -> None:
    path, make = STREAMS[kind]
    secret = SECRETS[data.draw(st.sampled_from(sorted(SECRETS)))]
    text = f"<first>\n{secret}\n<last>"
    if "call" in kind:
        text = dumped(data.draw, {"path": "/kept", "content": text})
    events = make(_cut(data.draw, text))
    body = _stream(events, array=kind.startswith("google") and data.draw(st.booleans()), lines="ollama" in kind)
    safe = safe_body(body)
    found = list(_events(safe))
    assert _names(found) == _names(events), "the events and their members are what they were"
    told = _joined(found)
    if "call" in kind:
        told = json.loads(told)["content"]
    assert not is_planted(told), told
    assert told.startswith("<first>\n"), told
    assert told.endswith("\n<last>"), told
    assert GONE in told
    assert not is_planted(transcript(Body(safe, path, "text/event-stream", 200)))


def test_pieces_of_two_answers_are_not_taken_for_one() -> None:
    half, other = "sk-ant-api03-pL4nT3dq9Z", "x7Kw2Vb6Nm and more"
    events = [{"object": "chat.completion.chunk", "choices": [{"index": index, "delta": {"content": piece}}
               for index, piece in enumerate(pieces)]} for pieces in ((half, "one "), (other, "two"))]  # fmt: skip
    found = list(_events(safe_body(_stream(events))))
    assert ["".join(event["choices"][place]["delta"]["content"] for event in found) for place in (0, 1)] == [
        f"{GONE} and more",
        "one two",
    ]


def test_a_stream_without_secrets_keeps_every_byte() -> None:
    body = _stream(STREAMS["chat, text"][1](["def ", "f(pass", "word: str", "): ..."])) + b"data: [DONE]\n\n"
    assert safe_body(body) == body


def test_the_probabilities_of_a_secrets_pieces_go_too() -> None:
    pieces = ["sk-ant-", "api03-pL4", "nT3dq9Zx7K", "w2Vb6Nm "]
    said = [{"token": piece, "logprob": -0.1, "bytes": list(piece.encode())} for piece in pieces]
    content = [{**one, "top_logprobs": [one]} for one in said]
    whole = {"choices": [{"index": 0, "message": {"content": "".join(pieces)}, "logprobs": {"content": content}}]}
    streamed = [
        {"choices": [{"index": 0, "delta": {"content": piece}, "logprobs": {"content": [one]}}]}
        for piece, one in zip(pieces, content, strict=True)
    ]
    for body in (json.dumps(whole).encode(), _stream(streamed)):
        safe = safe_body(body)
        assert b"nT3dq9" not in safe
        assert b"110, 84, 51, 100, 113, 57" not in safe
