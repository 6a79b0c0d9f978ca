"""Answers of an upstream as bytes, made of answers in the neutral form: plain bodies, and streams as they may come.

This module knows the wire formats by itself: it is what the gateway's readers are held against.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from argo_addon.ir.parts import ReasoningPart, TextPart, ToolCallPart
from argo_addon.ir.response import Response, ResponsePart, Usage

from .making import Name

Json = dict[str, Any]


# Plain bodies


def body_of(name: Name, answer: Response) -> bytes:
    """The plain body of an answer."""
    made = _message(answer) if name == "anthropic" else _completion(answer)
    return json.dumps(made).encode()


def _message(answer: Response) -> Json:
    (choice,) = answer.choices
    return {
        **_message_head(answer),
        "content": [_block(part) for part in choice.parts],
        "stop_reason": choice.finish.raw,
        "stop_sequence": choice.finish.stop_sequence,
        "usage": _message_usage(answer.usage),
    }


def _message_head(answer: Response) -> Json:
    return {"id": answer.id, "type": "message", "role": "assistant", "model": answer.model}


def _block(part: ResponsePart) -> Json:
    match part:
        case TextPart():
            return {"type": "text", "text": part.text}
        case ToolCallPart():
            return {"type": "tool_use", "id": part.id, "name": part.name, "input": json.loads(part.arguments)}
        case ReasoningPart(redacted=str(data)):
            return {"type": "redacted_thinking", "data": data}
        case ReasoningPart():
            return {"type": "thinking", "thinking": part.text, "signature": part.signature or ""}
    raise AssertionError(part)


def _message_usage(usage: Usage | None) -> Json:
    assert usage is not None
    read, write = usage.cache_read, usage.cache_write
    written: Json = {"input_tokens": usage.input - (read or 0) - (write or 0), "output_tokens": usage.output}
    if read is not None:
        written["cache_read_input_tokens"] = read
    if write is not None:
        written["cache_creation_input_tokens"] = write
    if usage.reasoning is not None:
        written["output_tokens_details"] = {"thinking_tokens": usage.reasoning}
    return written


def _completion(answer: Response) -> Json:
    (choice,) = answer.choices
    message: Json = {"role": "assistant", "content": None, "refusal": None}
    for part in choice.parts:
        _tell(message, part)
    body: Json = {
        "id": answer.id,
        "object": "chat.completion",
        "created": answer.created,
        "model": answer.model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": choice.finish.raw}],
    }
    return body if answer.usage is None else {**body, "usage": _chat_usage(answer.usage)}


def _tell(message: Json, part: ResponsePart) -> None:
    match part:
        case TextPart(refusal=True):
            message["refusal"] = part.text
        case TextPart():
            message["content"] = part.text
        case ToolCallPart():
            function = {"name": part.name, "arguments": part.arguments}
            message.setdefault("tool_calls", []).append({"id": part.id, "type": "function", "function": function})
        case ReasoningPart():
            if part.text:
                message["reasoning_content"] = part.text
            message.setdefault("reasoning_details", []).extend(_details(part))


def _details(part: ReasoningPart) -> list[Json]:
    if part.redacted is not None:
        return [{"type": "reasoning.encrypted", "data": part.redacted}]
    if part.signature is not None:
        return [{"type": "reasoning.text", "text": part.text, "signature": part.signature}]
    return []


def _chat_usage(usage: Usage) -> Json:
    written: Json = {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
    }
    if usage.cache_read is not None or usage.cache_write is not None:
        figures = {"cached_tokens": usage.cache_read, "cache_write_tokens": usage.cache_write}
        written["prompt_tokens_details"] = {name: figure for name, figure in figures.items() if figure is not None}
    if usage.reasoning is not None:
        written["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning}
    return written


# Streams


@dataclass(frozen=True)
class Stream:
    """A stream. `frames` are its events as bytes; the answer's end is told by the frame numbered `end`."""

    frames: tuple[bytes, ...]
    end: int

    @property
    def whole(self) -> bytes:
        return b"".join(self.frames)

    @property
    def told(self) -> int:
        """Bytes until the answer's end has been told."""
        return len(b"".join(self.frames[: self.end + 1]).rstrip(b"\r\n"))


@st.composite
def pieces(draw: st.DrawFn, text: str) -> list[str]:
    """A text in pieces, as it might stream."""
    size = draw(st.integers(1, max(len(text), 1)))
    return [text[start : start + size] for start in range(0, len(text), size)]


_ODD_MESSAGES: list[Json] = [
    {"type": "ping"},
    {"type": "never_heard_of", "index": 0, "delta": {"type": "x"}},
    {"type": "content_block_delta", "index": 977, "delta": {"type": "never_heard_of", "text": "no"}},
]
_ODD_CHUNKS: list[Json] = [
    {"choices": []},
    {"choices": [{"index": 0, "delta": {}, "finish_reason": None}]},
    {"choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": None}]},
    {"choices": [{"index": 0, "delta": {"content": None, "tool_calls": None}}], "usage": None},
    {"object": "never.heard.of", "prompt_filter_results": []},
]


@st.composite
def streams(draw: st.DrawFn, name: Name, answer: Response, *, odd: bool = True) -> Stream:
    """A stream that tells an answer; an odd one with what else may stand in it, and line ends of every kind."""
    events = draw(_message_events(answer) if name == "anthropic" else _chunks(answer))
    last = max(place for place, event in enumerate(events) if _ends(event))
    line_end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"])) if odd else "\n"
    frames: list[bytes] = []
    end = 0
    for place, event in enumerate(events):
        if odd and (place or name == "anthropic"):  # Chat's first chunk says whose the stream is
            frames += [_between(draw, name, line_end)] if draw(st.integers(0, 4)) == 0 else []
        frames.append(_frame(draw, name, event, line_end, odd))
        end = len(frames) - 1 if place == last else end
    if name == "openai_chat" and not (odd and draw(st.booleans())):
        frames.append(f"data: [DONE]{line_end}{line_end}".encode())
    return Stream(tuple(frames), end)


def _ends(event: Json) -> bool:
    told = any(choice.get("finish_reason") for choice in event.get("choices", ()))
    return told or event.get("type") in ("message_delta",)


def _between(draw: st.DrawFn, name: Name, line_end: str) -> bytes:
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return (
            f": {draw(st.sampled_from(['', 'keep_extra-alive', 'OPENROUTER PROCESSING']))}{line_end}{line_end}".encode()
        )
    if kind == 1:
        return f"retry: 3000{line_end}id: 7{line_end}{line_end}".encode()
    event = draw(st.sampled_from(_ODD_MESSAGES if name == "anthropic" else _ODD_CHUNKS))
    return _frame(draw, name, event, line_end, True)


def _frame(draw: st.DrawFn, name: Name, event: Json, line_end: str, odd: bool) -> bytes:
    shape = draw(st.integers(0, 5)) if odd else 0
    data = json.dumps(event, ensure_ascii=shape == 1, indent=1 if shape == 2 else None)
    field = "data:" if shape == 3 else "data: "
    lines = [field + line for line in data.split("\n")]
    if name == "anthropic" and shape != 4:
        lines.insert(0, f"event: {event['type']}")
    return (line_end.join(lines) + line_end * 2).encode()


@st.composite
def _message_events(draw: st.DrawFn, answer: Response) -> list[Json]:
    (choice,) = answer.choices
    usage = _message_usage(answer.usage)
    early = {**usage, "output_tokens": 1}
    message = {**_message_head(answer), "content": [], "stop_reason": None, "stop_sequence": None, "usage": early}
    events: list[Json] = [{"type": "message_start", "message": message}]
    for index, part in enumerate(choice.parts):
        events.append({"type": "content_block_start", "index": index, "content_block": _empty(part)})
        for delta in draw(_deltas(part)):
            events.append({"type": "content_block_delta", "index": index, "delta": delta})
        events.append({"type": "content_block_stop", "index": index})
    ended = {"stop_reason": choice.finish.raw, "stop_sequence": choice.finish.stop_sequence}
    late = usage if draw(st.booleans()) else {key: usage[key] for key in usage if key.startswith("output")}
    return [*events, {"type": "message_delta", "delta": ended, "usage": late}, {"type": "message_stop"}]


def _empty(part: ResponsePart) -> Json:
    match part:
        case TextPart():
            return {"type": "text", "text": ""}
        case ToolCallPart():
            return {"type": "tool_use", "id": part.id, "name": part.name, "input": {}}
        case ReasoningPart(redacted=None):
            return {"type": "thinking", "thinking": "", "signature": ""}
    return _block(part)


@st.composite
def _deltas(draw: st.DrawFn, part: ResponsePart) -> list[Json]:
    match part:
        case TextPart():
            return [{"type": "text_delta", "text": piece} for piece in draw(pieces(part.text))]
        case ToolCallPart():
            if json.loads(part.arguments) == {} and draw(st.booleans()):
                return [{"type": "input_json_delta", "partial_json": ""}] if draw(st.booleans()) else []
            first = [""] if draw(st.booleans()) else []
            return [
                {"type": "input_json_delta", "partial_json": piece} for piece in first + draw(pieces(part.arguments))
            ]
        case ReasoningPart(redacted=None):
            said: list[Json] = [{"type": "thinking_delta", "thinking": piece} for piece in draw(pieces(part.text))]
            return said + ([{"type": "signature_delta", "signature": part.signature}] if part.signature else [])
    return []


@st.composite
def _chunks(draw: st.DrawFn, answer: Response) -> list[Json]:
    (choice,) = answer.choices
    deltas: list[Json] = [{"role": "assistant", "content": ""}] if draw(st.booleans()) else []
    for part in choice.parts:
        if not isinstance(part, ToolCallPart):
            deltas += draw(_chat_deltas(part))
    calls = [part for part in choice.parts if isinstance(part, ToolCallPart)]
    deltas += draw(_interleaved([draw(_call_deltas(call, number)) for number, call in enumerate(calls)]))
    together = draw(st.booleans())  # the last words and the finish reason
    ending: Json = deltas.pop() if deltas and together else {}
    chunks = [_chunk(answer, [{"index": 0, "delta": delta, "finish_reason": None}]) for delta in deltas]
    closing = _chunk(answer, [{"index": 0, "delta": ending, "finish_reason": choice.finish.raw}])
    if answer.usage is None:
        return [*chunks, closing]
    usage = {"usage": _chat_usage(answer.usage)}
    if draw(st.booleans()):
        return [*chunks, {**closing, **usage}]
    return [*chunks, closing, {**_chunk(answer, []), **usage}]


def _chunk(answer: Response, choices: list[Json]) -> Json:
    head = {"id": answer.id, "object": "chat.completion.chunk", "created": answer.created, "model": answer.model}
    return {**head, "choices": choices}


@st.composite
def _chat_deltas(draw: st.DrawFn, part: ResponsePart) -> list[Json]:
    if isinstance(part, TextPart):
        member = "refusal" if part.refusal else "content"
        return [{member: piece} for piece in draw(pieces(part.text))]
    assert isinstance(part, ReasoningPart)
    said: list[Json] = [{"reasoning_content": piece} for piece in draw(pieces(part.text))] if part.text else []
    details = [{**detail, "text": ""} if "text" in detail else detail for detail in _details(part)]
    return said + ([{"reasoning_details": details}] if details else [])


@st.composite
def _call_deltas(draw: st.DrawFn, call: ToolCallPart, number: int) -> list[Json]:
    written = draw(pieces(call.arguments))
    first = written.pop(0) if draw(st.booleans()) else ""
    begun = {"index": number, "id": call.id, "type": "function", "function": {"name": call.name, "arguments": first}}
    return [begun, *({"index": number, "function": {"arguments": piece}} for piece in written)]


@st.composite
def _interleaved(draw: st.DrawFn, calls: list[list[Json]]) -> list[Json]:
    """The calls' pieces mixed, a call's own in their order, the calls begun in theirs; now and then several a delta."""
    left = [list(call) for call in calls]
    mixed: list[Json] = []
    begun = 0
    while any(left):
        ready = [place for place, call in enumerate(left) if call and place <= begun]
        place = draw(st.sampled_from(ready))
        begun = max(begun, place + 1)
        mixed.append(left[place].pop(0))
    deltas: list[Json] = []
    for piece in mixed:
        before = deltas[-1]["tool_calls"] if deltas else []
        joins = piece["index"] not in [other["index"] for other in before]
        if before and joins and draw(st.integers(0, 3)) == 0:
            before.append(piece)
        else:
            deltas.append({"tool_calls": [piece]})
    return deltas


@st.composite
def cuts(draw: st.DrawFn, stream: bytes) -> list[bytes]:
    """A stream cut at random places, which lie within characters and line ends as well."""
    if not stream:
        return []
    places = sorted(draw(st.sets(st.integers(0, len(stream)), max_size=8)))
    return list(_cut(stream, places))


def _cut(stream: bytes, places: Iterable[int]) -> Iterator[bytes]:
    start = 0
    for place in places:
        yield stream[start:place]
        start = place
    yield stream[start:]
