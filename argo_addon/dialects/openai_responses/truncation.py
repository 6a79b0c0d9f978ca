"""`truncation: auto`: a conversation that is too long for its model loses its oldest items.

What is said to hold throughout stays: instructions, tools that were brought along, summaries; so does the last item. A
call goes with its output. Source: the OpenAI API reference ("truncation").
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ...translation import tokens
from ..base import Fields
from ..shared.raw_members import Positive, object_in, optional, text_of_member
from .compaction import SUMMARIES, TRIGGER
from .decode_request import decode_request

_encode = msgspec.json.Encoder().encode
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_WORD = msgspec.json.Decoder(str | None)
_POSITIVE = msgspec.json.Decoder(Positive | None)
_KEPT_ROLES = frozenset({"system", "developer"})
_KEPT_TYPES = frozenset({"additional_tools", "tool_search_output", TRIGGER, *SUMMARIES})


def truncated(fields: Fields, context: int | None) -> tuple[Fields, int]:
    """A request that fits into so many tokens, and how many items were left out of it. Raises ClientError."""
    given = bytes(fields.get("input", b""))
    if context is None or optional(fields, "truncation", _WORD) != "auto" or given[:1] != b"[":
        return fields, 0
    over = tokens.estimate(decode_request(fields)) + (optional(fields, "max_output_tokens", _POSITIVE) or 0) - context
    if over <= 0:
        return fields, 0
    items = _ITEMS.decode(given)
    left = _left(items, over)
    return {**fields, "input": msgspec.Raw(_encode(left))}, len(items) - len(left)


def _left(items: Sequence[msgspec.Raw], over: int) -> list[msgspec.Raw]:
    """The items without the oldest that have so many tokens together."""
    members = [object_in(item) for item in items]
    needed = _call_id(members[-1]) if members else ""
    gone: set[int] = set()
    calls: set[str] = set()  # whose output goes too, wherever it is
    for number, item in enumerate(members[:-1]):
        call = _call_id(item)
        if (over > 0 and not _stays(item) and not (call and call == needed)) or call in calls:
            gone.add(number)
            calls |= {call} - {""}
            over -= tokens.of_json(bytes(items[number]))
    return [item for number, item in enumerate(items) if number not in gone]


def _call_id(item: Fields) -> str:
    return text_of_member(item, "call_id")


def _stays(item: Fields) -> bool:
    return text_of_member(item, "type") in _KEPT_TYPES or text_of_member(item, "role") in _KEPT_ROLES
