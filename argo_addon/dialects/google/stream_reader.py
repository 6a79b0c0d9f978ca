"""Answers of the GenAI API, streamed or plain, read into the neutral form to be shown. It knows nothing of HTTP.

ARGO has no endpoint of this dialect: no answer that is read here goes to a client. A plain answer is a stream of one.
Source: the Gemini API reference ("GenerateContentResponse"); Gemini CLI's own backend wraps it into `response`.
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
from ...ir.parts import OpaquePart, ReasoningPart, TextPart, ToolCallPart
from ...ir.response import Finish, FinishReason, ResponsePart, Usage
from ..base import Reader
from ..shared.lenient import Lenient
from ..shared.raw_members import object_in, objects_in
from ..shared.wrapped_errors import detail_in
from . import wire

_NULL = msgspec.Raw(b"null")
_REASONS = {
    "STOP": FinishReason.STOP,
    "MAX_TOKENS": FinishReason.LENGTH,
    "SAFETY": FinishReason.REFUSAL,
    "RECITATION": FinishReason.REFUSAL,
    "BLOCKLIST": FinishReason.REFUSAL,
    "PROHIBITED_CONTENT": FinishReason.REFUSAL,
    "SPII": FinishReason.REFUSAL,
}
_ABOUT = frozenset({"thought", "thoughtSignature", "videoMetadata", "partMetadata"})
"""Members of a part that do not say what it is."""


class _Counts(msgspec.Struct, rename="camel"):
    prompt_token_count: int = 0
    candidates_token_count: int = 0
    thoughts_token_count: int | None = None
    cached_content_token_count: int | None = None
    tool_use_prompt_token_count: int = 0


class _Candidate(msgspec.Struct, rename="camel"):
    content: wire.Content | None = None
    finish_reason: str | None = None
    finish_message: str | None = None
    index: int = 0


class _Feedback(msgspec.Struct, rename="camel"):
    block_reason: str | None = None
    block_reason_message: str | None = None


class _Chunk(msgspec.Struct, rename="camel"):
    candidates: list[msgspec.Raw] = []
    prompt_feedback: _Feedback | None = None
    usage_metadata: _Counts | None = None
    model_version: str = ""
    response_id: str = ""
    error: msgspec.Raw = _NULL
    response: msgspec.Raw = _NULL


_CHUNK = Lenient(_Chunk)
_CANDIDATE = Lenient(_Candidate)
_PART = Lenient(wire.Part)
_CALL = Lenient(wire.FunctionCall)


class CandidateReader(Reader):
    """Reads the chunks of a stream, be they events or items of a list."""

    def __init__(self) -> None:
        self._started = False
        self._count = 0
        self._open: dict[int, tuple[int, type[ResponsePart]]] = {}  # by candidate, the number and kind of its open part
        self._usage: Usage | None = None
        self._ended = False

    def read(self, data: bytes) -> list[Event]:
        chunk = _CHUNK.decode(data)
        if bytes(chunk.response).startswith(b"{"):
            chunk = _CHUNK.decode(chunk.response)
        events: list[Event] = []
        if not self._started:
            self._started = True
            events.append(ResponseStart(chunk.response_id, chunk.model_version))
        if (detail := detail_in(chunk.error)) is not None:
            code = int(detail.code) if detail.code is not None and detail.code.isdecimal() else 500
            error = UpstreamError(code, detail.message, kind=detail.kind, code=detail.code)
            return [*events, StreamError(error)]
        for raw in chunk.candidates:
            events += self._candidate(_CANDIDATE.decode(raw)) if bytes(raw).startswith(b"{") else ()
        if chunk.usage_metadata is not None:
            self._usage = _usage(chunk.usage_metadata)
        feedback = chunk.prompt_feedback
        if feedback is not None and feedback.block_reason:
            self._ended = True
            why = Finish(FinishReason.REFUSAL, feedback.block_reason, explanation=feedback.block_reason_message)
            events.append(ChoiceEnd(0, why))
        return events

    def close(self) -> list[Event]:
        events: list[Event] = [PartEnd(number) for number, _ in self._open.values()]
        self._open = {}
        self.complete = self._ended
        return [*events, ResponseEnd(self._usage)] if self._started else []

    def _candidate(self, candidate: _Candidate) -> list[Event]:
        events: list[Event] = []
        for raw in objects_in(candidate.content.parts) if candidate.content is not None else ():
            events += self._part(candidate.index, raw)
        if candidate.finish_reason:
            self._ended = True
            if candidate.index in self._open:
                events.append(PartEnd(self._open.pop(candidate.index)[0]))
            reason = _REASONS.get(candidate.finish_reason, FinishReason.STOP)
            finish = Finish(reason, candidate.finish_reason, explanation=candidate.finish_message)
            events.append(ChoiceEnd(candidate.index, finish))
        return events

    def _part(self, choice: int, raw: msgspec.Raw) -> list[Event]:
        part = _PART.decode(raw)
        if bytes(part.function_call).startswith(b"{"):
            call = _CALL.decode(part.function_call)
            started, number = self._begun(choice, ToolCallPart(call.id or "", call.name, ""))
            arguments = "{}" if bytes(call.args) == b"null" else bytes(call.args).decode()
            return [*started, ToolArgumentsDelta(number, arguments)]
        if part.text is not None:
            kind = ReasoningPart("") if part.thought else TextPart("")
            events, number = self._begun(choice, kind, more=True)
            delta = ReasoningDelta(number, part.text) if part.thought else TextDelta(number, part.text)
            return [*events, delta] if part.text else events
        other = next((name for name in object_in(raw) if name not in _ABOUT), None)
        return [] if other is None else self._begun(choice, OpaquePart(other, raw))[0]

    def _begun(self, choice: int, part: ResponsePart, more: bool = False) -> tuple[list[Event], int]:
        """The events with which a part begins, and its number; none if it is `more` of the open one."""
        number, kind = self._open.get(choice, (-1, None))
        if more and kind is type(part):
            return [], number
        ended: list[Event] = [PartEnd(number)] if kind is not None else []
        self._open[choice] = (self._count, type(part))
        self._count += 1
        return [*ended, PartStart(self._count - 1, part, choice)], self._count - 1


def _usage(counts: _Counts) -> Usage:
    return Usage(
        input=counts.prompt_token_count + counts.tool_use_prompt_token_count,
        output=counts.candidates_token_count + (counts.thoughts_token_count or 0),
        cache_read=counts.cached_content_token_count,
        reasoning=counts.thoughts_token_count,
    )
