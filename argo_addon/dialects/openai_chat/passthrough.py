"""What of an answer goes back to a client of this dialect as it stands: all that the neutral form does not carry.

That is what other vendors add, what the API had once (`function_call`), thoughts by other names than the one that this
dialect writes, and which of two ways of saying nothing was chosen (`"content":""`, `"content":null`).
"""

from __future__ import annotations

import msgspec

from ...ir.fold import MESSAGE_EXTRA
from ...ir.parts import Extra
from ..shared.raw_members import Shape, object_in, objects_in
from . import wire

_CALL = Shape(wire.CallDelta)
_encode = msgspec.json.Encoder().encode
_BODY = frozenset({"id", "object", "created", "model", "choices", "usage"})
_CHOICE = frozenset({"index", "delta", "message", "finish_reason"})
_TEXTS = frozenset({"content", "refusal", "reasoning_content"})
_ROLE = ("role", b'"assistant"')
_NULL = b"null"
_EMPTY = frozenset({b'""', b"null", b"{}", b"[]"})


def response_extras(members: Extra) -> Extra:
    """What is kept of an answer or a chunk, without its choices."""
    return {name: value for name, value in members.items() if name not in _BODY}


def choices_in(members: Extra) -> list[Extra]:
    """The members of each choice."""
    return list(map(object_in, objects_in(members.get("choices", b""))))


def choice_extras(members: Extra) -> Extra:
    """The members of a choice that the neutral form does not carry; its message's or delta's, under `MESSAGE_EXTRA`."""
    extra = {name: value for name, value in members.items() if name not in _CHOICE}
    if extra and bytes(extra.get("logprobs", b"")) == _NULL:
        del extra["logprobs"]  # is written anyway
    whole = "message" in members  # a delta's role tells when the answer begins
    message_extra = {
        name: value
        for name, value in _message_members(members).items()
        if not (_is_carried(name, bytes(value)) or (whole and (name, bytes(value)) == _ROLE))
    }
    return {**extra, MESSAGE_EXTRA: msgspec.Raw(_encode(message_extra))} if message_extra else extra


def says_nothing(kept: msgspec.Raw) -> bool:
    """Whether what is kept of a delta is all empty, such as a text without a character."""
    return all(bytes(value) in _EMPTY for value in object_in(kept).values()) if bytes(kept)[:1] == b"{" else False


def calls_in(members: Extra) -> list[Extra]:
    """The members of each call of a choice, or of its delta, that the neutral form does not carry."""
    unread = ("extra_content", "index") if "message" in members else ("extra_content",)
    extras = []
    for raw in objects_in(_message_members(members).get("tool_calls", b"")):
        more = {name: value for name, value in object_in(raw).items() if name in unread and bytes(value) != _NULL}
        extras.append({**_CALL.all_others(raw), **more})
    return extras


def _message_members(members: Extra) -> Extra:
    return {**object_in(members.get("message", b"")), **object_in(members.get("delta", b""))}


def _is_carried(name: str, value: bytes) -> bool:
    """Whether the neutral form says it."""
    if name in _TEXTS:
        return value[:1] == b'"' and value != b'""'
    return name == "tool_calls" and value[:1] == b"[" and value != b"[]"
