"""Calls that leaked into the text of a stream of Messages, made calls again. What needs no mending keeps its bytes.

A text's frames are held back only from where a call may begin until it is certain whether it is one. Found calls come
as blocks of their own behind all others, so that no block gets another number.
"""

from __future__ import annotations

from collections.abc import Set

import msgspec

from ...sse import frame_of
from ...translation.leaked_tool_calls import LeakFinder
from ..base import StreamRepairer
from ..shared.lenient import Lenient
from ..shared.raw_members import object_in

_encode = msgspec.json.Encoder().encode


class _Block(msgspec.Struct):
    type: str = ""


class _Delta(msgspec.Struct):
    type: str = ""
    text: str = ""
    stop_reason: str | None = None


class _Event(msgspec.Struct):
    type: str = ""
    index: int = 0
    content_block: _Block | None = None
    delta: _Delta | None = None


_EVENT = Lenient(_Event)
_BRACES = 2
"""Of a text delta's own, which has no more if there are none in the text."""


class LeakRepairer(StreamRepairer):
    """Mends one answer's stream. `names` are the tools on offer."""

    def __init__(self, names: Set[str]) -> None:
        self._finder = LeakFinder(names)
        self._known = 0  # calls that were found before anything was held back
        self._held: list[bytes] = []
        self._text = ""  # what of the held frames is no call
        self._index = 0  # of the text under way
        self._next = 0

    def frame(self, frame: bytes, data: bytes) -> bytes:
        is_delta = not self._held and b'"content_block_delta"' in data
        if is_delta and (data.count(b"{") <= _BRACES or b'"text_delta"' not in data):
            return frame
        event = _EVENT.decode(data)
        match event.type:
            case "content_block_delta" if event.delta is not None and event.delta.type == "text_delta":
                return self._text_delta(frame, event.index, event.delta.text)
            case "content_block_start":
                self._next = max(self._next, event.index + 1)
            case "message_delta" if event.delta is not None and event.delta.stop_reason is not None:
                return self._ended() + self._calls() + self._with_reason(frame, data, event.delta.stop_reason)
            case "ping":
                return frame
        return self._ended() + frame

    def _text_delta(self, frame: bytes, index: int, text: str) -> bytes:
        self._index = index
        self._held.append(frame)
        self._text += self._finder.feed(text)
        return b"" if self._finder.holds else self._let_go()

    def _ended(self) -> bytes:
        """The text under way has ended, if there is one."""
        if not self._held:
            return b""
        self._text += self._finder.rest()
        return self._let_go()

    def _let_go(self) -> bytes:
        found = len(self._finder.calls) > self._known
        out = self._rewritten() if found else b"".join(self._held)
        self._known, self._held, self._text = len(self._finder.calls), [], ""
        return out

    def _rewritten(self) -> bytes:
        if not self._text:
            return b""
        return _frame("content_block_delta", index=self._index, delta={"type": "text_delta", "text": self._text})

    def _calls(self) -> bytes:
        frames = []
        for number, call in enumerate(self._finder.calls, self._next):
            block = {"type": "tool_use", "id": call.id, "name": call.name, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": call.arguments}
            frames.append(_frame("content_block_start", index=number, content_block=block))
            frames.append(_frame("content_block_delta", index=number, delta=delta))
            frames.append(_frame("content_block_stop", index=number))
        return b"".join(frames)

    def _with_reason(self, frame: bytes, data: bytes, reason: str) -> bytes:
        """The frame that tells how the answer ended: in calls, where it had none but the leaked ones."""
        if not self._finder.calls or reason != "end_turn":
            return frame
        members = object_in(data)
        delta = {**object_in(members["delta"]), "stop_reason": "tool_use"}
        return frame_of(_encode({**members, "delta": delta}), "message_delta")

    def rest(self) -> bytes:
        held, self._held = b"".join(self._held), []
        return held


def _frame(kind: str, **members: object) -> bytes:
    return frame_of(_encode({"type": kind, **members}), kind)
