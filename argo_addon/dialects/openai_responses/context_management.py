"""`context_management`: a conversation that has grown beyond a threshold is compacted before it is answered.

What stands before a summary is no longer sent, but for what the user has said. Source: the OpenAI API guide
"Compaction".
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from ...translation import tokens
from ..base import Fields
from ..shared.raw_members import object_in, optional
from .compaction import asks, is_told, since_summary
from .decode_request import decode_request

_encode = msgspec.json.Encoder().encode
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])


class _Compaction(msgspec.Struct):
    type: Literal["compaction"]
    compact_threshold: Annotated[int, msgspec.Meta(ge=1)] | None = None


_MANAGEMENT = msgspec.json.Decoder(list[_Compaction] | None)


def managed(fields: Fields) -> tuple[Fields, bool]:
    """A request without what its summaries stand for, and whether it is to be compacted. Raises ClientError."""
    management = optional(fields, "context_management", _MANAGEMENT)
    given = bytes(fields.get("input", b""))
    if not management or given[:1] != b"[" or asks(fields):
        return fields, False
    items = since_summary(_ITEMS.decode(given))
    left = {**fields, "input": msgspec.Raw(_encode(items))}
    thresholds = [one.compact_threshold for one in management if one.compact_threshold is not None]
    if not thresholds or all(is_told(object_in(item)) for item in items):
        return left, False
    return left, tokens.estimate(decode_request(left)) > min(thresholds)
