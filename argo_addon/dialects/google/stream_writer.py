"""An answer in the neutral form, written as a stream of the GenAI API (pitfalls 3D).

With `alt=sse` each chunk is exactly `data: ` and JSON and a blank line, else they are the items of one JSON list. A
plain body is what the chunks add up to.
"""

from __future__ import annotations

import msgspec
from typing_extensions import assert_never

from ...errors import GatewayError
from ...ir.events import (
    ChoiceEnd,
    CitationAdded,
    Event,
    ExtraDelta,
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
from ...ir.parts import ReasoningPart, TextPart, ToolCallPart
from ...ir.response import Finish, FinishReason, ResponsePart
from ...ir.turns import OneAtATime
from ...sse import one_line
from ..base import Writer
from ..shared.object_answers import unwrapped
from .errors import error_body
from .response_parts import GoogleContext, Json, call_part, finish_word, usage_of

_encode = msgspec.json.Encoder().encode


class CandidateWriter(Writer):
    """Writes a stream's chunks; `body` adds them up."""

    repeats = True

    def __init__(self, context: GoogleContext) -> None:
        self._context = context
        self._turns = OneAtATime()
        self._head: Json = {}
        self._began = False  # a chunk has gone out
        self._part: ResponsePart | None = None
        self._text: list[str] = []
        self._signature: list[str] = []
        self._thoughts: list[ReasoningPart] = []  # what the next call takes along
        self._parts: list[tuple[Json, list[str]]] = []  # as they began, and the texts that they went on with
        self._visible = False
        self._finish = Finish(FinishReason.STOP)
        self.body: Json = {}
        """The whole answer, once it has ended."""

    def write(self, event: Event) -> bytes:
        ready = self._turns.take(event)
        if len(ready) == 1:
            return self._write(ready[0])
        return b"".join(map(self._write, ready))

    def note(self, event: TextDelta | ReasoningDelta) -> None:
        if isinstance(event, ReasoningDelta):
            self._text.append(event.text)
        self._parts[-1][1].append(event.text)

    def fail(self, error: GatewayError, request_id: str) -> bytes:
        """The error bare, without `data: `, or Gemini CLI does not see it (pitfalls 7.4)."""
        written = error_body(error)
        if self._context.events:
            return written + b"\r\n\r\n"
        return (b",\r\n" if self._began else b"[") + written + b"]"

    def keep_alive(self) -> bytes:
        return b"\n"  # a comment would be fatal, and so would most events (pitfalls 3.21, 9.2)

    def _write(self, event: Event) -> bytes:  # noqa: C901 # an arm for each event
        match event:
            case TextDelta():
                if self._context.wrapping is not None:
                    self._text.append(event.text)  # told once it can be taken out of its object
                    return b""
                return self._part_chunk({"text": event.text}) if event.text else b""
            case ReasoningDelta():
                self._text.append(event.text)
                shown = self._context.thoughts and event.text
                return self._part_chunk({"text": event.text, "thought": True}) if shown else b""
            case ToolArgumentsDelta():
                self._text.append(event.json)
                return b""
            case SignatureDelta():
                self._signature.append(event.signature)
                return b""
            case PartStart():
                self._part, self._text, self._signature = event.part, [], []
                return b""
            case PartEnd():
                return self._end()
            case ResponseStart():
                if not self._head:
                    model = self._context.model if self._context.model is not None else event.model
                    self._head = {"modelVersion": model, "responseId": event.id or self._context.id}
                return b""
            case ChoiceEnd():
                self._finish = event.finish if event.choice == 0 else self._finish
                return b""
            case ResponseEnd():
                return self._close(event)
            case CitationAdded() | OpaqueDelta() | OpaqueEvent() | ExtraDelta() | StreamError():
                return b""  # no words for it here; what only another dialect knows; what is the relay's to tell
            case _:
                assert_never(event)

    def _part_chunk(self, part: Json) -> bytes:
        last = self._parts[-1][0] if self._parts else {}
        self._visible = self._visible or "thought" not in part
        if "text" in last and "text" in part and ("thought" in last) == ("thought" in part):
            self._parts[-1][1].append(str(part["text"]))
        else:
            self._parts.append((part, []))
        return self._chunk({"candidates": [{"content": {"role": "model", "parts": [part]}, "index": 0}]})

    def _chunk(self, members: Json) -> bytes:
        written = one_line(_encode({**members, **self._head}))
        before = b"" if self._context.events else (b",\r\n" if self._began else b"[")
        self._began = True
        return b"data: %b\r\n\r\n" % written if self._context.events else before + written

    def _end(self) -> bytes:
        part, self._part = self._part, None
        text = "".join(self._text)
        match part:
            case ReasoningPart():
                signature = part.signature or "".join(self._signature) or None
                self._thoughts.append(msgspec.structs.replace(part, text=text, signature=signature))
            case ToolCallPart():
                thoughts, self._thoughts = self._thoughts, []
                return self._part_chunk(
                    call_part(msgspec.structs.replace(part, arguments=text), thoughts, self._context)
                )
            case TextPart() if self._context.wrapping is not None and text:
                return self._part_chunk({"text": unwrapped(text, self._context.wrapping)})
        return b""

    def _close(self, event: ResponseEnd) -> bytes:
        finish = finish_word(self._finish.reason, self._visible)
        usage: Json = {} if event.usage is None else {"usageMetadata": usage_of(event.usage)}
        last: Json = {"content": {"role": "model", "parts": [{"text": ""}]}, "finishReason": finish, "index": 0}
        parts = [{**part, "text": f"{part['text']}{''.join(more)}"} if more else part for part, more in self._parts]
        parts = parts or [{"text": ""}]
        whole: Json = {"content": {"role": "model", "parts": parts}, "finishReason": finish, "index": 0}
        self.body = {"candidates": [whole], **usage, **self._head}
        written = self._chunk({"candidates": [last], **usage})
        return written if self._context.events else written + b"]"
