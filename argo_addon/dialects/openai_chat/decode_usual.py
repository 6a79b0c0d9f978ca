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
from ..base import Fields
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


class _Body(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    messages: list[wire.UsualMessage]
    model: msgspec.Raw = wire.ABSENT
    stream: msgspec.Raw = wire.ABSENT
    stream_options: msgspec.Raw = wire.ABSENT
    max_tokens: msgspec.Raw = wire.ABSENT
    max_completion_tokens: msgspec.Raw = wire.ABSENT
    tools: msgspec.Raw = wire.ABSENT
    tool_choice: msgspec.Raw = wire.ABSENT
    parallel_tool_calls: msgspec.Raw = wire.ABSENT
    temperature: msgspec.Raw = wire.ABSENT
    top_p: msgspec.Raw = wire.ABSENT
    stop: msgspec.Raw = wire.ABSENT
    reasoning_effort: msgspec.Raw = wire.ABSENT
    response_format: msgspec.Raw = wire.ABSENT
    user: msgspec.Raw = wire.ABSENT
    metadata: msgspec.Raw = wire.ABSENT
    timeout: msgspec.Raw = wire.ABSENT


_BODY = msgspec.json.Decoder(_Body)
_OTHERS = [name for name in _Body.__struct_fields__ if name != "messages"]


def read_usual(body: bytes) -> tuple[Fields, list[Message]] | None:
    """The members of a body in UTF-8 but for its conversation, and that; None if not all of it is usual."""
    try:
        read = _BODY.decode(body)
        messages = [_READ[message.role](message) for message in in_pieces(read.messages)]
    except (*UNREADABLE, Unusual):
        return None
    if not messages:
        return None
    given = ((name, getattr(read, name)) for name in _OTHERS)
    return {name: raw for name, raw in given if raw is not wire.ABSENT}, messages


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
