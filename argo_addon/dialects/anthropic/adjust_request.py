"""What ARGO's Claude endpoint wants otherwise than clients write it, changed in the body and nowhere else.

Like its namesakes: the body's members in, the same with one change out, every other byte as it was.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ...errors import UNREADABLE
from ...schema import Schema, with_object_root, without
from ..base import Fields
from ..shared.raw_members import items_of, member

_encode = msgspec.json.Encoder().encode
_LIST = msgspec.json.Decoder(list[msgspec.Raw])

DOCUMENTED = frozenset(
    {"model", "messages", "max_tokens", "metadata", "stop_sequences", "stream", "system", "temperature",
     "thinking", "tool_choice", "tools", "top_k", "top_p", "output_config", "user"}
)  # fmt: skip
"""The members of a request that the vendor's API reference has, and `user`, which ARGO wants."""


class _Turn(msgspec.Struct):
    """The little of a message that tells where it may stand."""

    role: str
    content: msgspec.Raw = msgspec.Raw(b"[]")


class _Root(msgspec.Struct):
    """The little of a schema that tells whether its root is a choice."""

    anyOf: msgspec.Raw = msgspec.Raw(b"")
    oneOf: msgspec.Raw = msgspec.Raw(b"")
    allOf: msgspec.Raw = msgspec.Raw(b"")

    @property
    def chooses(self) -> bool:
        return any(bytes(choice) for choice in (self.anyOf, self.oneOf, self.allOf))


class _Tool(msgspec.Struct):
    input_schema: _Root | None = None


_TURN = msgspec.json.Decoder(_Turn)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ANY = msgspec.json.Decoder()
_TOOLS = msgspec.json.Decoder(list[_Tool] | None)


def system_into_user_turns(fields: Fields) -> Fields:
    """System messages among the others as text of the user's turn they stand by (pitfalls 1.1).

    They stay where they are, so that a prompt cache still fits (pitfalls 1.2): at the end of the user's turn before
    them; after an answer, in the turn that follows, behind its tool results; between two answers, as a turn of their
    own.
    """
    raw = items_of(fields, "messages", _TURN)
    if not any(turn.role == "system" for _, turn in raw):
        return fields
    folded: list[msgspec.Raw] = []
    waiting: list[msgspec.Raw] = []
    last = ""
    for source, turn in raw:
        if turn.role == "system":
            if last == "user":
                folded[-1] = _grown(folded[-1], _blocks(turn.content))
            else:
                waiting += _blocks(turn.content)
            continue
        if waiting and turn.role == "user":
            folded.append(_grown(source, waiting))
        else:
            folded += [_user_turn(waiting), source] if waiting else [source]
        waiting = []
        last = turn.role
    if waiting:
        folded.append(_user_turn(waiting))
    return {**fields, "messages": msgspec.Raw(_encode(folded))}


def _blocks(content: msgspec.Raw) -> list[msgspec.Raw]:
    """A message's content as a list of blocks, whether it was written as text or as blocks."""
    written = bytes(content)
    if written.startswith(b"["):
        return _LIST.decode(written)
    return [msgspec.Raw(b'{"type":"text","text":' + written + b"}")] if written != b'""' else []


def _grown(turn: msgspec.Raw, blocks: list[msgspec.Raw]) -> msgspec.Raw:
    """The user's turn with these blocks at its end."""
    members = _OBJECT.decode(turn)
    content = [*_blocks(members.get("content", msgspec.Raw(b"[]"))), *blocks]
    return msgspec.Raw(_encode({**members, "content": content}))


def _user_turn(blocks: list[msgspec.Raw]) -> msgspec.Raw:
    return msgspec.Raw(_encode({"role": "user", "content": blocks}))


def schemas_with_object_roots(fields: Fields) -> Fields:
    """The tools' input schemas as objects, without a choice at their root (pitfalls 4.9)."""
    try:
        tools = _TOOLS.decode(fields.get("tools", b"null")) or []
    except UNREADABLE:
        return fields  # no tools as they must be: the upstream's to refuse
    if not any(tool.input_schema is not None and tool.input_schema.chooses for tool in tools):
        return fields
    return _each_schema(fields, with_object_root)


def schemas_without(fields: Fields, refused: frozenset[str]) -> Fields:
    """The tools' input schemas without these keywords, what references mean written out (pitfalls 4.9)."""
    return _each_schema(fields, lambda schema: without(schema, refused))


def _each_schema(fields: Fields, change: Callable[[Schema], Schema]) -> Fields:
    before = [tool for tool, _ in items_of(fields, "tools", _OBJECT)]
    after = [_changed(tool, number, change) for number, tool in enumerate(before)]
    return {**fields, "tools": msgspec.Raw(_encode(after))} if after != before else fields


def _changed(tool: msgspec.Raw, number: int, change: Callable[[Schema], Schema]) -> msgspec.Raw:
    members = _OBJECT.decode(tool)
    if "input_schema" not in members:
        return tool
    before = member(members["input_schema"], _ANY, f"tools[{number}].input_schema")
    after = change(before)
    return tool if after == before else msgspec.Raw(_encode({**members, "input_schema": after}))
