"""What conversations of Chat Completions are mostly made of, read in one pass into the neutral form.

What is not usual goes the way of decode_messages.py, which tells what is wrong, or is left out; both ways read a usual
message alike. It is for upstreams of other dialects: what only this one knows is not usual.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ...errors import UNREADABLE
from ...ir.parts import Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from ...ir.request import Message
from ...pieces import in_pieces
from ..shared.usual import NULL_BEGINS, TEXT_BEGINS, Unusual, first_byte, written_text
from . import wire_usual as wire

_MESSAGE = msgspec.json.Decoder(wire.UsualMessage)
_MESSAGES = msgspec.json.Decoder(list[wire.UsualMessage])
_TEXTS = msgspec.json.Decoder(list[wire.UsualText])


def messages_of(raw: msgspec.Raw) -> list[Message] | None:
    """The conversation, if all of it is usual."""
    try:
        return [_READ[message.role](message) for message in in_pieces(_MESSAGES.decode(raw))]
    except (*UNREADABLE, Unusual):
        return None


def message_of(raw: msgspec.Raw) -> Message | None:
    """A message, if it is usual."""
    try:
        message = _MESSAGE.decode(raw)
        return _READ[message.role](message)
    except (*UNREADABLE, Unusual):
        return None


def _system(message: wire.UsualMessage) -> Message:
    return Message("system", _content(message.content))


def _user(message: wire.UsualMessage) -> Message:
    return Message("user", _content(message.content))


def _tool(message: wire.UsualMessage) -> Message:
    if message.tool_call_id is None:
        raise Unusual
    return Message("user", (ToolResultPart(message.tool_call_id, _content(message.content)),))


def _assistant(message: wire.UsualMessage) -> Message:
    parts: list[Part] = [ReasoningPart(message.reasoning_content)] if message.reasoning_content else []
    parts += [text for text in _content(message.content) if text.written or not text.is_bare]
    for call in message.tool_calls or ():
        parts.append(ToolCallPart(call.id or "", call.function.name, call.function.arguments))
    return Message("assistant", tuple(parts))


_READ: dict[str, Callable[[wire.UsualMessage], Message]] = {
    "system": _system,
    "developer": _system,
    "user": _user,
    "tool": _tool,
    "assistant": _assistant,
}


def _content(raw: msgspec.Raw) -> tuple[TextPart, ...]:
    if raw is wire.ABSENT:
        return ()
    begins = first_byte(raw)
    if begins == TEXT_BEGINS:
        return (TextPart(written_text(raw)),)
    if begins == NULL_BEGINS:
        return ()
    return tuple([_part(part) for part in _TEXTS.decode(raw)])


def _part(part: wire.UsualText) -> TextPart:
    cache = part.cache_control
    written = written_text(part.text)
    return (
        TextPart(written) if cache is wire.ABSENT else TextPart(written, cache=None if cache == wire.ABSENT else cache)
    )
