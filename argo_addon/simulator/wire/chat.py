"""Answers of Chat Completions: a completion, or its chunks. Knows turns and usage, and no rules."""

from __future__ import annotations

import time
from collections.abc import Iterator

from argo_addon.simulator.agent.ask import Stop, Turn
from argo_addon.simulator.agent.pieces import argument_pieces, text_pieces
from argo_addon.simulator.catalogue import Model
from argo_addon.simulator.jsons import Json, JsonObject, compact
from argo_addon.simulator.usage import Usage
from argo_addon.simulator.wire import ids
from argo_addon.simulator.wire.answer import Answer

_STOPS: dict[Stop, str] = {"end": "stop", "calls": "tool_calls", "limit": "length", "sequence": "stop"}
DONE = b"data: [DONE]\n\n"
_FINGERPRINT = "fp_5f1a7e90c2"


def event(data: JsonObject) -> bytes:
    """A chunk on the wire."""
    return f"data: {compact(data)}\n\n".encode("utf-8", "replace")


def answer(model: Model, turn: Turn, usage: Usage, *, stream: bool, with_usage: bool, count: int) -> Answer:
    """The answer with `count` choices that say the same; `with_usage` adds the usage to a stream."""
    calls = [tuple(ids.call_id() for _ in turn.calls) for _ in range(count)]
    head: JsonObject = {
        "id": ids.completion_id(),
        "object": "chat.completion.chunk" if stream else "chat.completion",
        "created": int(time.time()),
        "model": model.vendor,
        "service_tier": "default",
        "system_fingerprint": _FINGERPRINT,
    }
    flat = tuple(identifier for names in calls for identifier in names)
    if not stream:
        choices: list[Json] = [_choice(index, turn, names) for index, names in enumerate(calls)]
        return Answer({**head, "choices": choices, "usage": _usage(usage, count)}, call_ids=flat)
    chunks = [_chunk(head, choice, with_usage) for choice in _deltas(turn, calls)]
    if with_usage:
        chunks.append({**head, "choices": [], "usage": _usage(usage, count)})
    return Answer(events=(*map(event, chunks), DONE), call_ids=flat)


def _usage(usage: Usage, count: int) -> JsonObject:
    output = usage.output * count
    return {
        "prompt_tokens": usage.prompt,
        "completion_tokens": output,
        "total_tokens": usage.prompt + output,
        "prompt_tokens_details": {"cached_tokens": usage.read, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.thinking * count,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _finish(turn: Turn) -> str:
    return turn.stop_word or _STOPS[turn.stop]


def _choice(index: int, turn: Turn, call_ids: tuple[str, ...]) -> JsonObject:
    message: JsonObject = {
        "role": "assistant",
        "content": turn.text or (None if turn.calls else ""),
        "refusal": None,
        "annotations": [],
    }
    if turn.calls:
        message["tool_calls"] = [
            {"id": name, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for name, call in zip(call_ids, turn.calls, strict=True)
        ]
    return {"index": index, "message": message, "logprobs": None, "finish_reason": _finish(turn)}


def _chunk(head: JsonObject, choice: JsonObject, with_usage: bool) -> JsonObject:
    chunk: JsonObject = {**head, "choices": [choice]}
    return {**chunk, "usage": None} if with_usage else chunk


def _deltas(turn: Turn, calls: list[tuple[str, ...]]) -> Iterator[JsonObject]:
    for index, call_ids in enumerate(calls):
        for delta in _choice_deltas(turn, call_ids):
            yield {"index": index, "delta": delta, "logprobs": None, "finish_reason": None}
        yield {"index": index, "delta": {}, "logprobs": None, "finish_reason": _finish(turn)}


def _choice_deltas(turn: Turn, call_ids: tuple[str, ...]) -> Iterator[JsonObject]:
    yield {"role": "assistant", "content": "" if turn.text or not turn.calls else None, "refusal": None}
    for piece in text_pieces(turn.text):
        yield {"content": piece}
    for index, (name, call) in enumerate(zip(call_ids, turn.calls, strict=True)):
        first: JsonObject = {"name": call.name, "arguments": ""}
        yield {"tool_calls": [{"index": index, "id": name, "type": "function", "function": first}]}
        for piece in argument_pieces(call.arguments):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}
