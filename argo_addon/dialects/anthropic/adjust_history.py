"""What a conversation must and must not hold for ARGO's Claude endpoint, changed in the body and nowhere else.

Like amend.py: the body's members in, the same with one change out, every other byte as it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from ...errors import UNREADABLE
from ...ir.parts import OUR_MARK
from ...pieces import in_pieces
from ..base import Fields
from ..shared.call_ids import with_fitting_member
from ..shared.raw_members import member

_encode = msgspec.json.Encoder().encode
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_THOUGHT = re.compile(rb'"type"\s*:\s*"thinking"')
_ANY_THOUGHT = re.compile(rb'"type"\s*:\s*"(?:redacted_)?thinking"')
_SIGNED = re.compile(rb'"signature"\s*:\s*"[^"]')
EMPTY = re.compile(rb'"(?:text|content)"\s*:\s*(?:"(?:\s|\\[nrt])*"|\[\s*\])')
_SOMETHING = msgspec.Raw(b'{"type":"text","text":"."}')
"""What stands where nothing is said and something must stand (pitfalls 1.9)."""
_UNSIGNED = re.compile(rb'"signature"\s*:\s*"(?:"|' + OUR_MARK.encode() + rb")")
_MARKED = re.compile(rb'"encrypted_index"\s*:\s*"' + OUR_MARK.encode())
BREAKPOINT = b'"cache_control"'
MOST_BREAKPOINTS = 4
_GO_ON = msgspec.Raw(b'{"role":"user","content":"Continue."}')


class _Turn(msgspec.Struct):
    role: str = ""
    content: msgspec.Raw = msgspec.Raw(b'""')


class _Block(msgspec.Struct):
    type: str = ""


class _Thinking(msgspec.Struct):
    signature: str | None = None


class _Text(msgspec.Struct):
    text: str = ""


_TURN = msgspec.json.Decoder(_Turn)
_BLOCK = msgspec.json.Decoder(_Block)
_THINKING = msgspec.json.Decoder(_Thinking)
_TEXT = msgspec.json.Decoder(_Text)


def without_foreign_thinking(fields: Fields) -> Fields:
    """The conversation without thoughts that no Claude signed, and citations that none made (pitfalls 5.5).

    Those come from turns that another family's model answered.
    """
    raw = fields.get("messages", msgspec.Raw(b"[]"))
    written = bytes(raw)
    unsigned = len(_THOUGHT.findall(written)) > len(_SIGNED.findall(written))
    if not unsigned and _UNSIGNED.search(written) is None and _MARKED.search(written) is None:
        return fields
    return _each_assistant_block(fields, _without_foreign_marks)


def without_thinking(fields: Fields) -> Fields:
    """The conversation without any thoughts, whoever signed them; the body itself if there are none."""
    if _ANY_THOUGHT.search(bytes(fields.get("messages", b""))) is None:
        return fields
    return _each_assistant_block(fields, _unless_thinking)


def _unless_thinking(block: msgspec.Raw) -> msgspec.Raw | None:
    about = member(block, _BLOCK, "messages[].content[]")
    return None if about.type in ("thinking", "redacted_thinking") else block


def _each_assistant_block(fields: Fields, change: Callable[[msgspec.Raw], msgspec.Raw | None]) -> Fields:
    return each_block(fields, change, ("assistant",))


def each_block(
    fields: Fields, change: Callable[[msgspec.Raw], msgspec.Raw | None], roles: tuple[str, ...] = ("assistant", "user")
) -> Fields:
    """The conversation with each block of these roles changed, or taken out."""
    messages: list[msgspec.Raw] = []
    turns: list[msgspec.Raw] = member(fields["messages"], _LIST, "messages")
    for number, message in enumerate(in_pieces(turns)):
        turn = member(message, _TURN, f"messages[{number}]")
        if turn.role not in roles or not bytes(turn.content).startswith(b"["):
            messages.append(message)
            continue
        blocks = [change(block) for block in _LIST.decode(turn.content)]
        left = [block for block in blocks if block is not None] or [_SOMETHING]
        messages.append(msgspec.Raw(_encode({**_OBJECT.decode(message), "content": left})))
    return {**fields, "messages": msgspec.Raw(_encode(messages))}


def _without_foreign_marks(block: msgspec.Raw) -> msgspec.Raw | None:
    kind = member(block, _BLOCK, "messages[].content[]").type
    if kind == "thinking":
        signature = member(block, _THINKING, "messages[].content[]").signature
        return block if signature and not signature.startswith(OUR_MARK) else None
    if kind == "text" and _MARKED.search(bytes(block)):
        members = _OBJECT.decode(block)
        return msgspec.Raw(_encode({name: value for name, value in members.items() if name != "citations"}))
    return block


def without_empty_text(fields: Fields) -> Fields:
    """The conversation and the system text without texts that say nothing, which Claude refuses (pitfalls 1.9)."""
    if not any(EMPTY.search(bytes(fields[name])) for name in ("messages", "system") if name in fields):
        return fields
    turns: list[msgspec.Raw] = member(fields.get("messages", msgspec.Raw(b"[]")), _LIST, "messages")
    numbered = enumerate(in_pieces(turns))
    messages = [_without_empty_blocks(message, f"messages[{number}]") for number, message in numbered]
    changed: Fields = {**fields, "messages": msgspec.Raw(_encode(messages))}
    system = bytes(fields.get("system", b"null"))
    if system.startswith(b"["):
        left = [block for number, block in enumerate(_LIST.decode(system)) if _has_text(block, f"system[{number}]")]
        changed["system"] = msgspec.Raw(_encode(left))
    empty = bytes(changed.get("system", b"null")) in (b"[]", b'""')
    return {name: value for name, value in changed.items() if not (empty and name == "system")}


def _without_empty_blocks(message: msgspec.Raw, json_path: str) -> msgspec.Raw:
    """A message without its empty texts; one that says nothing at all says next to nothing."""
    content = bytes(member(message, _TURN, json_path).content)
    if content.startswith(b"["):
        blocks = _LIST.decode(content)
        json_paths = [f"{json_path}.content[{number}]" for number in range(len(blocks))]
        left = [_result(block, at) for block, at in zip(blocks, json_paths, strict=True) if _has_text(block, at)]
        if left == blocks != []:
            return message
    elif content.startswith(b'"') and not msgspec.json.decode(content).strip():
        left = []
    else:
        return message
    return msgspec.Raw(_encode({**_OBJECT.decode(message), "content": left or [_SOMETHING]}))


def _result(block: msgspec.Raw, json_path: str) -> msgspec.Raw:
    """A tool's result without its empty texts; any other block as it is."""
    if member(block, _BLOCK, json_path).type != "tool_result" or EMPTY.search(bytes(block)) is None:
        return block
    members = _OBJECT.decode(block)
    content = bytes(members.get("content", b"null"))
    rest = {name: value for name, value in members.items() if name != "content"}
    if not content.startswith(b"["):
        blank = content.startswith(b'"') and not msgspec.json.decode(content).strip()
        return msgspec.Raw(_encode(rest)) if blank else block
    inside = enumerate(_LIST.decode(content))
    left = [inner for number, inner in inside if _has_text(inner, f"{json_path}.content[{number}]")]
    return msgspec.Raw(_encode({**rest, "content": left} if left else rest))


def _has_text(block: msgspec.Raw, json_path: str) -> bool:
    if member(block, _BLOCK, json_path).type != "text":
        return True
    return bool(member(block, _TEXT, json_path).text.strip())


_ID_OF = {"tool_use": "id", "tool_result": "tool_use_id"}


def with_fitting_ids(fields: Fields, longest: int) -> Fields:
    """The conversation with ids of calls that Claude takes: another upstream has made them (pitfalls 4.1)."""
    raw = fields.get("messages", msgspec.Raw(b"[]"))
    messages = member(raw, _LIST, "messages") if b'"tool_' in bytes(raw) else []
    made = [_with_fitting_ids(turn, longest) for turn in in_pieces(messages)]
    return fields if made == messages else {**fields, "messages": msgspec.Raw(_encode(made))}


def _with_fitting_ids(turn: msgspec.Raw, longest: int) -> msgspec.Raw:
    members = _OBJECT.decode(turn)
    if not bytes(members.get("content", b"")).startswith(b"["):
        return turn
    blocks = _LIST.decode(members["content"])
    made = [_with_fitting_id(block, longest) for block in blocks]
    return turn if made == blocks else msgspec.Raw(_encode({**members, "content": msgspec.Raw(_encode(made))}))


def _with_fitting_id(block: msgspec.Raw, longest: int) -> msgspec.Raw:
    name = _ID_OF.get(member(block, _BLOCK, "messages[].content[]").type) if b'"tool_' in bytes(block) else None
    return block if name is None else with_fitting_member(block, name, longest)


def with_last_word(fields: Fields, prefill: bool) -> Fields:
    """The conversation with the user's word last, for models that do not go on with their own (pitfalls 1.10)."""
    raw = fields.get("messages", msgspec.Raw(b"[]"))
    if b'"assistant"' not in bytes(raw):
        return fields
    messages = member(raw, _LIST, "messages")
    if not messages or member(messages[-1], _TURN, f"messages[{len(messages) - 1}]").role != "assistant":
        return fields
    if prefill:
        last = _without_blanks_at_its_end(messages[-1])
        return fields if last is messages[-1] else {**fields, "messages": msgspec.Raw(_encode([*messages[:-1], last]))}
    return {**fields, "messages": msgspec.Raw(_encode([*messages, _GO_ON]))}


class _Said(msgspec.Struct):
    text: str
    type: str = "text"


_SAID = msgspec.json.Decoder(_Said)


def _without_blanks_at_its_end(turn: msgspec.Raw) -> msgspec.Raw:
    """The assistant's last turn as Claude goes on with it: it refuses one that ends in blanks."""
    members = _OBJECT.decode(turn)
    content = members["content"]
    try:
        if bytes(content).startswith(b'"'):
            text = msgspec.json.decode(content, type=str)
            cut = msgspec.Raw(_encode(text.rstrip()))
        else:
            *before, last = _LIST.decode(content)
            text = _SAID.decode(last).text
            block = {**_OBJECT.decode(last), "text": text.rstrip()}
            cut = msgspec.Raw(_encode([*before, block]))
    except (*UNREADABLE, ValueError):
        return turn  # no text at its end: the upstream's to judge
    return turn if text == text.rstrip() else msgspec.Raw(_encode({**members, "content": cut}))


def with_few_breakpoints(fields: Fields) -> tuple[Fields, list[str]]:
    """At most four cache breakpoints: the earliest go, since later ones hold what they held (pitfalls 6.4)."""
    marked = [name for name in ("tools", "system", "messages") if BREAKPOINT in bytes(fields.get(name, b""))]
    if sum(bytes(fields[name]).count(BREAKPOINT) for name in marked) <= MOST_BREAKPOINTS:
        return fields, []
    decoded: dict[str, object] = {name: msgspec.json.decode(fields[name]) for name in marked}
    holders = [holder for name in marked for holder in _holders(decoded[name])]
    surplus = {id(holder) for holder in holders[: max(len(holders) - MOST_BREAKPOINTS, 0)]}
    if not surplus:
        return fields, []
    changed = {name: msgspec.Raw(_encode(_unmarked(decoded[name], surplus))) for name in marked}
    return {**fields, **changed}, ["cache_control"]


_INSIDE = ("content", "source")


def _holders(value: object) -> list[dict[str, object]]:
    """The blocks and tools with a breakpoint, in their order; what tools' inputs hold is not looked at."""
    if isinstance(value, list):
        return [holder for item in value for holder in _holders(item)]
    if not isinstance(value, dict):
        return []
    inner = [holder for name in _INSIDE if name in value for holder in _holders(value[name])]
    return [*inner, *([value] if value.get("cache_control") is not None else [])]


def _unmarked(value: object, surplus: set[int]) -> object:
    if isinstance(value, list):
        return [_unmarked(item, surplus) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _unmarked(item, surplus) if name in _INSIDE else item
        for name, item in value.items()
        if not (name == "cache_control" and id(value) in surplus)
    }
