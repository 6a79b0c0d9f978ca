"""What a conversation of the Messages API holds, found in one pass: most need nothing changed."""

from __future__ import annotations

import re

import msgspec

from ...errors import UNREADABLE
from ...ir.parts import OUR_MARK
from ...pieces import in_pieces
from ..base import Fields
from ..shared.call_ids import length_of
from ..shared.outline import Outline
from ..shared.usual import LIST_BEGINS, TEXT_BEGINS, first_byte
from .adjust_history import BREAKPOINT, EMPTY, MOST_BREAKPOINTS

_ABSENT = msgspec.Raw(b"null")
_OUR_MARK = OUR_MARK.encode()
_NOTHING = re.compile(rb"\[\s*\]")


class _Block(msgspec.Struct, gc=False):
    type: str = ""
    id: msgspec.Raw = _ABSENT
    tool_use_id: msgspec.Raw = _ABSENT
    text: msgspec.Raw = _ABSENT
    content: msgspec.Raw = _ABSENT
    source: msgspec.Raw = _ABSENT
    signature: msgspec.Raw = _ABSENT
    cache_control: msgspec.Raw = _ABSENT
    citations: msgspec.Raw = _ABSENT


class _Turn(msgspec.Struct, gc=False):
    role: str = ""
    content: str | list[_Block] = ""


_TURNS = msgspec.json.Decoder(list[_Turn])


def outline_of(fields: Fields) -> Outline | None:
    """What the conversation of a body holds; None where it is not as conversations mostly are."""
    try:
        turns = _TURNS.decode(fields.get("messages", b"null"))
    except UNREADABLE:
        return None
    outline, marks, in_order = Outline(), 0, True
    for turn in in_pieces(turns):
        if turn.role == "system":
            outline.system_inside = True
        if isinstance(turn.content, str):
            in_order = in_order and bool(turn.content.strip())
            continue
        in_order = in_order and bool(turn.content)
        for block in turn.content:
            kind = block.type
            if kind == "tool_use":
                outline.longest_id = max(outline.longest_id, length_of(block.id))
            elif kind == "tool_result":
                outline.longest_id = max(outline.longest_id, length_of(block.tool_use_id))
            if block.cache_control is not _ABSENT:
                marks += 1
            marks += _marks_within(block)
            in_order = in_order and _is_in_order(block)
    others = [bytes(fields[name]) for name in ("tools", "system") if name in fields]
    marks += sum(written.count(BREAKPOINT) for written in others)
    ends_well = bool(turns) and turns[-1].role != "assistant"
    system = bytes(fields.get("system", b"null"))
    outline.in_order = in_order and ends_well and marks <= MOST_BREAKPOINTS and EMPTY.search(system) is None
    return outline


def _marks_within(block: _Block) -> int:
    inside = (block.content, block.source)
    return sum(bytes(raw).count(BREAKPOINT) for raw in inside if raw is not _ABSENT and first_byte(raw) != TEXT_BEGINS)


def _is_in_order(block: _Block) -> bool:
    """Whether a block is none that Claude refuses. It may say no without need."""
    if block.citations is not _ABSENT and _OUR_MARK in bytes(block.citations):
        return False
    if block.type == "thinking":
        signature = bytes(block.signature)
        return signature[:1] == b'"' and signature != b'""' and not signature[1:].startswith(_OUR_MARK)
    if block.type == "text":
        return _says_something(block.text)
    if block.content is _ABSENT:
        return True
    begins = first_byte(block.content)
    if begins == TEXT_BEGINS:
        return _says_something(block.content)
    return begins != LIST_BEGINS or (_NOTHING.match(block.content) is None and EMPTY.search(block.content) is None)


def _says_something(text: msgspec.Raw) -> bool:
    written = bytes(memoryview(text)[:2])
    if written[:1] != b'"':
        return False
    return written[1:].isalnum() or bool(msgspec.json.decode(text).strip())
