"""A whole body of the Messages API, read in one pass if all of it is as bodies mostly are.

What is not usual goes the way of decode_request.py, which first takes the body's members apart: a conversation of a
megabyte is scanned twice there. It is for upstreams of other dialects, which no byte of the conversation goes to.
"""

from __future__ import annotations

import msgspec

from ...errors import UNREADABLE
from ...ir.request import Message
from ..base import Fields
from ..shared.usual import Unusual
from . import wire
from .decode_messages import of_usual

_ABSENT = wire.ABSENT


class _Body(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    messages: list[wire.UsualMessage]
    model: msgspec.Raw = _ABSENT
    max_tokens: msgspec.Raw = _ABSENT
    system: msgspec.Raw = _ABSENT
    tools: msgspec.Raw = _ABSENT
    tool_choice: msgspec.Raw = _ABSENT
    stream: msgspec.Raw = _ABSENT
    temperature: msgspec.Raw = _ABSENT
    top_p: msgspec.Raw = _ABSENT
    top_k: msgspec.Raw = _ABSENT
    stop_sequences: msgspec.Raw = _ABSENT
    thinking: msgspec.Raw = _ABSENT
    metadata: msgspec.Raw = _ABSENT
    output_config: msgspec.Raw = _ABSENT
    context_management: msgspec.Raw = _ABSENT
    service_tier: msgspec.Raw = _ABSENT
    timeout: msgspec.Raw = _ABSENT


_BODY = msgspec.json.Decoder(_Body)
_OTHERS = [name for name in _Body.__struct_fields__ if name != "messages"]


def read_usual(body: bytes) -> tuple[Fields, list[Message]] | None:
    """The members of a body in UTF-8 but for its conversation, and that; None if not all of it is usual."""
    try:
        read = _BODY.decode(body)
        messages = of_usual(read.messages)
    except (*UNREADABLE, KeyError, Unusual):
        return None
    if not messages:
        return None
    given = ((name, getattr(read, name)) for name in _OTHERS)
    return {name: raw for name, raw in given if raw is not _ABSENT}, messages
