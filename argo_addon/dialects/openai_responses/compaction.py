"""Compaction: a conversation that a model has summed up, as one item that stands in its place from then on.

It is asked for by `POST /v1/responses/compact`, or by an item `compaction_trigger` at the end of a conversation. The
model gets the conversation and a last word of ours; what it says is sealed in the item's `encrypted_content`. When the
item comes back it is opened, and any model reads the summary. Source: the OpenAI API reference ("Compaction"), the Open
Responses specification (2026-04-24), and what Codex does with it (pitfalls 11.2).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

import msgspec

from ...errors import UNREADABLE, ClientError
from ...sealing import CannotOpen, NotOurs, Sealer
from ...translation import tokens
from ..base import Fields
from ..shared.raw_members import member, object_in, text_of_member
from .wire import Json

PROMPT = (
    "The conversation so far is about to be replaced by a summary that you write now. Whoever goes on will know "
    "nothing but this summary and the user's latest messages. Write down, under headings: what the user wants, "
    "with every decision, constraint and preference, in their words where they matter; what has been done and "
    "found out, with the names of files, commands, identifiers, values and results; what is under way; what is "
    "still to do, the next step first. Be exact and leave out small talk. Answer no question and call no tool: "
    "write the summary and nothing else."
)
OPENING = "This is a summary of the conversation so far, which was compacted to save room. Go on from it:\n\n"
ELSEWHERE = "[An earlier part of this conversation was compacted by another service and cannot be read here.]"
SUMMARIES = frozenset({"compaction", "compaction_summary", "context_compaction"})
"""The types of items that hold a summary: the API's, and what Codex has called it."""
TRIGGER = "compaction_trigger"
_TOLD_ROLES = frozenset({"user", "system", "developer"})
_TRIGGER = msgspec.Raw(b'{"type":"compaction_trigger"}')
_LONGEST_TRIGGER = 65536
"""Bytes of an item that asks for a compaction: it has a type, and nothing else that is known."""
_RETAINED_TOKENS = 20_000
"""How much of the user's own words stays beside a summary, the latest first, as Codex keeps them."""
_encode = msgspec.json.Encoder().encode
_INPUT = msgspec.json.Decoder(str | list[msgspec.Raw] | None)
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_TEXT = msgspec.json.Decoder(str)
_NULL = msgspec.Raw(b"null")


def opened(fields: Fields, sealer: Sealer, owner: str) -> Fields:
    """The request with its summaries legible. Raises ClientError that names one that was tampered with."""
    given = fields.get("input", _NULL)
    if b"compaction" not in bytes(given) or bytes(given)[:1] != b"[":
        return fields
    items = [_opened(item, f"input[{number}]", sealer, owner) for number, item in enumerate(_items(given))]
    return {**fields, "input": msgspec.Raw(_encode(items))}


def _opened(item: msgspec.Raw, json_path: str, sealer: Sealer, owner: str) -> msgspec.Raw:
    members = object_in(item)
    if text_of_member(members, "type") not in SUMMARIES:
        return item
    try:
        summary = sealer.open(text_of_member(members, "encrypted_content"), owner)
    except NotOurs:
        return item
    except CannotOpen as problem:
        where = f"{json_path}.encrypted_content"
        reason = "it was sealed with another key or for another user, or has been changed. Start a new conversation, or"
        remedy = "give this gateway the key file of the one that made it (responses_key_file)"
        message = f"{where}: this compaction cannot be opened: {reason} {remedy}."
        raise ClientError(400, message, param=where, code="invalid_encrypted_content") from problem
    return msgspec.Raw(_encode({**members, "summary": summary}))


def _items(given: msgspec.Raw) -> list[msgspec.Raw]:
    try:
        return _ITEMS.decode(given)
    except UNREADABLE:  # whoever reads the conversation says so
        return []


def asks(fields: Fields) -> bool:
    """Whether a request's last item asks for a compaction."""
    given = fields.get("input", _NULL)
    if (
        b"compaction_trigger" not in bytes(memoryview(given)[-_LONGEST_TRIGGER:])
        or bytes(memoryview(given)[:1]) != b"["
    ):
        return False
    items = _items(given)
    return bool(items) and text_of_member(object_in(items[-1]), "type") == TRIGGER


def with_trigger(fields: Fields) -> Fields:
    """A request for a compaction as one for an answer, which asks for it at its end."""
    given = member(fields.get("input", _NULL), _INPUT, "input")
    if not given:
        return fields  # whoever reads the conversation says that there is none
    items: list[object] = [{"role": "user", "content": given}] if isinstance(given, str) else list(given)
    whole = {**fields, "input": msgspec.Raw(_encode(items))}
    return whole if asks(whole) else {**whole, "input": msgspec.Raw(_encode([*items, _TRIGGER]))}


def retained(fields: Fields, identifier: str) -> list[Json]:
    """What the user has said, which stays beside the summary: the latest messages, as an answer has them."""
    kept: list[Json] = []
    left = _RETAINED_TOKENS
    for item in reversed(_items(fields.get("input", _NULL))):
        members = object_in(item)
        if text_of_member(members, "role") != "user" or text_of_member(members, "type") not in ("", "message"):
            continue
        content = list(_content(members.get("content", _NULL)))
        left -= tokens.of_json(_encode(content))
        if kept and left < 0:
            break
        about = {"id": f"msg_{identifier}_{len(kept)}", "type": "message", "status": "completed", "role": "user"}
        kept.append({**about, "content": content})
    return kept[::-1]


def _content(content: msgspec.Raw) -> Iterator[object]:
    if bytes(content)[:1] == b'"':
        yield {"type": "input_text", "text": _TEXT.decode(content)}
        return
    for part in _items(content):
        members = object_in(part)
        yield {"detail": "auto", **members} if text_of_member(members, "type") == "input_image" else members


def since_summary(items: Sequence[msgspec.Raw]) -> list[msgspec.Raw]:
    """The items without what the last summary of ours among them stands for; behind another's all is still needed."""
    members = [object_in(item) for item in items]
    summaries = [number for number, item in enumerate(members) if _is_ours(item)]
    if not summaries:
        return list(items)
    end = summaries[-1]
    if all(map(is_told, members[:end])):
        return list(items)
    said = retained({"input": msgspec.Raw(_encode(list(items[:end])))}, uuid.uuid4().hex)
    system = [item for item, about in zip(items[:end], members, strict=False) if _is_system(about)]
    return [*system, *(msgspec.Raw(_encode(one)) for one in said), *items[end:]]


def _is_ours(item: Fields) -> bool:
    sealed = text_of_member(item, "encrypted_content")
    return text_of_member(item, "type") in SUMMARIES and Sealer.is_sealed(sealed)


def _is_system(item: Fields) -> bool:
    return text_of_member(item, "role") in ("system", "developer")


def is_told(item: Fields) -> bool:
    """Whether a summary would leave an item as it is: it is one, or says what the user or the application has said."""
    return text_of_member(item, "role") in _TOLD_ROLES or text_of_member(item, "type") in SUMMARIES
