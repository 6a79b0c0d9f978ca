"""Reading the client's answers as strictly as the strictest of the clients (pitfalls 3.1 to 3.7, 3.17, 3.18)."""

from __future__ import annotations

import json

import msgspec

from .asking import Json

DELTAS = {
    "text": {"text_delta", "citations_delta"},
    "thinking": {"thinking_delta", "signature_delta"},
    "tool_use": {"input_json_delta"},
    "redacted_thinking": set[str](),
}
MEMBERS = {
    "text_delta": ("text", "text"),
    "thinking_delta": ("thinking", "thinking"),
    "signature_delta": ("signature", "signature"),
    "input_json_delta": ("json", "partial_json"),
}


class Message(msgspec.Struct):
    """What a stream of the Messages API says. A call's arguments stand as text in `json`."""

    start: Json
    blocks: list[Json]
    stop_reason: str | None
    usage: Json
    names: list[str]


def events_of(stream: bytes) -> list[Json]:
    """The events of a stream, each under its own name."""
    frames = stream.decode().split("\n\n")
    assert frames.pop() == ""
    events = []
    for frame in frames:
        name, data = frame.split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        events.append(event)
    return events


def message_of(stream: bytes) -> Message:
    """What a whole and proper stream says: the one order of events that every client takes."""
    events = [event for event in events_of(stream) if event["type"] != "ping"]
    start, *blocks, closing, stop = events
    assert (start["type"], closing["type"], stop["type"]) == ("message_start", "message_delta", "message_stop")
    assert {"input_tokens", "output_tokens"} <= start["message"]["usage"].keys()
    assert "output_tokens" in closing["usage"]
    found: list[Json] = []
    is_open = False
    for event in blocks:
        match event["type"]:
            case "content_block_start":
                assert not is_open
                assert event["index"] == len(found)
                found.append({**event["content_block"], "json": ""})
                is_open = True
            case "content_block_delta":
                assert is_open
                assert event["index"] == len(found) - 1
                _grow(found[-1], event["delta"])
            case "content_block_stop":
                assert (is_open, event["index"]) == (True, len(found) - 1)
                is_open = False
            case other:
                raise AssertionError(f"{other} has no place there")
    assert not is_open
    names = [event["type"] for event in events]
    return Message(start["message"], found, closing["delta"]["stop_reason"], closing["usage"], names)


def _grow(block: Json, delta: Json) -> None:
    assert delta["type"] in DELTAS[block["type"]], (block, delta)
    if delta["type"] in MEMBERS:
        member, source = MEMBERS[delta["type"]]
        block[member] += delta[source]


class Completion(msgspec.Struct):
    """What a stream of Chat Completions says."""

    content: str
    thought: str
    details: list[Json]
    calls: list[Json]
    refusal: str
    finish: str | None
    usage: Json | None
    chunks: list[Json]


def chunks_of(stream: bytes) -> list[Json]:
    """The chunks of a stream that ends as it must."""
    frames = stream.decode().split("\n\n")
    assert frames[-2:] == ["data: [DONE]", ""]
    return [json.loads(frame.removeprefix("data: ")) for frame in frames[:-2]]


def completion_of(stream: bytes) -> Completion:
    """What a whole and proper stream says."""
    chunks = chunks_of(stream)
    assert len({(chunk["id"], chunk["created"], chunk["model"], chunk["object"]) for chunk in chunks}) == 1
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    told = Completion("", "", [], [], "", None, None, chunks)
    for chunk in chunks:
        if not chunk["choices"]:
            assert chunk is chunks[-1]
            told.usage = chunk["usage"]
            continue
        assert told.finish is None, "more after the finish"
        (choice,) = chunk["choices"]
        delta = choice["delta"]
        assert choice["index"] == 0
        told.content += delta.get("content") or ""
        told.refusal += delta.get("refusal") or ""
        told.thought += delta.get("reasoning_content") or ""
        told.details += delta.get("reasoning_details") or []
        for piece in delta.get("tool_calls") or []:
            _call(told.calls, piece)
        told.finish = choice["finish_reason"]
    assert told.finish is not None
    return told


def _call(calls: list[Json], piece: Json) -> None:
    assert piece["index"] <= len(calls), "a gap in the calls"
    if piece["index"] == len(calls):
        function = piece["function"]
        assert (piece["type"], bool(piece["id"])) == ("function", True)
        calls.append({"id": piece["id"], "name": function["name"], "arguments": function["arguments"]})
        return
    assert "id" not in piece
    assert "name" not in piece["function"]
    calls[piece["index"]]["arguments"] += piece["function"]["arguments"]
