"""What a Responses stream must keep to under its vendor's types and order rules (pitfalls 3.8 to 3.15).

The SDK takes events without validating them; here every event is validated with its own types, and members that those
do not know are told. The Open Responses specification's are held against it besides (tests/open_responses.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter, ValidationError

from tests import open_responses

from .sse_rules import frames

_EVENT: TypeAdapter[ResponseStreamEvent] = TypeAdapter(ResponseStreamEvent)
ENDS = ("response.completed", "response.incomplete", "response.failed")
_STATUS = {"response.completed": "completed", "response.incomplete": "incomplete", "response.failed": "failed"}
_WRITTEN = {
    "response.output_text.delta": ("output_text", "text"),
    "response.refusal.delta": ("refusal", "refusal"),
    "response.reasoning_summary_text.delta": ("summary", "text"),
    "response.function_call_arguments.delta": ("function_call", "arguments"),
    "response.custom_tool_call_input.delta": ("custom_tool_call", "input"),
}
"""What a delta adds to: a kind of part or item, and its member."""
_DONE = {name.removesuffix("delta") + "done": made for name, made in _WRITTEN.items()}
_PARTS = {
    "response.content_part.added": True, "response.reasoning_summary_part.added": True,
    "response.content_part.done": False, "response.reasoning_summary_part.done": False,
}  # fmt: skip
_OPEN = "the SDK does not know it; the Open Responses specification requires it"
BESIDES = {
    "Response.frequency_penalty": _OPEN,
    "Response.presence_penalty": _OPEN,
    "Response.store": _OPEN,
    "ResponseFunctionCallArgumentsDoneEvent.name": "the SDK's types of version 2 demand it, those of 3 do not know it",
    "ResponseCustomToolCall.status": "the SDK knows it of the item that is read back, ResponseCustomToolCallItem",
}
"""Members that the SDK's types do not know, and why they may be there."""


@dataclass
class _Stream:
    """Where in its life a stream is."""

    problems: list[str] = field(default_factory=list)
    done: list[dict[str, Any]] = field(default_factory=list)
    item: dict[str, Any] | None = None
    parts: int = 0
    part: dict[str, Any] | None = None
    text: str = ""

    def check(self, condition: bool, problem: str) -> None:
        if not condition:
            self.problems.append(problem)


def responses_problems(stream: bytes) -> list[str]:
    """What is wrong with a Responses stream."""
    read = [(name, json.loads(data)) for name, data in frames(stream)]
    state = _Stream()
    for number, (name, event) in enumerate(read):
        kind = event.get("type")
        state.check(name == kind, f"event {name!r} of type {kind!r}")
        state.check(event.get("sequence_number") == number, f"{kind} is numbered {event.get('sequence_number')}")
        state.check((kind == "response.created") == (number == 0), f"{kind} at place {number}")
        state.check((kind in ENDS) == (number == len(read) - 1), f"{kind} at place {number} of {len(read)}")
        state.problems += open_responses.event_problems(json.dumps(event).encode())
        wrong = invalid(event)
        state.problems += wrong
        if not wrong:
            _ordered(state, event)
    state.check(bool(read), "no events")
    return state.problems


def invalid(event: dict[str, Any]) -> list[str]:
    """What of an event its type does not take."""
    try:
        made = _EVENT.validate_json(json.dumps(event), strict=True)
    except ValidationError as error:
        return [f"{event}: {error}"]
    if "type" not in event:
        return [f"{event}: no type"]
    return list(unknown(made, event["type"]))


def body_problems(body: bytes) -> list[str]:
    """What is wrong with a plain answer."""
    try:
        made = Response.model_validate_json(body, strict=True)
    except ValidationError as error:
        return [str(error)]
    return [*unknown(made, ""), *response_problems(json.loads(body)), *open_responses.body_problems(body)]


def unknown(model: object, path: str) -> Iterator[str]:
    """The members that a type does not know, by their path."""
    if isinstance(model, BaseModel):
        kind = type(model).__name__
        extra = (name for name in model.model_extra or () if f"{kind}.{name}" not in BESIDES)
        yield from (f"{path}.{name}: unknown to {kind}" for name in extra)
        for name in type(model).model_fields:
            yield from unknown(getattr(model, name), f"{path}.{name}")
    elif isinstance(model, list):
        for place, one in enumerate(model):
            yield from unknown(one, f"{path}[{place}]")


def response_problems(response: dict[str, Any]) -> list[str]:
    """What is wrong with a response that has ended."""
    needed = ("id", "object", "created_at", "model", "status", "output", "parallel_tool_calls", "tool_choice", "tools")
    problems = [f"response without {name}" for name in needed if response.get(name) is None]
    usage = response.get("usage")
    if usage is None:
        return problems
    figures = [usage.get(name) for name in ("input_tokens", "output_tokens", "total_tokens")]
    figures += [(usage.get("input_tokens_details") or {}).get(name) for name in ("cached_tokens", "cache_write_tokens")]
    figures.append((usage.get("output_tokens_details") or {}).get("reasoning_tokens"))
    return problems if all(isinstance(figure, int) for figure in figures) else [*problems, f"usage: {usage}"]


def _ordered(state: _Stream, event: dict[str, Any]) -> None:
    kind = event["type"]
    if "output_index" in event:
        state.check(event["output_index"] == len(state.done), f"{kind} of item {event['output_index']}")
    if "item_id" in event and state.item is not None:
        state.check(event["item_id"] == state.item["id"], f"{kind} of item {event['item_id']}")
    if kind == "response.output_item.added":
        state.check(state.item is None, "an item starts within another")
        state.item, state.parts = event["item"], 0
    elif kind == "response.output_item.done":
        _item_done(state, event["item"])
    elif kind in _PARTS:
        _part(state, event, added=_PARTS[kind])
    elif kind in _WRITTEN:
        state.check(_open_kind(state) == _WRITTEN[kind][0], f"{kind} where {_open_kind(state)} is open")
        state.text += event["delta"]
    elif kind in _DONE:
        state.check(event[_DONE[kind][1]] == state.text, f"{kind} tells other than its deltas did: {event}")
    elif kind in ENDS:
        _ended(state, event)


def _open_kind(state: _Stream) -> str | None:
    if state.part is not None:
        return "summary" if state.part["type"] == "summary_text" else str(state.part["type"])
    return None if state.item is None else str(state.item["type"])


def _part(state: _Stream, event: dict[str, Any], *, added: bool) -> None:
    index = event.get("content_index", event.get("summary_index"))
    state.check(index == state.parts, f"part {index} where {state.parts} is next")
    state.check((state.part is None) == added, f"{event['type']} at the wrong time")
    if added:
        state.part, state.text = event["part"], ""
        return
    part = event["part"]
    state.check(part.get("text", part.get("refusal")) == state.text, f"a part done with other than its deltas: {part}")
    state.part, state.parts = None, state.parts + 1


def _item_done(state: _Stream, item: dict[str, Any]) -> None:
    state.check(state.item is not None, "an item is done that was not added")
    state.check(state.part is None, "an item is done while a part is open")
    if state.item is not None:
        names = ("id", "type", "name", "call_id", "namespace")
        same = all(item.get(name) == state.item.get(name) for name in names)
        state.check(same, f"{item} was added as {state.item}")
    if item["type"] in ("message", "reasoning"):
        told = item["content"] if item["type"] == "message" else item["summary"]
        state.check(len(told) == state.parts, f"{len(told)} parts where {state.parts} were told")
    elif item["type"] in ("function_call", "custom_tool_call"):
        written = item["arguments" if item["type"] == "function_call" else "input"]
        state.check(written == state.text, f"a call done with other than its deltas: {item}")
    state.done.append(item)
    state.item, state.text = None, ""


def _ended(state: _Stream, event: dict[str, Any]) -> None:
    response = event["response"]
    failed = event["type"] == "response.failed"
    state.check(failed or state.item is None, "the answer ends within an item")
    state.check(response["output"] == state.done, "the output is not what the items were")
    state.check(response["status"] == _STATUS[event["type"]], f"{event['type']} with status {response['status']}")
    state.check(failed == (response.get("error") is not None), f"error: {response.get('error')}")
    state.problems += response_problems(response)
