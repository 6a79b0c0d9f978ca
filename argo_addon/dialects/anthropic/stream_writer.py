"""An answer in the neutral form, written as a stream of the Messages API (pitfalls 3.1 to 3.7)."""

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
from ...ir.parts import OUR_MARK, Extra, OpaquePart, ReasoningPart, TextPart, ToolCallPart
from ...ir.response import Finish, FinishReason, ResponsePart
from ...ir.turns import OneAtATime
from ...sse import frame_of, one_line
from ..base import ResponseContext, Writer
from .citations import as_written
from .encode_response import Json, begun, message_of, stop_of, usage_of
from .errors import error_frame
from .stream_observer import PING

_encode = msgspec.json.Encoder().encode
_DELTA = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":%b}\n\n'
_NOTHING: Extra = {}
_STOP = b'event: content_block_stop\ndata: {"type":"content_block_stop","index":%d}\n\n'


class MessageWriter(Writer):
    """Writes a stream: message_start, the blocks in their order, one message_delta, message_stop (pitfalls 3.2)."""

    repeats = True

    def __init__(self, context: ResponseContext) -> None:
        self._context = context
        self._turns = OneAtATime()
        self._begun = False
        self._part: ResponsePart | None = None  # the open block's
        self._block = -1  # its index in the stream
        self._signed = False
        self._wrote = False
        self._finish = Finish(FinishReason.STOP)
        self._extra: Extra = {}

    def write(self, event: Event) -> bytes:
        ready = self._turns.take(event)
        if len(ready) == 1:
            return self._write(ready[0])
        return b"".join(map(self._write, ready))

    def fail(self, error: GatewayError, request_id: str) -> bytes:
        return error_frame(error, request_id)

    def keep_alive(self) -> bytes:
        return PING

    def _write(self, event: Event) -> bytes:  # noqa: C901 # an arm for each event
        match event:
            case TextDelta():
                return self._delta_frame(b"text_delta", b"text", event.text, event.part_extra)
            case ToolArgumentsDelta():
                return self._arguments(event)
            case ReasoningDelta():
                return self._delta_frame(b"thinking_delta", b"thinking", event.text, event.extra)
            case SignatureDelta():
                self._signed = True
                return self._delta_frame(b"signature_delta", b"signature", event.signature, event.extra)
            case CitationAdded():
                written = as_written(event.citation, own=self._context.same_dialect)
                return b"" if written is None else self._delta({"type": "citations_delta", "citation": written})
            case OpaqueDelta():
                return self._delta(event.raw) if self._context.same_dialect else b""
            case PartStart():
                return self._start(event.part)
            case PartEnd():
                return self._end()
            case ResponseStart():
                return self._begin(event)
            case ChoiceEnd():
                if event.choice == 0:
                    self._finish = event.finish
                    self._extra = {**self._extra, **event.extra}
                return b""
            case ResponseEnd():
                return self._close(event)
            case OpaqueEvent():
                return frame_of(one_line(bytes(event.raw)), event=event.kind) if self._context.same_dialect else b""
            case ExtraDelta():
                self._extra = {**self._extra, **event.extra}
                return b""
            case StreamError():
                return b""  # the relay's to tell
            case _:
                assert_never(event)

    def _begin(self, event: ResponseStart) -> bytes:
        if self._begun and not self._context.same_dialect:
            return b""
        self._begun, self._block = True, -1
        message: Json = {
            **message_of(self._context, event.id, event.model),
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage_of(event.usage),
            **(event.extra if self._context.same_dialect else {}),
        }
        return _frame({"type": "message_start", "message": message})

    def _start(self, part: ResponsePart) -> bytes:
        self._part = part
        self._signed = self._wrote = False
        block = begun(part, self._context)
        if block is None:  # what this dialect cannot say: what it goes on to say is not told either
            return b""
        self._block += 1
        return _frame({"type": "content_block_start", "index": self._block, "content_block": block})

    def _arguments(self, event: ToolArgumentsDelta) -> bytes:
        if not self._context.same_dialect and (not event.json or isinstance(self._part, OpaquePart)):
            return b""
        self._wrote = self._wrote or bool(event.json.strip())
        return self._delta_frame(b"input_json_delta", b"partial_json", event.json, event.extra)

    def _delta_frame(self, kind: bytes, member: bytes, text: str, more: Extra = _NOTHING) -> bytes:
        if more and self._context.same_dialect:
            return self._delta({"type": kind.decode(), member.decode(): text, **more})
        return _DELTA % (self._block, b'{"type":"%b","%b":%b}' % (kind, member, _encode(text)))

    def _delta(self, delta: object) -> bytes:
        return _DELTA % (self._block, one_line(_encode(delta)))

    def _end(self) -> bytes:
        """A block's end, and what it must have said by then: thoughts a signature, calls their arguments."""
        part, self._part = self._part, None
        last = b""
        if isinstance(part, OpaquePart) and not self._context.same_dialect:
            return b""
        if (
            isinstance(part, ReasoningPart)
            and part.redacted is None
            and not (self._signed or self._context.same_dialect)
        ):
            last = self._delta_frame(b"signature_delta", b"signature", OUR_MARK)  # pitfalls 5.5
        if isinstance(part, ToolCallPart) and not self._wrote:
            last = self._delta_frame(b"input_json_delta", b"partial_json", "{}")  # pitfalls 4.3
        return last + _STOP % self._block

    def _close(self, event: ResponseEnd) -> bytes:
        written = b""
        if self._block < 0 and not self._context.same_dialect:
            written = self._start(TextPart("")) + self._end()
        closing: Json = {
            **(self._extra if self._context.same_dialect else {}),
            "type": "message_delta",
            "delta": stop_of(self._finish, self._context.same_dialect),
            "usage": usage_of(event.usage),
        }
        last: Json = {"type": "message_stop", **(event.extra if self._context.same_dialect else {})}
        return written + _frame(closing) + _frame(last)


def _frame(event: Json) -> bytes:
    return frame_of(one_line(_encode(event)), event=str(event["type"]))
