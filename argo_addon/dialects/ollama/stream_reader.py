"""Answers of Ollama's API, streamed or plain, read into the neutral form to be shown.

ARGO has no endpoint of this dialect: no answer that is read here goes to a client. A plain answer is a stream of one.
"""

from __future__ import annotations

import msgspec

from ...errors import UpstreamError
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
from ...ir.parts import ReasoningPart, TextPart, ToolCallPart
from ...ir.response import Finish, FinishReason, ResponsePart, Usage
from ..base import Reader
from ..shared.lenient import Lenient
from ..shared.wrapped_errors import detail_in
from . import wire


class _Line(msgspec.Struct):
    model: str = ""
    message: wire.Message | None = None
    response: str = ""
    thinking: str = ""
    done: bool = False
    done_reason: str = ""
    prompt_eval_count: int | None = None
    eval_count: int | None = None
    error: msgspec.Raw = msgspec.Raw(b"null")


_LINE = Lenient(_Line)
_CALL = Lenient(wire.Call)


class LineReader(Reader):
    """Reads a stream's lines."""

    def __init__(self) -> None:
        self._started = False
        self._count = 0
        self._open: tuple[int, type[ResponsePart]] | None = None
        self._usage: Usage | None = None

    def read(self, data: bytes) -> list[Event]:
        line = _LINE.decode(data)
        events: list[Event] = [] if self._started else [ResponseStart("", line.model)]
        self._started = True
        if (detail := detail_in(line.error)) is not None:
            return [*events, StreamError(UpstreamError(500, detail.message))]
        message = line.message or wire.Message("assistant", line.response, line.thinking)
        if message.thinking:
            events += self._begun(ReasoningPart(""))
            events.append(ReasoningDelta(self._count - 1, message.thinking))
        if message.content:
            events += self._begun(TextPart(""))
            events.append(TextDelta(self._count - 1, message.content))
        for raw in message.tool_calls or ():
            call = _CALL.decode(raw)
            events += self._ended()
            events += self._begun(ToolCallPart(call.id or "", call.function.name, ""))
            events.append(ToolArgumentsDelta(self._count - 1, bytes(call.function.arguments).decode()))
        if line.done:
            events += self._end(line)
        return events

    def close(self) -> list[Event]:
        return [*self._ended(), ResponseEnd(self._usage)] if self._started else []

    def _end(self, line: _Line) -> list[Event]:
        self.complete = True
        if line.prompt_eval_count is not None or line.eval_count is not None:
            self._usage = Usage(line.prompt_eval_count or 0, line.eval_count or 0)
        reason = FinishReason.LENGTH if line.done_reason == "length" else FinishReason.STOP
        return [*self._ended(), ChoiceEnd(0, Finish(reason, line.done_reason))]

    def _begun(self, part: ResponsePart) -> list[Event]:
        """The events with which a part begins; none if it is more of the open one."""
        if self._open is not None and self._open[1] is type(part):
            return []
        ended = self._ended()
        self._open = (self._count, type(part))
        self._count += 1
        return [*ended, PartStart(self._count - 1, part)]

    def _ended(self) -> list[Event]:
        ended: list[Event] = [] if self._open is None else [PartEnd(self._open[0])]
        self._open = None
        return ended
