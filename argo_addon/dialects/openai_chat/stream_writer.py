"""An answer in the neutral form, written as a stream of Chat Completions chunks (pitfalls 3.17, 3.18)."""

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
from ...ir.parts import Citation, Extra, ReasoningPart, TextPart, ToolCallPart
from ...ir.response import ResponsePart
from ...sse import frame_of, one_line
from ..base import ResponseContext, Writer
from ..openai.errors import error_body
from ..shared.raw_members import with_others
from .encode_response import Json, annotation_of, call_of, details_of, extras_in, usage_of, word_for
from .stream_observer import PING

_encode = msgspec.json.Encoder().encode
_DONE = b"data: [DONE]\n\n"
_OF_CALLS = (("function", "arguments"), ("custom", "input"))
"""What a call's type is and where its arguments stand; of a call of a free-text tool, the latter."""


class _Open:
    """A part under way: what it is, what it has said where that is needed later, and its place among the calls."""

    __slots__ = ("choice", "citations", "number", "part", "signature", "text", "whole")

    def __init__(self, part: ResponsePart, choice: int, number: int, whole: bool) -> None:
        self.part = part
        self.choice = choice
        self.number = number
        self.whole = whole  # told in one delta at its end
        self.text: list[str] = []
        self.signature: list[str] = []
        self.citations: list[Citation] = []


class ChunkWriter(Writer):
    """Writes a stream's chunks."""

    repeats = True

    def __init__(self, context: ResponseContext) -> None:
        self._context = context
        self._head = b""
        self._about: Json = {}
        self._parts: dict[int, _Open] = {}
        self._calls: dict[int, int] = {}  # so many of a choice have begun
        self._length: dict[int, int] = {}  # so many characters a choice has said
        self._begun: set[int] = set()
        self._thoughts: dict[int, int] = {}  # so many signed thoughts a choice has told
        self._annotations: dict[int, list[object]] = {}

    def write(self, event: Event) -> bytes:  # noqa: C901 # an arm for each event
        match event:
            case TextDelta():
                return self._text(event)
            case ToolArgumentsDelta():
                return self._arguments(event)
            case ReasoningDelta():
                return self._thought(event)
            case PartStart():
                return self._start(event)
            case PartEnd():
                return self._end(event.index)
            case SignatureDelta():
                if event.index in self._parts:
                    self._parts[event.index].signature.append(event.signature)
                return b""
            case CitationAdded():
                return self._cite(event)
            case ResponseStart():
                return self._begin(event)
            case ChoiceEnd():
                return self._choice_end(event)
            case ResponseEnd():
                return self._close(event)
            case ExtraDelta():
                return self._extra(event) if self._context.same_dialect else b""
            case OpaqueDelta() | OpaqueEvent() | StreamError():
                return b""  # what only another dialect knows; what is the relay's to tell
            case _:
                assert_never(event)

    def note(self, event: TextDelta | ReasoningDelta) -> None:
        part = self._parts[event.index]
        if not (isinstance(part.part, TextPart) and part.part.refusal):
            part.text.append(event.text)

    def fail(self, error: GatewayError, request_id: str) -> bytes:
        return frame_of(error_body(error))

    def keep_alive(self) -> bytes:
        return PING

    def _begin(self, event: ResponseStart) -> bytes:
        if self._head:
            return b""
        context = self._context
        about: Json = {
            "id": event.id or f"chatcmpl-{context.id}",
            "object": "chat.completion.chunk",
            "created": context.created if event.created is None else event.created,
            "model": context.model if context.model is not None else event.model,
        }
        self._about = about
        self._set_head(event.extra if context.same_dialect else {})
        return b"" if context.same_dialect else self._role(0)

    def _set_head(self, extra: Extra) -> None:
        """Sets what each chunk begins with from now on."""
        self._head = b"data: " + one_line(_encode({**self._about, **extra}))[:-1] + b',"choices":['

    def _extra(self, event: ExtraDelta) -> bytes:
        if event.choice is None:
            self._set_head(event.extra)
            return b""
        return self._delta(event.choice, {}, event.extra)

    def _role(self, choice: int) -> bytes:
        """A choice's first chunk; within the dialect the role comes with the first that the upstream tells."""
        if choice in self._begun or self._context.same_dialect:
            return b""
        self._begun.add(choice)
        return self._delta(choice, {"role": "assistant", "content": ""})

    def _delta(self, choice: int, delta: Json, extra: Extra | None = None, finish: str | None = None) -> bytes:
        others, message_extra = extras_in(extra) if extra and self._context.same_dialect else ({}, {})
        if choice not in self._begun:
            self._begun.add(choice)
            delta = {"role": "assistant", **delta}
        written = {
            "index": choice,
            "delta": {**delta, **message_extra},
            "logprobs": None,
            "finish_reason": finish,
            **others,
        }
        return self._head + one_line(_encode(written)) + b"]}\n\n"

    def _quick(self, choice: int, member: bytes, text: str) -> bytes:
        if choice not in self._begun:
            return self._delta(choice, {member.decode(): text})
        return b'%b{"index":%d,"delta":{"%b":%b},"logprobs":null,"finish_reason":null}]}\n\n' % (
            self._head,
            choice,
            member,
            _encode(text),
        )

    def _start(self, event: PartStart) -> bytes:
        part, choice = event.part, event.choice
        before = self._role(choice)
        if not isinstance(part, ToolCallPart):
            self._parts[event.index] = _Open(part, choice, 0, False)
            return before
        number = self._calls.get(choice, 0)
        self._calls[choice] = number + 1
        name = self._context.client_tool_name(part.name)
        whole = not self._context.same_dialect and (part.custom or name in self._context.custom_tools)
        self._parts[event.index] = _Open(part, choice, number, whole)
        if whole:
            return before
        kind, arguments = _OF_CALLS[part.custom]
        begun = with_others(
            {"index": number, "id": part.id, "type": kind, kind: {"name": name, arguments: ""}},
            part.extra if self._context.same_dialect else {},
        )
        return before + self._delta(choice, {"tool_calls": [begun]})

    def _text(self, event: TextDelta) -> bytes:
        part = self._parts.get(event.index)
        if part is None:
            return b""
        refuses = isinstance(part.part, TextPart) and part.part.refusal
        if not refuses:
            part.text.append(event.text)
        if event.extra and self._context.same_dialect:
            return self._delta(part.choice, {"refusal" if refuses else "content": event.text}, event.extra)
        if not event.text:
            return b""
        return self._quick(part.choice, b"refusal" if refuses else b"content", event.text)

    def _thought(self, event: ReasoningDelta) -> bytes:
        part = self._parts.get(event.index)
        if part is None or not event.text:
            return b""
        part.text.append(event.text)
        return self._quick(part.choice, b"reasoning_content", event.text)

    def _arguments(self, event: ToolArgumentsDelta) -> bytes:
        part = self._parts.get(event.index)
        if part is None or not isinstance(part.part, ToolCallPart):
            return b""
        if self._context.same_dialect and (event.extra or part.part.custom):
            kind, arguments = _OF_CALLS[part.part.custom]
            delta = with_others({"index": part.number, kind: {arguments: event.json}}, event.extra)
            part.text.append(event.json)
            return self._delta(part.choice, {"tool_calls": [delta]})
        if not event.json:
            return b""
        part.text.append(event.json)
        if part.whole:
            return b""
        return (
            b'%b{"index":%d,"delta":{"tool_calls":[{"index":%d,"function":{"arguments":%b}}]},'
            b'"logprobs":null,"finish_reason":null}]}\n\n' % (self._head, part.choice, part.number, _encode(event.json))
        )

    def _cite(self, event: CitationAdded) -> bytes:
        part = self._parts.get(event.index)
        if part is not None:
            part.citations.append(event.citation)  # it is about all of the text, which has not ended yet
        return b""

    def _end(self, index: int) -> bytes:
        part = self._parts.pop(index, None)
        if part is None:
            return b""
        text = "".join(part.text)
        match part.part:
            case TextPart():
                self._text_end(part, len(text))
            case ReasoningPart():
                signature = part.part.signature or "".join(part.signature) or None
                thought = ReasoningPart(text, signature, part.part.redacted)
                details = details_of(thought, self._thoughts.get(part.choice, 0))
                self._thoughts[part.choice] = self._thoughts.get(part.choice, 0) + len(details)
                return self._delta(part.choice, {"reasoning_details": details}) if details else b""
            case ToolCallPart():
                if part.whole:
                    call = call_of(msgspec.structs.replace(part.part, arguments=text), self._context)
                    return self._delta(part.choice, {"tool_calls": [{**call, "index": part.number}]})
                return b"" if text.strip() or part.part.custom else self._arguments_missing(part)
        return b""

    def _arguments_missing(self, part: _Open) -> bytes:
        return self._delta(part.choice, {"tool_calls": [{"index": part.number, "function": {"arguments": "{}"}}]})

    def _text_end(self, part: _Open, length: int) -> None:
        start = self._length.get(part.choice, 0)
        self._length[part.choice] = start + length
        for citation in part.citations:
            if (annotation := annotation_of(citation, start, start + length)) is not None:
                self._annotations.setdefault(part.choice, []).append(annotation)

    def _choice_end(self, event: ChoiceEnd) -> bytes:
        explained: Json = {} if event.finish.explanation is None else {"refusal": event.finish.explanation}
        if event.choice in self._annotations:  # all at once: the SDK cannot put them together from pieces
            explained["annotations"] = self._annotations[event.choice]
        finish = word_for(event.finish, self._context.same_dialect)
        return self._role(event.choice) + self._delta(event.choice, explained, event.extra, finish)

    def _close(self, event: ResponseEnd) -> bytes:
        if event.usage is None or not (self._context.usage or self._context.same_dialect):
            return _DONE
        return self._head + b'],"usage":' + one_line(_encode(usage_of(event.usage))) + b"}\n\n" + _DONE
