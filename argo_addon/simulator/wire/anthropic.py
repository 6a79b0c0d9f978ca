"""Answers of the Messages API: a message, or its events. Knows turns and usage, and no rules."""

from __future__ import annotations

import json
from collections.abc import Iterator

from argo_addon.simulator.agent.ask import Call, Stop, Turn
from argo_addon.simulator.agent.pieces import argument_pieces, text_pieces
from argo_addon.simulator.catalogue import Model
from argo_addon.simulator.jsons import Json, JsonObject, compact
from argo_addon.simulator.signatures import sign
from argo_addon.simulator.usage import Usage
from argo_addon.simulator.wire import ids
from argo_addon.simulator.wire.answer import Answer

_STOPS: dict[Stop, str] = {
    "end": "end_turn",
    "calls": "tool_use",
    "limit": "max_tokens",
    "sequence": "stop_sequence",
}


def event(data: JsonObject) -> bytes:
    """An event on the wire."""
    return f"event: {data['type']}\ndata: {compact(data)}\n\n".encode("utf-8", "replace")


def answer(model: Model, turn: Turn, usage: Usage, *, stream: bool, shown: bool) -> Answer:
    """The answer; `shown` is whether thinking is to be read, or only its signature given."""
    call_ids = tuple(ids.tool_use_id() for _ in turn.calls)
    made = _blocks(turn, call_ids, shown)
    head: JsonObject = {"id": ids.message_id(), "type": "message", "role": "assistant", "model": model.vendor}
    ending: JsonObject = {"stop_reason": turn.stop_word or _STOPS[turn.stop], "stop_sequence": turn.sequence}
    if not stream:
        return Answer({**head, "content": list(made), **ending, "usage": _usage(usage)}, call_ids=call_ids)
    start: JsonObject = {
        **head,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**_usage(usage), "output_tokens": 1},
    }
    return Answer(events=tuple(event(data) for data in _events(start, made, turn, ending, usage)), call_ids=call_ids)


def _usage(usage: Usage) -> JsonObject:
    return {
        "input_tokens": usage.fresh,
        "cache_creation_input_tokens": usage.written,
        "cache_read_input_tokens": usage.read,
        "cache_creation": {"ephemeral_5m_input_tokens": usage.written, "ephemeral_1h_input_tokens": 0},
        "output_tokens": usage.output,
        "service_tier": "standard",
    }


def _blocks(turn: Turn, call_ids: tuple[str, ...], shown: bool) -> list[JsonObject]:
    found: list[JsonObject] = []
    if turn.thinking:
        thinking = turn.thinking if shown else ""
        found.append({"type": "thinking", "thinking": thinking, "signature": sign(thinking)})
    if turn.text:
        found.append({"type": "text", "text": turn.text})
    for identifier, call in zip(call_ids, turn.calls, strict=True):
        found.append({"type": "tool_use", "id": identifier, "name": call.name, "input": _input(call)})
    return found


def _input(call: Call) -> Json:
    """What a plain answer gives: an object, empty where the model was cut off within it."""
    try:
        value: Json = json.loads(call.arguments)
    except ValueError:
        return {}
    return value


def _events(
    start: JsonObject, made: list[JsonObject], turn: Turn, ending: JsonObject, usage: Usage
) -> Iterator[JsonObject]:
    yield {"type": "message_start", "message": start}
    arguments = iter(turn.calls)
    for index, block in enumerate(made):
        kind = block["type"]
        empty: JsonObject = {key: _EMPTY.get(key, value) for key, value in block.items()}
        yield {"type": "content_block_start", "index": index, "content_block": empty}
        if index == 0:
            yield {"type": "ping"}
        deltas = _argument_deltas(next(arguments)) if kind == "tool_use" else _text_deltas(block)
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    final: JsonObject = {
        "input_tokens": usage.fresh,
        "cache_creation_input_tokens": usage.written,
        "cache_read_input_tokens": usage.read,
        "output_tokens": usage.output,
    }
    yield {"type": "message_delta", "delta": ending, "usage": final}
    yield {"type": "message_stop"}


_EMPTY: JsonObject = {"text": "", "thinking": "", "signature": "", "input": {}}


def _text_deltas(block: JsonObject) -> Iterator[JsonObject]:
    key = "thinking" if block["type"] == "thinking" else "text"
    for piece in text_pieces(str(block[key])):
        yield {"type": f"{key}_delta", key: piece}
    if key == "thinking":
        yield {"type": "signature_delta", "signature": block["signature"]}


def _argument_deltas(call: Call) -> Iterator[JsonObject]:
    """The first is empty, as Anthropic's; a call without arguments has only that one."""
    yield {"type": "input_json_delta", "partial_json": ""}
    if call.arguments != "{}":
        for piece in argument_pieces(call.arguments):
            yield {"type": "input_json_delta", "partial_json": piece}
