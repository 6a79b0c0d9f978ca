"""A conversation told in the log: roles and sizes, never content (docs/decisions/0004).

It must not know dialects: each names its conversation by one of three members.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..dialects.shared.dropped_fields import printable_path
from ..errors import UNREADABLE

_MEMBERS = ("messages", "input", "contents")


class _Turn(msgspec.Struct):
    role: str = "?"


_MESSAGES = msgspec.json.Decoder(list[msgspec.Raw])
_TURN = msgspec.json.Decoder(_Turn)


def log_summary(fields: Mapping[str, msgspec.Raw], count: int) -> str:
    """The last `count` messages of a request's body by role and size."""
    try:
        said = next((fields[name] for name in _MEMBERS if name in fields), b"[]")
        messages = _MESSAGES.decode(said if bytes(said).startswith(b"[") else b"[%b]" % bytes(said))
        last = messages[-count:]
        roles = [printable_path(_turn(message).role) for message in last]
    except UNREADABLE:
        return "messages that cannot be read"
    sizes = ", ".join(f"{role} {len(bytes(message))} B" for role, message in zip(roles, last, strict=True))
    return f"{len(messages)} messages, the last: {sizes}"


def _turn(message: msgspec.Raw) -> _Turn:
    """A message's role; a bare text, as some dialects take, is the user's."""
    return _TURN.decode(message) if bytes(message).startswith(b"{") else _Turn("user")
