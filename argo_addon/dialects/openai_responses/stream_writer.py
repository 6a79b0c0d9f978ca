"""An answer in the neutral form, written as a stream of the Responses API (pitfalls 3B).

Texts that follow each other are parts of one message item; every other part is an item. A plain body is the response
that the last event holds.
"""

from __future__ import annotations

import time

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
from ...ir.fold import is_complete
from ...ir.parts import Citation, OpaquePart, ReasoningPart, TextPart, ToolCallPart
from ...ir.response import Finish, FinishReason, ResponsePart
from ...ir.turns import OneAtATime
from ...sse import frame_of, one_line
from ..base import Writer
from ..openai.errors import failure_of
from . import wire
from .hosted_tools import HOSTED_CALLS
from .response_context import ResponsesContext
from .response_parts import Json, call_item, client_tool, incomplete_reason, reasoning_item, usage_of

_encode = msgspec.json.Encoder().encode
_OBJECT = msgspec.json.Decoder(Json)
_DELTA_FRAME = b'event: %b\ndata: {"type":"%b","item_id":%b,"output_index":%d,%b"delta":%b,"sequence_number":%d}\n\n'
_TEXT, _REFUSAL = b"response.output_text.delta", b"response.refusal.delta"
_THOUGHT = b"response.reasoning_summary_text.delta"
_PREFIXES = {"custom_tool_call": "ctc", "tool_search_call": "tsc", "local_shell_call": "lsh"}
_ARGUMENTS = b"response.function_call_arguments.delta"


class ResponseWriter(Writer):
    """Writes a stream: response.created, the items in their order, one last event."""

    def __init__(self, context: ResponsesContext) -> None:
        self._context = context
        self._turns = OneAtATime()
        self._number = 0
        self._written: list[bytes] | None = None if context.keep is None else []  # its events, to be kept
        self._output: list[Json] = []
        self._id = f"resp_{context.id}"
        self._head: wire.Resource | None = None
        self._part: ResponsePart | None = None  # the open part
        self._item = b'""'  # its item's id, as JSON
        self._identifier = ""
        self._message: list[Json] | None = None  # the contents of the open message item
        self._text: list[str] = []
        self._signature: list[str] = []
        self._citations: list[Citation] = []
        self._finish = Finish(FinishReason.STOP)
        self._unfinished: ToolCallPart | None = None  # a call whose arguments are no JSON: its end tells why
        self._refuses = False  # in words of its own, which need no other explanation
        self.response = wire.Resource()
        """The whole answer, once it has ended."""

    def write(self, event: Event) -> bytes:
        ready = self._turns.take(event)
        if len(ready) == 1:
            return self._write(ready[0])
        return b"".join(map(self._write, ready))

    def fail(self, error: GatewayError, request_id: str) -> bytes:
        """`response.failed`, which says what kind of error it is (pitfalls 7.4)."""
        begun = b"" if self._head else self._begin(ResponseStart("", ""))
        self.response = self._shown("failed", error=failure_of(error))
        return begun + self._ended()

    def keep_alive(self) -> bytes:
        """`response.in_progress` once more: Codex counts only events of the answer as life (pitfalls 9.2)."""
        if not self._head:
            return self._begin(ResponseStart("", ""))
        return self._event("response.in_progress", {"response": self._shown("in_progress")})

    def go_on_after(self, before: Writer) -> None:
        """The response has been created, and keeps its id; from now on it names the model that answers."""
        if isinstance(before, ResponseWriter) and before._head is not None:
            model = self._context.model or before._head.model
            self._head = msgspec.structs.replace(before._head, model=model)
            self._id, self._number, self._written = before._id, before._number, before._written

    def _write(self, event: Event) -> bytes:  # noqa: C901 # an arm for each event
        match event:
            case TextDelta():
                return self._text_delta(event.text)
            case ToolArgumentsDelta():
                return self._arguments(event.json)
            case ReasoningDelta():
                return self._thought(event.text)
            case SignatureDelta():
                self._signature.append(event.signature)
                return b""
            case CitationAdded():
                self._citations.append(event.citation)
                return b""
            case PartStart():
                return self._settled() + self._start(event.part)
            case PartEnd():
                return self._end()
            case ResponseStart():
                return (b"" if self._head else self._begin(event)) + self._preceding()
            case ChoiceEnd():
                self._finish = event.finish if event.choice == 0 else self._finish
                return self._settled()
            case ResponseEnd():
                return self._close(event)
            case OpaqueDelta() | OpaqueEvent() | ExtraDelta() | StreamError():
                return b""  # what only another dialect knows; what is the relay's to tell
            case _:
                assert_never(event)

    def _event(self, name: str, members: Json) -> bytes:
        event = {"type": name, **members, "sequence_number": self._number}
        return self._noted(frame_of(one_line(_encode(event)), event=name))

    def _noted(self, frame: bytes) -> bytes:
        self._number += 1
        if self._written is not None:
            self._written.append(frame)
        return frame

    def _begin(self, event: ResponseStart) -> bytes:
        context = self._context
        self._head = msgspec.structs.replace(
            context.resource,
            id=self._id,
            created_at=event.created or context.created,
            model=context.model if context.model is not None else event.model,
        )
        begun: Json = {"response": self._head}
        return self._event("response.created", begun) + self._event("response.in_progress", begun)

    def _preceding(self) -> bytes:
        """The items that were made before."""
        written = b""
        for item in self._context.preceding if not self._output else ():
            about = {"output_index": len(self._output), "item": item}
            written += self._event("response.output_item.added", about) + self._done(item)
        return written

    def _shown(self, status: str, **members: object) -> wire.Resource:
        """The answer as it stands, or ends."""
        assert self._head is not None  # whatever shows it has begun it
        return msgspec.structs.replace(self._head, status=status, output=self._output, **members)

    def _start(self, part: ResponsePart) -> bytes:
        self._part = part
        self._text, self._signature, self._citations = [], [], []
        match part:
            case TextPart():
                self._refuses = self._refuses or part.refusal
                return self._text_start(part)
            case ReasoningPart():
                return self._message_end() + self._added("rs", {"type": "reasoning", "summary": []})
            case ToolCallPart():
                return self._message_end() + self._call_start(part)
            case OpaquePart():
                return self._hosted(part)

    def _hosted(self, part: OpaquePart) -> bytes:
        """A call of a tool of OpenAI's, which has failed; what only another dialect has is not told."""
        if part.kind not in HOSTED_CALLS:
            return b""
        item: Json = _OBJECT.decode(part.raw)
        begun = self._message_end() + self._added(HOSTED_CALLS[part.kind], {**item, "status": "in_progress"})
        return begun + self._done({"id": self._identifier, **item})

    def _added(self, prefix: str, item: Json) -> bytes:
        self._identifier = f"{prefix}_{self._context.id}_{len(self._output)}"
        self._item = _encode(self._identifier)
        shown = {"id": self._identifier, **item}
        return self._event("response.output_item.added", {"output_index": len(self._output), "item": shown})

    def _done(self, item: Json) -> bytes:
        written = self._event("response.output_item.done", {"output_index": len(self._output), "item": item})
        self._output.append(item)
        return written

    # Messages

    def _text_start(self, part: TextPart) -> bytes:
        added = b""
        if self._message is None:
            self._message = []
            shown: Json = {"type": "message", "role": "assistant", "status": "in_progress", "content": []}
            added = self._added("msg", shown)
        return added + self._event("response.content_part.added", {**self._position(), "part": _content(part, "", [])})

    def _position(self) -> Json:
        content = 0 if self._message is None else len(self._message)
        return {"item_id": self._identifier, "output_index": len(self._output), "content_index": content}

    def _text_delta(self, text: str) -> bytes:
        if not text or self._message is None:
            return b""
        self._text.append(text)
        if isinstance(self._part, TextPart) and self._part.refusal:
            return self._delta_frame(_REFUSAL, b'"content_index":%d,' % len(self._message), text)
        return self._delta_frame(_TEXT, b'"content_index":%d,"logprobs":[],' % len(self._message), text)

    def _delta_frame(self, name: bytes, position: bytes, delta: str) -> bytes:
        values = (name, name, self._item, len(self._output), position, _encode(delta), self._number)
        return self._noted(_DELTA_FRAME % values)

    def _text_end(self, part: TextPart) -> bytes:
        text = "".join(self._text)
        content = _content(part, text, self._citations)
        kind, text_members = (
            ("refusal", {"refusal": text}) if part.refusal else ("output_text", {"text": text, "logprobs": []})
        )
        written = self._event(f"response.{kind}.done", {**self._position(), **text_members})
        for number, annotation in enumerate([] if part.refusal else _annotations(text, self._citations)):
            about: Json = {**self._position(), "annotation_index": number, "annotation": annotation}
            written += self._event("response.output_text.annotation.added", about)
        written += self._event("response.content_part.done", {**self._position(), "part": content})
        if self._message is not None:
            self._message.append(content)
        return written

    def _message_end(self) -> bytes:
        """The end of the open message item, if there is one: it is done with its parts."""
        if self._message is None:
            return b""
        content, self._message = self._message, None
        item: Json = {"id": self._identifier, "type": "message", "role": "assistant", "status": self._status()}
        return self._done({**item, "content": content})

    # Thoughts and calls

    def _summary(self, stage: str, text: str) -> bytes:
        position: Json = {"item_id": self._identifier, "output_index": len(self._output), "summary_index": 0}
        part = {"type": "summary_text", "text": text}
        return self._event(f"response.reasoning_summary_part.{stage}", {**position, "part": part})

    def _thought(self, text: str) -> bytes:
        if not text or not isinstance(self._part, ReasoningPart):
            return b""
        begun = b"" if self._text else self._summary("added", "")
        self._text.append(text)
        return begun + self._delta_frame(_THOUGHT, b'"summary_index":0,', text)

    def _thought_end(self, part: ReasoningPart) -> bytes:
        text = "".join(self._text)
        written = b""
        if text:
            position: Json = {"item_id": self._identifier, "output_index": len(self._output), "summary_index": 0}
            written = self._event("response.reasoning_summary_text.done", {**position, "text": text})
            written += self._summary("done", text)
        signature = part.signature or "".join(self._signature) or None
        whole = msgspec.structs.replace(part, text=text, signature=signature)
        return written + self._done(reasoning_item(whole, self._identifier))

    def _call_start(self, part: ToolCallPart) -> bytes:
        tool = client_tool(part, self._context)
        if tool.kind != "function_call":
            return b""  # told whole, once its arguments are there
        item: Json = {
            "type": tool.kind,
            "call_id": part.id,
            "name": tool.name,
            "arguments": "",
            "status": "in_progress",
        }
        return self._added("fc", item if tool.namespace is None else {**item, "namespace": tool.namespace})

    def _arguments(self, json: str) -> bytes:
        if not json or not isinstance(self._part, ToolCallPart):
            return b""
        self._text.append(json)
        return (
            self._delta_frame(_ARGUMENTS, b"", json)
            if client_tool(self._part, self._context).kind == "function_call"
            else b""
        )

    def _settled(self) -> bytes:
        """The end of a call whose arguments are no JSON.

        Where the answer's limit cut it off, it is incomplete, or left out if it takes no JSON: Codex carries a patch or
        a script out however it is marked, and half a one would be carried out (pitfalls 7.4).
        """
        call, self._unfinished = self._unfinished, None
        if call is None:
            return b""
        status = self._status()
        cut = status == "incomplete" and client_tool(call, self._context).kind != "function_call"
        return b"" if cut else self._call_end(call, status)

    def _status(self) -> str:
        return "incomplete" if self._finish.reason in (FinishReason.LENGTH, FinishReason.CONTEXT) else "completed"

    def _call_end(self, whole: ToolCallPart, status: str = "completed") -> bytes:
        kind = client_tool(whole, self._context).kind
        if kind != "function_call":
            return self._whole_call(whole, kind)
        item = call_item(whole, self._identifier, self._context, status)
        position = {"item_id": self._identifier, "output_index": len(self._output)}
        written = b"" if whole.arguments.strip() else self._delta_frame(_ARGUMENTS, b"", "{}")
        about = {**position, "name": item["name"], "arguments": item["arguments"]}
        return written + self._event("response.function_call_arguments.done", about) + self._done(item)

    def _whole_call(self, whole: ToolCallPart, kind: str) -> bytes:
        """A call of a tool that takes no JSON, or that the client runs itself: all of it at once."""
        self._identifier = f"{_PREFIXES[kind]}_{self._context.id}_{len(self._output)}"
        item = call_item(whole, self._identifier, self._context)
        shown: Json = {**item, "status": "in_progress", **({"input": ""} if "input" in item else {})}
        written = self._event("response.output_item.added", {"output_index": len(self._output), "item": shown})
        if "input" in item:
            position = {"item_id": self._identifier, "output_index": len(self._output)}
            written += self._event("response.custom_tool_call_input.delta", {**position, "delta": item["input"]})
            written += self._event("response.custom_tool_call_input.done", {**position, "input": item["input"]})
        return written + self._done(item)

    def _end(self) -> bytes:
        part, self._part = self._part, None
        match part:
            case TextPart():
                return self._text_end(part)
            case ReasoningPart():
                return self._thought_end(part)
            case ToolCallPart():
                whole = msgspec.structs.replace(part, arguments="".join(self._text))
                if whole.custom or is_complete(whole.arguments):
                    return self._call_end(whole)
                self._unfinished = whole
        return b""

    def _close(self, event: ResponseEnd) -> bytes:
        written = self._settled() + self._message_end()
        if not self._output:  # pitfalls 2.3: an answer without a word is an empty one
            written += self._start(TextPart("")) + self._end() + self._message_end()
        usage = None if event.usage is None else usage_of(event.usage)
        reason = None if self._refuses else incomplete_reason(self._finish)
        if reason is None:
            return written + self._completed(usage)
        self.response = self._shown("incomplete", usage=usage, incomplete_details={"reason": reason})
        return written + self._ended()

    def _completed(self, usage: Json | None) -> bytes:
        self.response = self._shown("completed", usage=usage)
        self.response.completed_at = max(int(time.time()), self.response.created_at)  # an upstream's clock may be ahead
        return self._ended()

    def _ended(self) -> bytes:
        """The last event; the answer is kept before anybody is told that it is there."""
        last = self._event(f"response.{self.response.status}", {"response": self.response})
        if self._context.keep is not None:
            self._context.keep(self.response.id, _encode(self.response), self._written or ())
        return last


def _content(part: TextPart, text: str, citations: list[Citation]) -> Json:
    if part.refusal:
        return {"type": "refusal", "refusal": text}
    return {"type": "output_text", "text": text, "annotations": _annotations(text, citations), "logprobs": []}


def _annotations(text: str, citations: list[Citation]) -> list[Json]:
    """The citations of pages, which are all that the API has words for; one without a place is of all the text."""
    return [
        {
            "type": "url_citation",
            "url": citation.url,
            "title": citation.title or citation.url,
            "start_index": 0 if citation.start is None else citation.start,
            "end_index": len(text) if citation.end is None else citation.end,
        }
        for citation in citations
        if citation.url is not None
    ]
