"""An answer in the neutral form, written for clients of the Messages API: as a plain body, and as a stream.

The API's blocks come one after the other. Parts that overlap, as another dialect's parallel calls do, wait for their
turn (pitfalls 4.13).
"""

from __future__ import annotations

import msgspec
from typing_extensions import assert_never

from ...ir.events import (
    ChoiceEnd,
    CitationAdded,
    Event,
    OpaqueDelta,
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
from ...ir.fold import whole_input
from ...ir.parts import OUR_MARK, Extra, OpaquePart, ReasoningPart, TextPart, ToolCallPart
from ...ir.response import Finish, FinishReason, Response, Said, Usage
from ...sse import frame_of, one_line
from ..base import Asked, Writer
from .citations import as_written
from .maps import STOP_OF_REASON

_encode = msgspec.json.Encoder().encode
_OBJECT = msgspec.json.Decoder(dict[str, object])
Json = dict[str, object]
_DELTA = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":%b}\n\n'


def encode_answer(response: Response, asked: Asked) -> bytes:
    """The body of a plain answer; of several choices, the first."""
    choice = response.choices[0] if response.choices else None
    parts = choice.parts if choice is not None else ()
    blocks = [block for part in parts if (block := _block(part, asked)) is not None]
    finish = choice.finish if choice is not None else Finish(FinishReason.STOP)
    body: Json = {
        **_message(asked, response.id, response.model),
        "content": blocks or ([] if asked.own else [{"type": "text", "text": ""}]),
        **_stop(finish, asked.own),
        "usage": _usage(response.usage),
        **(response.extra if asked.own else {}),
        **(choice.extra if asked.own and choice is not None else {}),
    }
    return _encode(body)


def _message(asked: Asked, identifier: str, model: str) -> Json:
    return {
        "id": identifier or f"msg_{asked.id}",
        "type": "message",
        "role": "assistant",
        "model": asked.model if asked.model is not None else model,
    }


def _stop(finish: Finish, own: bool) -> Json:
    reason = finish.raw if own and finish.raw else STOP_OF_REASON[finish.reason]
    stop: Json = {"stop_reason": reason, "stop_sequence": finish.stop_sequence}
    return {**stop, **finish.extra} if own else stop


def _usage(usage: Usage | None) -> Json:
    """The figures; zeros where the upstream told none, since the member must be there (pitfalls 3.4, 6.1)."""
    if usage is None:
        usage = Usage()
    if usage.extra:
        return dict(usage.extra)
    written: Json = {
        "input_tokens": max(usage.input - (usage.cache_read or 0) - (usage.cache_write or 0), 0),
        "cache_creation_input_tokens": usage.cache_write or 0,
        "cache_read_input_tokens": usage.cache_read or 0,
        "output_tokens": usage.output,
    }
    if usage.reasoning is not None:
        written["output_tokens_details"] = {"thinking_tokens": usage.reasoning}
    return written


def _block(part: Said, asked: Asked) -> Json | None:
    """A whole block; None for what this dialect cannot say."""
    block = _begun(part, asked)
    match part:
        case ToolCallPart() if block is not None:
            return {**block, "input": {"input": part.arguments} if part.custom else whole_input(part.arguments)}
        case ReasoningPart() if block is not None and part.redacted is None:
            unsigned = "" if asked.own else OUR_MARK
            return {**block, "thinking": part.text, "signature": part.signature or unsigned}
        case TextPart() if block is not None:
            written = [as_written(citation, own=asked.own) for citation in part.citations]
            citations: Json = {"citations": told} if (told := [one for one in written if one is not None]) else {}
            return {**block, "text": part.text, **citations}
    return block


def _begun(part: Said, asked: Asked) -> Json | None:
    """A block as it begins: without a word (pitfalls 3.6)."""
    extra = {} if isinstance(part, OpaquePart) or not asked.own else part.extra
    match part:
        case TextPart():
            return {"type": "text", "text": "", **extra}
        case ReasoningPart():
            if part.redacted is not None:
                return {"type": "redacted_thinking", "data": part.redacted, **extra}
            return {"type": "thinking", "thinking": "", "signature": "", **extra}
        case ToolCallPart():
            name = asked.shown(part.name)
            return {"type": "tool_use", "id": part.id, "name": name, "input": {}, **extra}
        case OpaquePart():
            return _OBJECT.decode(part.raw) if asked.own else None
        case _:
            assert_never(part)


class _Waiting:
    """A part whose turn has not come: what it has said so far, and whether that is all."""

    __slots__ = ("deltas", "ended", "part")

    def __init__(self, part: Said) -> None:
        self.part = part
        self.deltas: list[Event] = []
        self.ended = False


class MessageWriter(Writer):
    """Writes a stream: message_start, the blocks in their order, one message_delta, message_stop (pitfalls 3.2)."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._begun = False
        self._live = -1  # the part whose block is open
        self._part: Said | None = None
        self._signed = False
        self._wrote = False
        self._block = -1  # its index in the stream
        self._waiting: dict[int, _Waiting] = {}
        self._finish = Finish(FinishReason.STOP)
        self._extra: Extra = {}

    def write(self, event: Event) -> bytes:  # noqa: C901 # an arm for each event
        match event:
            case (
                TextDelta()
                | ToolArgumentsDelta()
                | ReasoningDelta()
                | SignatureDelta()
                | CitationAdded()
                | OpaqueDelta()
            ):
                if event.index == self._live:
                    return self._delta(event)
                if event.index in self._waiting:
                    self._waiting[event.index].deltas.append(event)
                return b""
            case PartStart():
                if event.choice != 0 or (isinstance(event.part, OpaquePart) and not self._asked.own):
                    return b""
                if self._live < 0:
                    return self._start(event.index, event.part)
                self._waiting[event.index] = _Waiting(event.part)
                return b""
            case PartEnd():
                return self._end(event.index)
            case ResponseStart():
                return self._begin(event)
            case ChoiceEnd():
                if event.choice == 0:
                    self._finish = event.finish
                    self._extra = event.extra if self._asked.own else {}
                return b""
            case ResponseEnd():
                return self._close(event)
            case StreamError():
                return b""  # the relay's to tell
            case _:
                assert_never(event)

    def _begin(self, event: ResponseStart) -> bytes:
        if self._begun:
            return b""
        self._begun = True
        message: Json = {
            **_message(self._asked, event.id, event.model),
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": _usage(event.usage),
            **(event.extra if self._asked.own else {}),
        }
        return _frame("message_start", {"type": "message_start", "message": message})

    def _start(self, index: int, part: Said) -> bytes:
        self._live, self._part = index, part
        self._signed = self._wrote = False
        self._block += 1
        content = _begun(part, self._asked)
        return _frame(
            "content_block_start", {"type": "content_block_start", "index": self._block, "content_block": content}
        )

    def _delta(self, event: Event) -> bytes:
        match event:
            case TextDelta():
                return self._piece(b"text_delta", b"text", event.text)
            case ToolArgumentsDelta():
                if not event.json:
                    return b""
                self._wrote = self._wrote or not event.json.isspace()
                return self._piece(b"input_json_delta", b"partial_json", event.json)
            case ReasoningDelta():
                return self._piece(b"thinking_delta", b"thinking", event.text)
            case SignatureDelta():
                self._signed = True
                return self._piece(b"signature_delta", b"signature", event.signature)
            case CitationAdded():
                written = as_written(event.citation, own=self._asked.own)
                return (
                    b""
                    if written is None
                    else self._raw_delta(_encode({"type": "citations_delta", "citation": written}))
                )
            case OpaqueDelta():
                return self._raw_delta(bytes(event.raw)) if self._asked.own else b""
        return b""

    def _piece(self, kind: bytes, member: bytes, text: str) -> bytes:
        return _DELTA % (self._block, b'{"type":"%b","%b":%b}' % (kind, member, _encode(text)))

    def _raw_delta(self, delta: bytes) -> bytes:
        return _DELTA % (self._block, one_line(delta))

    def _end(self, index: int) -> bytes:
        if index != self._live:
            if index in self._waiting:
                self._waiting[index].ended = True
            return b""
        written = self._last_words()
        written += b'event: content_block_stop\ndata: {"type":"content_block_stop","index":%d}\n\n' % self._block
        self._live = -1
        return written + self._next()

    def _last_words(self) -> bytes:
        """What a block must have said by its end: thoughts a signature, calls their arguments (pitfalls 4.3, 5.5)."""
        part = self._part
        if isinstance(part, ReasoningPart) and part.redacted is None and not self._signed and not self._asked.own:
            return self._piece(b"signature_delta", b"signature", OUR_MARK)
        if isinstance(part, ToolCallPart) and not self._wrote:
            return self._piece(b"input_json_delta", b"partial_json", "{}")
        return b""

    def _next(self) -> bytes:
        """The part that has waited longest, as far as it has come."""
        if not self._waiting:
            return b""
        index, waiting = next(iter(self._waiting.items()))
        del self._waiting[index]
        written = self._start(index, waiting.part) + b"".join(map(self._delta, waiting.deltas))
        return written + self._end(index) if waiting.ended else written

    def _close(self, event: ResponseEnd) -> bytes:
        written = b""
        while self._live >= 0:  # parts that were never ended
            written += self._end(self._live)
        if self._block < 0 and not self._asked.own:
            written += self._start(0, TextPart("")) + self._end(0)
        closing: Json = {
            **self._extra,
            "type": "message_delta",
            "delta": _stop(self._finish, self._asked.own),
            "usage": _usage(event.usage),
        }
        return written + _frame("message_delta", closing) + _frame("message_stop", {"type": "message_stop"})


def _frame(name: str, event: Json) -> bytes:
    return frame_of(one_line(_encode(event)), event=name)
