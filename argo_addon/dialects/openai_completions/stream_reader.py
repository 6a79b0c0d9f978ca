"""Answers of the legacy Completions API, streamed or plain, read into the neutral form to be shown.

ARGO has no endpoint of this dialect: no answer that is read here goes to a client. A plain answer is a stream of one.
"""

from __future__ import annotations

import msgspec

from ...errors import UpstreamError
from ...ir.events import ChoiceEnd, Event, PartStart, ResponseEnd, ResponseStart, StreamError, TextDelta
from ...ir.parts import TextPart
from ...ir.response import Finish, FinishReason, Usage
from ..base import Reader
from ..shared.lenient import Lenient
from ..shared.wrapped_errors import detail_in

_REASONS = {"length": FinishReason.LENGTH, "content_filter": FinishReason.REFUSAL}


class _Choice(msgspec.Struct):
    text: str = ""
    index: int = 0
    finish_reason: str | None = None


class _Counts(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Chunk(msgspec.Struct):
    id: str = ""
    model: str = ""
    choices: list[_Choice] = []
    usage: _Counts | None = None
    error: msgspec.Raw = msgspec.Raw(b"null")


_CHUNK = Lenient(_Chunk)


class CompletionReader(Reader):
    """Reads a stream's chunks; the text of each choice is one part, of the choice's number."""

    def __init__(self) -> None:
        self._started = False
        self._begun: set[int] = set()
        self._usage: Usage | None = None

    def read(self, data: bytes) -> list[Event]:
        if data == b"[DONE]":
            self.complete = True
            return []
        chunk = _CHUNK.decode(data)
        if (detail := detail_in(chunk.error)) is not None:
            return [StreamError(UpstreamError(500, detail.message, kind=detail.kind, code=detail.code))]
        events: list[Event] = [] if self._started else [ResponseStart(chunk.id, chunk.model)]
        self._started = True
        for choice in chunk.choices:
            if choice.index not in self._begun:
                self._begun.add(choice.index)
                events.append(PartStart(choice.index, TextPart(""), choice.index))
            events.append(TextDelta(choice.index, choice.text))
            if choice.finish_reason:
                self.complete = True
                reason = _REASONS.get(choice.finish_reason, FinishReason.STOP)
                events.append(ChoiceEnd(choice.index, Finish(reason, choice.finish_reason)))
        if chunk.usage is not None:
            self._usage = Usage(chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
        return events

    def close(self) -> list[Event]:
        return [ResponseEnd(self._usage)] if self._started else []
