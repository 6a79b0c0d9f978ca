"""Answers of the Responses API, streamed or plain, read into the neutral form to be shown. It knows nothing of HTTP.

ARGO has no endpoint of this dialect: no answer that is read here goes to a client. A plain answer is a stream of one.
What an item says is taken from its deltas; from the whole item, or from the whole answer, where there were none.
"""

from __future__ import annotations

import msgspec

from ...errors import UNREADABLE, ClientError, UpstreamError
from ...ir.events import (
    ChoiceEnd,
    Event,
    PartEnd,
    PartStart,
    ReasoningDelta,
    ResponseEnd,
    ResponseStart,
    StreamError,
    TextDelta,
    ToolArgumentsDelta,
)
from ...ir.fold import events_of_part
from ...ir.parts import OpaquePart, ReasoningPart, TextPart, ToolCallPart
from ...ir.response import Finish, FinishReason, ResponsePart, Usage
from ..base import Reader
from ..shared.lenient import Lenient
from ..shared.wrapped_errors import detail_in
from . import wire
from .decode_messages import parts_of_item

_NULL = msgspec.Raw(b"null")
_CALLS = frozenset({"function_call", "custom_tool_call"})
_REFUSED = "content_filter"


class _InputDetails(msgspec.Struct):
    cached_tokens: int | None = None


class _OutputDetails(msgspec.Struct):
    reasoning_tokens: int | None = None


class _Counts(msgspec.Struct):
    input_tokens: int = 0
    output_tokens: int = 0
    input_tokens_details: _InputDetails | None = None
    output_tokens_details: _OutputDetails | None = None


class _Incomplete(msgspec.Struct):
    reason: str = ""


class _ResponseBody(msgspec.Struct):
    id: str = ""
    model: str = ""
    status: str = ""
    output: list[msgspec.Raw] = []
    usage: _Counts | None = None
    incomplete_details: _Incomplete | None = None
    error: msgspec.Raw = _NULL


class _Event(msgspec.Struct):
    type: str = ""
    object: str = ""
    delta: str = ""
    output_index: int = 0
    content_index: int = 0
    summary_index: int = 0
    item: msgspec.Raw = _NULL
    response: msgspec.Raw = _NULL
    error: msgspec.Raw = _NULL
    message: str = ""
    code: str | None = None


_EVENT = Lenient(_Event)
_BODY = Lenient(_ResponseBody)
_ITEM = Lenient(wire.ItemType)
_CALL = Lenient(wire.Call)
_DELTAS: dict[str, ResponsePart] = {
    "response.output_text.delta": TextPart(""),
    "response.refusal.delta": TextPart("", refusal=True),
    "response.reasoning_summary_text.delta": ReasoningPart(""),
    "response.reasoning_text.delta": ReasoningPart(""),
}
_ARGUMENTS = frozenset({"response.function_call_arguments.delta", "response.custom_tool_call_input.delta"})


class ResponseReader(Reader):
    """Reads the events of a stream, or a plain answer as if it were its last."""

    def __init__(self) -> None:
        self._started = False
        self._count = 0
        self._seen: set[int] = set()  # items, by their positions in the answer, that have said something
        self._parts: dict[tuple[int, str, int], int] = {}  # open parts, by item, type of delta, and position within
        self._calls: dict[int, int] = {}  # open calls, by item
        self._usage: Usage | None = None
        self._calls_tools = False

    def read(self, data: bytes) -> list[Event]:
        event = _EVENT.decode(data)
        kind = event.type
        if kind in _DELTAS:
            return self._delta(event)
        if kind in _ARGUMENTS and event.output_index in self._calls:
            self._seen.add(event.output_index)
            return [ToolArgumentsDelta(self._calls[event.output_index], event.delta)]
        match kind:
            case "response.output_item.added":
                return self._begun(event)
            case "response.output_item.done":
                return self._done(event.output_index, event.item)
            case "response.completed" | "response.incomplete" | "response.failed":
                return self._end(event.response)
            case "response.created" | "response.in_progress":
                return self._start(_BODY.decode(event.response))
            case "error":
                return [self._error(event.error, event)]
        if event.object in ("response", "response.compaction"):
            return self._end(msgspec.Raw(data))
        return [self._error(event.error, event)] if not kind and bytes(event.error) != b"null" else []

    def close(self) -> list[Event]:
        return [ResponseEnd(self._usage)] if self._started else []

    def _start(self, response: _ResponseBody) -> list[Event]:
        if self._started:
            return []
        self._started = True
        return [ResponseStart(response.id, response.model)]

    def _error(self, written: msgspec.Raw, event: _Event) -> StreamError:
        detail = detail_in(written)
        if detail is None:
            return StreamError(UpstreamError(500, event.message or "no words of it", code=event.code))
        return StreamError(UpstreamError(500, detail.message, kind=detail.kind, code=detail.code))

    def _delta(self, event: _Event) -> list[Event]:
        key = (event.output_index, event.type, event.content_index or event.summary_index)
        part = _DELTAS[event.type]
        events: list[Event] = []
        number = self._parts.get(key)
        if number is None:
            number = self._parts[key] = self._next()
            self._seen.add(event.output_index)
            events.append(PartStart(number, part))
        more = ReasoningDelta if isinstance(part, ReasoningPart) else TextDelta
        events.append(more(number, event.delta))
        return events

    def _next(self) -> int:
        self._count += 1
        return self._count - 1

    def _begun(self, event: _Event) -> list[Event]:
        if (kind := _ITEM.decode(event.item).type) not in _CALLS:
            return []
        call = _CALL.decode(event.item)
        name = f"{call.namespace}.{call.name}" if call.namespace else call.name
        number = self._calls[event.output_index] = self._next()
        self._calls_tools = True
        custom = kind == "custom_tool_call"
        return [PartStart(number, ToolCallPart(call.call_id or call.id or "", name, "", custom=custom))]

    def _done(self, position: int, item: msgspec.Raw) -> list[Event]:
        """The end of an item, and what of it has not been told."""
        call = self._calls.pop(position, None)
        if position not in self._seen:
            self._seen.add(position)
            parts = _parts_of_item(item)
            if call is not None:
                arguments = next((part.arguments for part in parts if isinstance(part, ToolCallPart)), "")
                return [ToolArgumentsDelta(call, arguments), PartEnd(call)]
            self._calls_tools = self._calls_tools or any(isinstance(part, ToolCallPart) for part in parts)
            return [event for part in parts for event in events_of_part(part, self._next(), 0)]
        numbers = [number for key, number in self._parts.items() if key[0] == position]
        return [PartEnd(number) for number in (*numbers, *([] if call is None else [call]))]

    def _end(self, written: msgspec.Raw) -> list[Event]:
        response = _BODY.decode(written)
        events = self._start(response)
        for position, item in enumerate(response.output):
            events += self._done(position, item) if position not in self._seen else ()
        if response.usage is not None:
            self._usage = _usage(response.usage)
        if (detail := detail_in(response.error)) is not None:
            return [*events, StreamError(UpstreamError(500, detail.message, kind=detail.kind, code=detail.code))]
        self.complete = True
        why = response.incomplete_details.reason if response.incomplete_details is not None else ""
        reason = FinishReason.TOOL_CALLS if self._calls_tools else FinishReason.STOP
        if response.status == "incomplete":
            reason = FinishReason.REFUSAL if why == _REFUSED else FinishReason.LENGTH
        return [*events, ChoiceEnd(0, Finish(reason, f"{response.status} ({why})" if why else response.status))]


def _parts_of_item(item: msgspec.Raw) -> tuple[ResponsePart, ...]:
    """What a whole item says; the item itself, where nobody but its provider can read it."""
    kind = _ITEM.decode(item).type or ""
    try:
        parts = tuple(
            part
            for part in parts_of_item(item)
            if isinstance(part, (TextPart, ReasoningPart, ToolCallPart, OpaquePart))
        )
    except (ClientError, *UNREADABLE):
        parts = ()
    return parts or (OpaquePart(kind, item),)


def _usage(counts: _Counts) -> Usage:
    cached, thought = counts.input_tokens_details, counts.output_tokens_details
    return Usage(
        counts.input_tokens,
        counts.output_tokens,
        cache_read=None if cached is None else cached.cached_tokens,
        reasoning=None if thought is None else thought.reasoning_tokens,
    )
