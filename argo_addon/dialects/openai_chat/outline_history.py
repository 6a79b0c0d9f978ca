"""What a conversation of Chat Completions holds, found in one pass: most need nothing changed."""

from __future__ import annotations

import msgspec

from ...errors import UNREADABLE
from ...pieces import in_pieces
from ..base import Fields
from ..shared.call_ids import length_of
from ..shared.outline import Outline
from ..shared.usual import LIST_BEGINS, NULL_BEGINS, first_byte

_ABSENT = msgspec.Raw(b"null")
_IMAGE = b'"image_url"'
_LACKS = frozenset({"reasoning_content", "reasoning", "reasoning_details"})


class _Call(msgspec.Struct, gc=False):
    id: msgspec.Raw = _ABSENT
    extra_content: msgspec.Raw = _ABSENT


class _Message(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A message as it mostly comes: one with more in it is not looked at here."""

    role: str
    content: msgspec.Raw = _ABSENT
    tool_calls: list[_Call] | None = None
    tool_call_id: msgspec.Raw = _ABSENT
    name: msgspec.Raw = _ABSENT
    refusal: msgspec.Raw = _ABSENT
    annotations: msgspec.Raw = _ABSENT
    audio: msgspec.Raw = _ABSENT
    function_call: msgspec.Raw = _ABSENT
    cache_control: msgspec.Raw = _ABSENT


_MESSAGES = msgspec.json.Decoder(list[_Message])


def outline_of(fields: Fields) -> Outline | None:
    """What the conversation of a body holds; None where it is not as conversations mostly are."""
    try:
        messages = _MESSAGES.decode(fields.get("messages", b"null"))
    except UNREADABLE:
        return None
    outline = Outline(lacks=_LACKS)
    for message in in_pieces(messages):
        content = message.content
        begins = first_byte(content)
        if begins == LIST_BEGINS:
            outline.images += bytes(content).count(_IMAGE)
        elif begins == NULL_BEGINS:
            outline.null_content = True
        if message.role == "developer":
            outline.developer = True
        if message.tool_call_id is not _ABSENT:
            outline.longest_id = max(outline.longest_id, length_of(message.tool_call_id))
        for call in message.tool_calls or ():
            outline.longest_id = max(outline.longest_id, length_of(call.id))
            if call.extra_content is not _ABSENT:
                outline.signed_calls = True
    return outline
