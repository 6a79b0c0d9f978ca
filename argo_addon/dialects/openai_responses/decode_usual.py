"""What conversations of Responses are mostly made of, read in one pass into the neutral form.

What is not usual goes the way of decode_messages.py, which tells what is wrong, or is left out; both ways read a usual
item alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
from msgspec import UNSET

from ...errors import UNREADABLE
from ...ir.parts import ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from ...ir.request import Message, Role
from ...pieces import in_pieces
from ..shared.sealed_reasoning import opened
from ..shared.usual import LIST_BEGINS, NULL_BEGINS, Unusual, first_byte, written_text
from . import wire
from .tools import ClientTool, name_of

_ITEM = msgspec.json.Decoder(wire.UsualItem)
_ITEMS = msgspec.json.Decoder(list[wire.UsualItem])
_TEXTS = msgspec.json.Decoder(list[wire.UsualText])
_ROLES: dict[str, Role] = {"developer": "system", "system": "system", "user": "user", "assistant": "assistant"}
_NOTHING = (msgspec.Raw(b"null"), msgspec.Raw(b"[]"))


def usual_items(raw: msgspec.Raw) -> list[wire.UsualItem] | None:
    """The items of a conversation, if all of them are of usual types: then none brings tools along."""
    try:
        return _ITEMS.decode(raw)
    except UNREADABLE:
        return None


class Items:
    """The items of a conversation: `tools` are those declared, by the names they go by.

    `calls` has, of a call's id as an item, the id that its result should name.
    """

    def __init__(self, tools: Mapping[str, ClientTool]) -> None:
        self.tools = tools
        self.calls: dict[str, str] = {}

    def messages_of(self, items: list[wire.UsualItem]) -> list[Message] | None:
        """The messages that these items are, if all of them are usual."""
        try:
            return [_READ[item.type](self, item) for item in in_pieces(items)]
        except (*UNREADABLE, Unusual):
            self.calls.clear()
            return None

    def message_of(self, raw: msgspec.Raw) -> Message | None:
        """An item's message, if it is usual."""
        try:
            item = _ITEM.decode(raw)
            return _READ[item.type](self, item)
        except (*UNREADABLE, Unusual):
            return None


def thoughts_of(
    encrypted: str | None, content: list[wire.TextPart] | None, summary: list[wire.TextPart] | None
) -> tuple[ReasoningPart, ...]:
    """What an item `reasoning` says."""
    if encrypted is not None and (thoughts := opened(encrypted)):
        return thoughts
    text = "".join(part.text for part in (content or summary or ()))
    return (ReasoningPart(text),) if text else ()


def _message(items: Items, item: wire.UsualItem) -> Message:
    if item.role is None or _is_call(item) or _is_result(item) or _is_thought(item):
        raise Unusual
    return Message(_ROLES[item.role], _content(item.content))


def _call(items: Items, item: wire.UsualItem) -> Message:
    custom = item.type == "custom_tool_call"
    said, other = (item.input, item.arguments) if custom else (item.arguments, item.input)
    if item.name is UNSET or said is UNSET or other is not UNSET or item.role is not None:
        raise Unusual
    if item.content is not wire.ABSENT or _is_result(item) or _is_thought(item):
        raise Unusual
    identifier = item.call_id or item.id or ""
    items.calls[item.id or identifier] = identifier
    return Message(
        "assistant", (ToolCallPart(identifier, name_of(item.name, item.namespace, items.tools), said, custom),)
    )


def _result(items: Items, item: wire.UsualItem) -> Message:
    if item.role is not None or item.content is not wire.ABSENT or _is_named(item) or _is_thought(item):
        raise Unusual
    identifier = item.call_id or item.id or ""
    return Message("user", (ToolResultPart(items.calls.get(identifier, identifier), _content(item.output)),))


def _reasoning(items: Items, item: wire.UsualItem) -> Message:
    if item.role is not None or item.content is not wire.ABSENT or _is_call(item) or _is_result(item):
        raise Unusual
    return Message("assistant", thoughts_of(item.encrypted_content, None, item.summary))


_READ: dict[str, Callable[[Items, wire.UsualItem], Message]] = {
    "message": _message,
    "function_call": _call,
    "custom_tool_call": _call,
    "function_call_output": _result,
    "custom_tool_call_output": _result,
    "reasoning": _reasoning,
}


def _is_named(item: wire.UsualItem) -> bool:
    """Whether an item has a member that only calls have."""
    return not (item.name is item.arguments is item.input is UNSET) or item.namespace is not None


def _is_call(item: wire.UsualItem) -> bool:
    return item.call_id is not None or _is_named(item)


def _is_result(item: wire.UsualItem) -> bool:
    return item.output is not wire.ABSENT


def _is_thought(item: wire.UsualItem) -> bool:
    return item.summary is not None or item.encrypted_content is not None


def _content(raw: msgspec.Raw) -> tuple[TextPart, ...]:
    begins = first_byte(raw)
    if begins == NULL_BEGINS:
        return ()
    if begins == LIST_BEGINS:
        return tuple([_part(part) for part in _TEXTS.decode(raw)])
    return (TextPart(written_text(raw)),)


def _part(part: wire.UsualText) -> TextPart:
    if part.annotations not in _NOTHING or part.logprobs not in _NOTHING:
        raise Unusual
    return TextPart(written_text(part.text))
