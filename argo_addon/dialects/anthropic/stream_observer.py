"""An answer's stream, read along and put together. It knows the events of the Messages API and nothing of HTTP."""

from __future__ import annotations

import msgspec

from ...errors import UNREADABLE, UpstreamError
from ...sse import data_of, frame_of
from ...translation.auth_notice import SEARCHED_CHARACTERS
from ..base import Assembler, Renamer, StreamObserver
from ..shared.foreign_errors import foreign_error
from ..shared.lenient import Lenient
from ..shared.raw_members import object_in, objects_in
from ..shared.wrapped_errors import ReportedError, detail_in, unwrap
from .maps import STATUS_OF_KIND
from .wire import BlockEvent, ResponseEvent, StreamEvent

_EVENT = Lenient(StreamEvent)
_WHOLE_EVENT = Lenient(ResponseEvent)
_BLOCK = Lenient(BlockEvent)
_TEXT = msgspec.json.Decoder(str)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encode = msgspec.json.Encoder().encode


PING = b'event: ping\ndata: {"type":"ping"}\n\n'
"""A sign of life: the SDKs skip it, wherever it comes (pitfalls 9.2)."""
_SILENT = frozenset({"content_block_stop", "message_start", "ping"})
_STOP = frame_of(b'{"type":"message_stop"}', "message_stop")
_DELTA_MEMBERS = ("type", "delta", "usage")


class MessageObserver(StreamObserver):
    """Notes what a stream begins with, where it ends and what error it reports."""

    @property
    def missing_end(self) -> bytes:
        """`message_stop`, where the upstream has left it out behind the reason for the end."""
        return _STOP if self.ended_informally and not self.complete else b""

    def observe(self, data: bytes) -> UpstreamError | None:
        event = _EVENT.decode(data)
        if event.type == "content_block_delta":
            if event.delta is None or event.delta.type != "text_delta":
                self.has_acted = True
            elif len(self.text) < SEARCHED_CHARACTERS:
                self.text += event.delta.text
        elif event.type == "content_block_start":
            if event.content_block is not None and len(self.text) < SEARCHED_CHARACTERS:
                self.text += event.content_block.text
        elif event.type == "message_stop":
            self.complete = True
        elif event.type == "message_delta":
            self.ended_informally = self.ended_informally or (
                event.delta is not None and event.delta.stop_reason is not None
            )
        elif event.type not in _SILENT:
            return error_in(event) or foreign_error(data)
        return None

    def text_of(self, data: bytes) -> str:
        delta = _WHOLE_EVENT.decode(data).delta if b'"content_block_delta"' in data else None
        return "" if delta is None else delta.text or delta.partial_json or delta.thinking


def error_in(event: StreamEvent | ResponseEvent) -> UpstreamError | None:
    """The error that an event reports: by its type, or by an `error` in it where it names none."""
    if event.type not in ("error", ""):
        return None
    detail = detail_in(event.error)
    if detail is None and event.type == "error":
        detail = detail_in(event.message) or ReportedError("ARGO reported an error without a word about it")
    return None if detail is None else upstream_error(detail)


def upstream_error(detail: ReportedError, status: int | None = None) -> UpstreamError:
    """The error that an error body or event reports, unwrapped.

    `status` is the answer's own; an event has none, so its type tells. What ARGO wrapped says its status itself.
    """
    found = unwrap(detail.message)
    if found.status is not None:
        return UpstreamError(found.status, found.message, kind=found.kind, code=found.code)
    return UpstreamError(status or STATUS_OF_KIND.get(detail.kind or "", 500), detail.message, kind=detail.kind)


class MessageAssembler(Assembler):
    """Puts the message together as the SDK's own accumulation does, every unknown member kept.

    A block's deltas name by their members what they add to: strings are appended to the block's member of that name
    (`text`, `thinking`, `signature`), `partial_json` makes the block's `input`, `citation` adds to its `citations`;
    anything else replaces the member.
    """

    def __init__(self) -> None:
        self._message: dict[str, msgspec.Raw] = {}
        self._usage: dict[str, msgspec.Raw] = {}
        self._blocks: dict[int, dict[str, msgspec.Raw]] = {}
        self._grown: dict[int, dict[str, list[str]]] = {}
        self._citations: dict[int, list[msgspec.Raw]] = {}

    def add(self, data: bytes) -> None:
        event = _BLOCK.decode(data)
        match event.type:
            case "content_block_delta":
                self._grow(event.index, event.delta)
            case "content_block_start" if "type" in event.content_block:
                self._blocks[event.index] = event.content_block
                self._grown[event.index] = {}
            case "message_start":
                self._message = event.message  # a second time, the answer begins anew
                self._blocks, self._grown, self._citations = {}, {}, {}
                whole = list(map(object_in, objects_in(event.message.get("content", b""))))
                for number, block in enumerate(whole):  # whole blocks, which some put here
                    self._blocks[number - len(whole)], self._grown[number - len(whole)] = block, {}
                self._usage = object_in(event.message.get("usage", b""))
            case "message_delta":
                others = {name: value for name, value in _OBJECT.decode(data).items() if name not in _DELTA_MEMBERS}
                self._message = {**self._message, **others, **event.delta}
                self._usage = {**self._usage, **_counted(event.usage or {})}

    def _grow(self, index: int, delta: dict[str, msgspec.Raw]) -> None:
        if index not in self._blocks:
            raise msgspec.ValidationError(f"a delta for content block {index}, which was never started")
        for name, value in delta.items():
            if name == "type":
                continue
            if name == "citation":
                self._citations.setdefault(index, []).append(value)
            elif bytes(value).startswith(b'"'):
                self._grown[index].setdefault(name, []).append(_TEXT.decode(value))
            else:
                self._blocks[index] = {**self._blocks[index], name: value}

    def body(self) -> bytes:
        content = [self._block(index) for index in sorted(self._blocks)]
        about = {"type": "message", "role": "assistant", **self._message}
        return _encode({**about, "content": content, "usage": self._usage})

    def _block(self, index: int) -> dict[str, object]:
        block: dict[str, object] = dict(self._blocks[index])
        for name, texts in self._grown[index].items():
            text = "".join(texts)
            if name == "partial_json":
                if text.strip():
                    block["input"] = _tool_input(text)
            else:
                first = self._blocks[index].get(name)
                before = _TEXT.decode(first) if first is not None and bytes(first).startswith(b'"') else ""
                block[name] = before + text
        if index in self._citations:
            block["citations"] = self._citations[index]
        return block


class ModelRenamer(Renamer):
    """Puts the name that was asked for in place of `message.model`, which the first event of a stream carries."""

    def __init__(self, context: str) -> None:
        self._name = msgspec.Raw(_encode(context))

    def event(self, frame: bytes) -> bytes | None:
        data = data_of(frame)
        if data is None or b"message_start" not in data:
            return None
        event = _OBJECT.decode(data)
        if bytes(event.get("type", b"")) != b'"message_start"':
            return None
        message = {**_OBJECT.decode(event.get("message", b"{}")), "model": self._name}
        return frame_of(_encode({**event, "message": message}), event="message_start")

    def body(self, body: bytes) -> bytes:
        return _encode({**_OBJECT.decode(body), "model": self._name})


def _counted(usage: dict[str, msgspec.Raw]) -> dict[str, msgspec.Raw]:
    """The closing figures that say something: a null does not undo what message_start counted."""
    return {name: value for name, value in usage.items() if bytes(value) != b"null"}


def _tool_input(text: str) -> msgspec.Raw | dict[str, str]:
    """A tool call's input as the model wrote it; under `_raw` if that is no JSON (cut at max_tokens, say)."""
    try:
        msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except UNREADABLE:
        return {"_raw": text}
    return msgspec.Raw(text.encode())
