"""What GenAI conversations are mostly made of, read in one pass into the neutral form, and what is the same in all.

What is not usual goes the way of decode_messages.py, which tells what is wrong, or is left out; both ways read a usual
content alike.
"""

from __future__ import annotations

import msgspec

from ...errors import UNREADABLE
from ...ir.parts import Part, TextPart, ToolCallPart, ToolResultPart
from ...ir.request import Message
from ...pieces import in_pieces
from ..shared.open_calls import OpenCalls
from ..shared.sealed_reasoning import opened
from ..shared.usual import NULL_BEGINS, OBJECT_BEGINS, TEXT_BEGINS, Unusual, first_byte, written_text
from . import wire

_NULL = msgspec.Raw(b"null")
_TEXT = msgspec.json.Decoder(str)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_CONTENT = msgspec.json.Decoder(wire.UsualContent)
_CONTENTS = msgspec.json.Decoder(list[wire.UsualContent])
_RESULT_TEXT = msgspec.json.Decoder(wire.ResultText)
_RESULT_MEMBERS = ("output", "result", "error")


def all_usual(raw: msgspec.Raw) -> list[Message] | None:
    """The messages of a conversation, if all of it is usual."""
    calls = Calls()
    try:
        return [calls.message_of(content) for content in in_pieces(_CONTENTS.decode(raw))]
    except (*UNREADABLE, Unusual):
        return None


class Calls:
    """The calls of a conversation as it is read: those that wait for their results."""

    def __init__(self) -> None:
        self._open = OpenCalls()
        self._calls = 0

    def usual(self, raw: msgspec.Raw) -> Message | None:
        """A content's message, if it is usual."""
        try:
            content = _CONTENT.decode(raw)
            for part in content.parts:
                _check(part)
        except (*UNREADABLE, Unusual):
            return None
        return self.message_of(content)

    def message_of(self, content: wire.UsualContent) -> Message:
        """The message that a content is. Raises Unusual."""
        parts: list[Part] = []
        for part in content.parts:
            if part.thought_signature is None and part.text is not wire.ABSENT and _is_text(part):
                if written := written_text(part.text):
                    parts.append(TextPart(written))
            else:
                parts += self._usual_parts(part)
        return Message("assistant" if content.role == "model" else "user", tuple(parts))

    def _usual_parts(self, part: wire.UsualPart) -> tuple[Part, ...]:
        _check(part)
        thoughts = opened(part.thought_signature) if part.thought_signature is not None else ()
        if (call := part.function_call) is not None:
            return (*thoughts, self.called(call.name, call.id, call.args))
        if (response := part.function_response) is not None:
            written, failed = _result_of(response.response)
            return (ToolResultPart(self.call_of(response.id, response.name), (TextPart(written),), failed),)
        if part.thought or part.text is wire.ABSENT or first_byte(part.text) == NULL_BEGINS:
            return thoughts
        written = written_text(part.text)
        return (*thoughts, TextPart(written)) if written else thoughts

    def called(self, name: str, identifier: str | None, args: msgspec.Raw) -> ToolCallPart:
        """A call, which waits for its result from now on."""
        self._calls += 1
        arguments = "{}" if args == _NULL else bytes(args).decode()
        made = ToolCallPart(identifier or f"{name}_{self._calls}", name, arguments)
        self._open.add(made)
        return made

    def call_of(self, identifier: str | None, name: str) -> str:
        """The id of the call that a result is of."""
        found = self._open.take(identifier, name)
        return found.id if found is not None else identifier or name


def _is_text(part: wire.UsualPart) -> bool:
    no_call = part.function_call is None and part.function_response is None
    return no_call and part.thought is None and first_byte(part.text) == TEXT_BEGINS


def _check(part: wire.UsualPart) -> None:
    """Raises Unusual for a part whose text is none."""
    if part.text is not wire.ABSENT and first_byte(part.text) not in (TEXT_BEGINS, NULL_BEGINS):
        raise Unusual


def _result_of(raw: msgspec.Raw) -> tuple[str | msgspec.Raw, bool]:
    """The same as `result_text`, but that a text stays as it was written where it stands alone."""
    if first_byte(raw) == OBJECT_BEGINS:
        try:
            said = _RESULT_TEXT.decode(raw)
        except UNREADABLE:
            return result_text(raw)
        members = [value for value in (said.output, said.result, said.error) if value is not wire.ABSENT]
        if len(members) == 1 and first_byte(members[0]) == TEXT_BEGINS:
            return written_text(members[0]), said.error is not wire.ABSENT
    return result_text(raw)


def result_text(raw: msgspec.Raw) -> tuple[str, bool]:
    """What a result says, and whether it is a failure: one member's text, else all of it as JSON."""
    if raw == _NULL:
        return "", False
    written = bytes(raw)
    if not written.startswith(b"{"):
        return (_TEXT.decode(written) if written.startswith(b'"') else written.decode()), False
    members = _OBJECT.decode(written)
    failed = "error" in members
    name = next((name for name in _RESULT_MEMBERS if name in members), None)
    if name is None or len(members) > 1:
        return written.decode(), failed
    value = bytes(members[name])
    return (_TEXT.decode(value) if value.startswith(b'"') else value.decode()), failed
