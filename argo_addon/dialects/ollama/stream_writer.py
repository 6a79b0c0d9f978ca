"""An answer in the neutral form, written as a stream of Ollama's API: a line of JSON for each piece.

A plain body is what the lines add up to. Clients read line by line, so there is no empty one.
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
from ...ir.fold import arguments_object
from ...ir.parts import TextPart, ToolCallPart
from ...ir.response import Finish, FinishReason, ResponsePart
from ...ir.turns import OneAtATime
from ...sse import one_line
from ..base import Writer
from ..shared.object_answers import unwrapped
from .errors import error_body
from .response_parts import Json, OllamaContext, done_word, time_of, usage_of

_encode = msgspec.json.Encoder().encode


class LineWriter(Writer):
    """Writes a stream's lines; `body` adds them up."""

    def __init__(self, context: OllamaContext) -> None:
        self._context = context
        self._turns = OneAtATime()
        self._head: Json = {"model": context.model or "", "created_at": time_of(context.created)}
        self._part: ResponsePart | None = None
        self._pending: list[str] = []
        self._said: list[str] = []
        self._thought: list[str] = []
        self._calls: list[Json] = []
        self._finish = Finish(FinishReason.STOP)
        self.body: Json = {}
        """The whole answer, once it has ended."""

    def write(self, event: Event) -> bytes:
        ready = self._turns.take(event)
        if len(ready) == 1:
            return self._write(ready[0])
        return b"".join(map(self._write, ready))

    def fail(self, error: GatewayError, request_id: str) -> bytes:
        return one_line(error_body(error)) + b"\n"

    def keep_alive(self) -> bytes:
        """A piece of nothing: clients take no line that is empty."""
        return self._line()

    def _write(self, event: Event) -> bytes:  # noqa: C901 # an arm for each event
        match event:
            case TextDelta():
                if self._context.wrapped:
                    self._pending.append(event.text)  # told once it can be taken out of its object
                    return b""
                return self._say(event.text)
            case ReasoningDelta():
                return self._think(event.text) if self._context.thoughts else b""
            case ToolArgumentsDelta():
                self._pending.append(event.json)
                return b""
            case PartStart():
                self._part, self._pending = event.part, []
                return b""
            case PartEnd():
                return self._end()
            case ResponseStart():
                if self._context.model is None:
                    self._head["model"] = event.model
                return b""
            case ChoiceEnd():
                self._finish = event.finish if event.choice == 0 else self._finish
                return b""
            case ResponseEnd():
                return self._close(event)
            case SignatureDelta() | CitationAdded() | OpaqueDelta() | OpaqueEvent() | ExtraDelta() | StreamError():
                return b""  # no words for it here; what only another dialect knows; what is the relay's to tell
            case _:
                assert_never(event)

    def _say(self, text: str) -> bytes:
        if not text:
            return b""
        self._said.append(text)
        return self._line(text)

    def _think(self, text: str) -> bytes:
        if not text:
            return b""
        self._thought.append(text)
        return self._line(thinking=text)

    def _end(self) -> bytes:
        part, self._part = self._part, None
        text = "".join(self._pending)
        match part:
            case ToolCallPart():
                name = self._context.client_tool_name(part.name)
                function = {"index": len(self._calls), "name": name, "arguments": arguments_object(text)}
                self._calls.append({"id": part.id, "function": function})
                return self._line(tool_calls=self._calls[-1:])
            case TextPart() if text and self._context.wrapped:
                return self._say(unwrapped(text, "json"))
        return b""

    def _line(self, text: str = "", **more: object) -> bytes:
        return one_line(_encode({**self._head, **self._message(text, more), "done": False})) + b"\n"

    def _message(self, text: str, more: Json) -> Json:
        if self._context.generates:
            return {"response": text, **more}
        return {"message": {"role": "assistant", "content": text, **more}}

    def _close(self, event: ResponseEnd) -> bytes:
        end: Json = {"done": True, "done_reason": done_word(self._finish.reason), **usage_of(event.usage)}
        more: Json = {}
        if self._thought:
            more["thinking"] = "".join(self._thought)
        if self._calls:
            more["tool_calls"] = self._calls
        self.body = {**self._head, **self._message("".join(self._said), more), **end}
        return one_line(_encode({**self._head, **self._message("", {}), **end})) + b"\n"
