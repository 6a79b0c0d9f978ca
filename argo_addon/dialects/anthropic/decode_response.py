"""An answer of the Messages API, plain or streamed, read into the neutral form. It knows nothing of HTTP.

`keep_extra` says that it goes back to this dialect: then what the neutral form has no word for is kept as it stands.
"""

from __future__ import annotations

import msgspec

from ...ir.events import (
    ChoiceEnd,
    CitationAdded,
    Event,
    OpaqueDelta,
    OpaqueEvent,
    PartEnd,
    PartStart,
    ReasoningDelta,
    ResponseEnd,
    ResponseStart,
    SignatureDelta,
    StreamError,
    TextDelta,
    ToolArgumentsDelta,
)
from ...ir.parts import Extra, OpaquePart, ReasoningPart, TextPart, ToolCallPart
from ...ir.response import Choice, Finish, Response, ResponsePart, Usage, consistent_finish
from ...translation.identifiers import own_id
from ..base import Reader
from ..shared.foreign_errors import foreign_error
from ..shared.lenient import Lenient
from ..shared.raw_members import Shape, object_in
from . import wire
from .citations import cited
from .response_parts import finish_of, later, parts_in, usage_of
from .stream_observer import error_in

_EVENT = Lenient(wire.ResponseEvent)
_CLOSING = Lenient(wire.ClosingEvent)
_BODY = Lenient(wire.ResponseBody)
_END_DELTA = Lenient(wire.EndDelta)
_CLOSING_EVENT = Shape(wire.ClosingEvent)
_END = Shape(wire.EndDelta)
_STOP_EVENT = Shape(wire.BlockType)
_MESSAGE = Shape(wire.ResponseBody)
_decode = msgspec.json.decode
_replace = msgspec.structs.replace
_NULL = b"null"


class _Delta(msgspec.Struct):
    delta: msgspec.Raw = msgspec.Raw(b"{}")


class _UsageOf(msgspec.Struct):
    usage: msgspec.Raw = msgspec.Raw(b"{}")


def decode_response(body: bytes, *, keep_extra: bool) -> Response:
    """A plain answer. Raises msgspec.MsgspecError if it is none."""
    raw = msgspec.Raw(body)
    response = _BODY.decode(body)
    blocks = [block for block in response.content if object_in(block)]
    taken: set[str] = set()
    found = [parts_in(block, keep_extra, response.id, number) for number, block in enumerate(blocks)]
    parts = tuple(found if keep_extra else (_own(part, taken, response.id, at) for at, part in enumerate(found)))
    usage = None if response.usage is None else usage_of(response.usage)
    finish = finish_of(response)
    extra: Extra = {}
    if keep_extra:
        extra = _MESSAGE.others(raw)
        finish = _replace(finish, extra=_end_extra(raw))
        usage = _as_written(usage, _usage_members(body))
    else:
        finish = consistent_finish(finish, any(isinstance(part, ToolCallPart) for part in parts))
    return Response(response.id, response.model, (Choice(0, parts, finish),), usage, extra=extra)


def _own(part: ResponsePart, taken: set[str], answer: str, number: int) -> ResponsePart:
    """The part, a call with an id that no other call of the answer has."""
    return _replace(part, id=own_id(part.id, taken, answer, number)) if isinstance(part, ToolCallPart) else part


def _end_extra(raw: msgspec.Raw) -> Extra:
    return {name: value for name, value in object_in(raw).items() if name == "stop_details" and bytes(value) != _NULL}


def _usage_members(data: bytes) -> Extra:
    members = object_in(_decode(data, type=_UsageOf).usage)
    return {name: value for name, value in members.items() if bytes(value) != _NULL}


def _as_written(usage: Usage | None, members: Extra) -> Usage | None:
    return None if usage is None else _replace(usage, extra=members)


_MEMBER_OF_DELTA = {
    "text_delta": "text",
    "input_json_delta": "partial_json",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
    "citations_delta": "citation",
}
"""The member with which each type of delta says what it says."""


class MessageReader(Reader):
    """Reads a stream's events."""

    def __init__(self, keep_extra: bool) -> None:
        self._keep_extra = keep_extra
        self._started = False
        self._id = ""
        self._count = 0
        self._taken: set[str] = set()  # ids of calls
        self._open: dict[int, tuple[int, ResponsePart]] = {}  # the upstream's index, ours, and what began there
        # Calls that have had no arguments yet, and the input that they began with.
        self._without_arguments: dict[int, str] = {}
        self._counts = wire.Counts()
        self._written: Extra = {}
        self._finish: Finish | None = None
        self._extra: Extra = {}
        self._calls = False

    def read(self, data: bytes) -> list[Event]:  # noqa: C901 # an arm for each event
        if self.complete:
            return []
        event = _EVENT.decode(data)
        match event.type:
            case "content_block_delta" if event.delta is not None:
                return self._delta(event.index, event.delta, data)
            case "content_block_start":
                return self._begun() + self._end(event.index) + self._start(event.index, event.content_block)
            case "content_block_stop":
                return self._end(event.index)
            case "message_start":
                return self._message(event.message)
            case "message_delta":
                self._closing(data)
            case "message_stop":
                return self._stop(data)
            case "ping" | "content_block_delta":
                return []
            case _ if (error := error_in(event) or foreign_error(data)) is not None:
                return [StreamError(error)]
            case "":
                return []
            case kind if self._keep_extra:
                return [OpaqueEvent(kind, msgspec.Raw(data))]
        return []

    def close(self) -> list[Event]:
        return [] if self.complete or self._finish is None else self._stop()

    def _begun(self) -> list[Event]:
        """The answer's beginning, where the upstream has left it out."""
        if self._started:
            return []
        self._started = True
        return [ResponseStart("", "")]

    def _message(self, raw: msgspec.Raw) -> list[Event]:
        ended = [event for index in list(self._open) for event in self._end(index)]  # it begins anew
        self._started, self._calls, self._taken = True, False, set()
        message = _BODY.decode(raw if bytes(raw).startswith(b"{") else msgspec.Raw(b"{}"))
        self._id = message.id
        self._counts = message.usage or wire.Counts()
        extra: Extra = {}
        if self._keep_extra:
            extra = _MESSAGE.others(raw)
            self._written = _usage_members(raw) if object_in(raw) else {}
        if message.stop_reason is not None:
            self._finish = finish_of(message)
        usage = _as_written(usage_of(self._counts), self._written)
        events: list[Event] = [*ended, ResponseStart(message.id, message.model, usage=usage, extra=extra)]
        for number, block in enumerate(filter(object_in, message.content)):  # whole blocks, which some put here
            events += [*self._start(-number - 1, block), *self._end(-number - 1)]
        return events

    def _start(self, index: int, block: msgspec.Raw) -> list[Event]:
        if not object_in(block):
            return []  # its first delta tells what it is
        part = parts_in(block, self._keep_extra, self._id, self._count)
        part = part if self._keep_extra else _own(part, self._taken, self._id, self._count)
        number = self._count
        self._count += 1
        self._open[index] = (number, part)
        match part:
            case TextPart():
                events: list[Event] = [PartStart(number, _replace(part, written="", citations=()))]
                if part.text:
                    events.append(TextDelta(number, part.text))
                return events + [CitationAdded(number, citation) for citation in part.citations]
            case ReasoningPart():
                events = [PartStart(number, _replace(part, text="", signature=None))]
                if part.text:
                    events.append(ReasoningDelta(number, part.text))
                if part.signature:
                    events.append(SignatureDelta(number, part.signature))
                return events
            case ToolCallPart():
                self._calls = True
                self._without_arguments[number] = part.arguments
                return [PartStart(number, _replace(part, arguments=""))]
            case OpaquePart():
                return [PartStart(number, part)]

    def _delta(self, index: int, delta: wire.BlockDelta, data: bytes) -> list[Event]:
        more = self._unread(delta.type, data) if self._keep_extra else {}
        match delta.type:
            case "text_delta":
                number, before = self._part_at(index, TextPart(""))
                return [*before, TextDelta(number, delta.text, part_extra=more)]
            case "input_json_delta":
                if index not in self._open:
                    return []  # arguments of nothing
                number = self._open[index][0]
                if delta.partial_json.strip():
                    self._without_arguments.pop(number, None)
                has_arguments = delta.partial_json or self._keep_extra
                return [ToolArgumentsDelta(number, delta.partial_json, more)] if has_arguments else []
            case "thinking_delta":
                number, before = self._part_at(index, ReasoningPart(""))
                return [*before, ReasoningDelta(number, delta.thinking, more)]
            case "signature_delta":
                number, before = self._part_at(index, ReasoningPart(""))
                return [*before, SignatureDelta(number, delta.signature, more)]
            case "citations_delta" if not more and object_in(delta.citation):
                number, before = self._part_at(index, TextPart(""))
                return [*before, CitationAdded(number, cited(delta.citation))]
        if self._keep_extra and index in self._open:
            return [OpaqueDelta(self._open[index][0], _decode(data, type=_Delta).delta)]
        return []

    def _unread(self, kind: str, data: bytes) -> Extra:
        """What a delta says besides; nothing of one whose type is not known, which stays as it is."""
        carried = _MEMBER_OF_DELTA.get(kind)
        if carried is None:
            return {}
        members = object_in(_decode(data, type=_Delta).delta)
        return {name: value for name, value in members.items() if name not in ("type", carried)}

    def _part_at(self, index: int, kind: ResponsePart) -> tuple[int, list[Event]]:
        """The number of the part that a delta belongs to, begun now if it was not, or is of another kind."""
        before: list[Event] = []
        if index not in self._open or type(self._open[index][1]) is not type(kind):
            before = [*self._begun(), *self._end(index), PartStart(self._count, kind)]
            self._open[index] = (self._count, kind)
            self._count += 1
        return self._open[index][0], before

    def _end(self, index: int) -> list[Event]:
        if index not in self._open:
            return []
        number, _ = self._open.pop(index)
        ended: list[Event] = [PartEnd(number)]
        if number in self._without_arguments:
            ended.insert(0, ToolArgumentsDelta(number, self._without_arguments.pop(number)))
        return ended

    def _closing(self, data: bytes) -> None:
        closing = _CLOSING.decode(data)
        if closing.usage is not None:
            self._counts = later(self._counts, closing.usage)
        if self._keep_extra:
            self._written = {**self._written, **_usage_members(data)}
            others = _CLOSING_EVENT.others(msgspec.Raw(data))
            self._extra = {**self._extra, **{name: value for name, value in others.items() if name != "type"}}
        if not object_in(closing.delta):
            return
        end = _END_DELTA.decode(closing.delta)
        if end.stop_reason is not None or self._finish is None:
            extra = {**_END.others(closing.delta), **_end_extra(closing.delta)} if self._keep_extra else {}
            self._finish = _replace(finish_of(end), extra=extra)

    def _stop(self, data: bytes = b"{}") -> list[Event]:
        self.complete = True
        events = self._begun()
        for index in list(self._open):
            events += self._end(index)
        finish = self._finish or finish_of(wire.EndDelta())
        if not self._keep_extra or not finish.raw:
            finish = consistent_finish(finish, self._calls)
        usage = _as_written(usage_of(self._counts), self._written)
        extra = _STOP_EVENT.others(msgspec.Raw(data)) if self._keep_extra else {}
        return [*events, ChoiceEnd(0, finish, self._extra), ResponseEnd(usage, extra)]
