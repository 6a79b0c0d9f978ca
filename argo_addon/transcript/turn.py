"""Whose turn a request is: the conversation that it belongs to, and what its user said last.

It looks at a body's outline only and never raises.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

import msgspec

from ..dialects import CLIENT
from ..errors import UNREADABLE

_HEADER = re.compile(r"(?:x-)?(?:[a-z]+-){0,3}(?:session|conversation|thread)(?:[-_](?:id|affinity))?\Z")
"""How tools call the header that names a conversation: Codex, OpenCode and newer versions of Claude Code."""
_IN_USER = re.compile(r"(?:_session_|\"session_id\"\s*:\s*\")([\w-]{8,})")
"""Where Claude Code names it: in `metadata.user_id`, as a word's end or as JSON."""
_ASIDES = re.compile(
    r"<(system-reminder|environment_context|user_instructions|environment_details|INSTRUCTIONS)>.*?</\1>", re.DOTALL
)
"""What tools write into a user's turn."""
_MOST_WORDS = 200


class Turn(msgspec.Struct, frozen=True):
    """`session` names a conversation, `words` are its user's last, `previous` the response that it goes on from.

    Each may be empty.
    """

    session: str = ""
    words: str = ""
    previous: str = ""


class _Ids(msgspec.Struct):
    user_id: str = ""
    session_id: str = ""
    conversation_id: str = ""
    id: str = ""


class _Members(msgspec.Struct):
    prompt_cache_key: str = ""
    session_id: str = ""
    conversation: str | _Ids = ""
    metadata: _Ids = msgspec.field(default_factory=_Ids)
    client_metadata: _Ids = msgspec.field(default_factory=_Ids)


class _Block(msgspec.Struct):
    text: str = ""


class _Item(msgspec.Struct):
    role: str = "user"
    type: str = "message"
    content: str | list[_Block] | None = None
    parts: list[_Block] | None = None

    @property
    def text(self) -> str:
        """What it says."""
        said = self.content if isinstance(self.content, str) else "\n".join(
            block.text for block in (*(self.content or ()), *(self.parts or ()))
        )  # fmt: skip
        return " ".join(_ASIDES.sub(" ", said).split())


_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])


def turn_of(headers: Mapping[str, str], body: bytes) -> Turn:
    """A request's turn, given its headers and its body."""
    named = (value for name, value in headers.items() if _HEADER.match(name.lower()) is not None and len(value) >= 8)
    try:
        fields = _FIELDS.decode(body)
    except UNREADABLE:
        return Turn(next(named, ""))
    items = _items(fields)
    users = [item for item in items if item[1].role == "user" and item[1].text]
    session = next(named, "") or _in_body(fields)
    if not session and users:
        session = "~" + hashlib.sha256(users[0][0]).hexdigest()[:12]
    words = users[-1][1].text if users else ""
    words = words if len(words) <= _MOST_WORDS else words[: _MOST_WORDS - 1] + "…"
    return Turn(session[:80], words, _text(fields.get("previous_response_id")))


def _text(raw: msgspec.Raw | None) -> str:
    try:
        return "" if raw is None else msgspec.json.decode(raw, type=str)
    except UNREADABLE:
        return ""


def _in_body(fields: Mapping[str, msgspec.Raw]) -> str:
    members = [_decoded({name: fields[name]}, _Members) for name in _Members.__struct_fields__ if name in fields]
    for found in (one for one in members if one is not None):
        ids = (found.metadata, found.client_metadata)
        in_user = _IN_USER.search(found.metadata.user_id)
        kept = found.conversation
        named = [
            found.session_id,
            kept if isinstance(kept, str) else kept.id,
            *(one.session_id or one.conversation_id for one in ids),
            found.prompt_cache_key,
        ]
        if session := in_user[1] if in_user is not None else next(filter(None, named), ""):
            return session
    return ""


def _items(fields: Mapping[str, msgspec.Raw]) -> list[tuple[bytes, _Item]]:
    raw = next((fields[dialect.conversation] for dialect in CLIENT.values() if dialect.conversation in fields), None)
    if raw is None:
        return []
    try:
        told = _LIST.decode(raw)
    except UNREADABLE:
        told = [msgspec.Raw(b'{"content":%b}' % bytes(raw))]
    return list(_readable(told))


def _readable(items: Iterable[msgspec.Raw]) -> Iterable[tuple[bytes, _Item]]:
    for raw in items:
        try:
            yield bytes(raw), _ITEM.decode(raw)
        except UNREADABLE:
            continue


_ITEM = msgspec.json.Decoder(_Item)


def _decoded(fields: Mapping[str, msgspec.Raw], kind: type[_Members]) -> _Members | None:
    try:
        return msgspec.json.decode(msgspec.json.encode(fields), type=kind)
    except UNREADABLE:
        return None
