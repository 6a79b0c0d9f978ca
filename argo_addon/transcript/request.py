"""A request as a conversation. It knows no dialect but by the registry, and nothing of HTTP."""

from __future__ import annotations

import re

import msgspec

from ..dialects.base import Fields, ModelDialect
from ..errors import UNREADABLE, ClientError
from ..ir.parts import ToolCallPart
from ..ir.request import BuiltInTool, Message, Request
from .parts import MARK, heading, lines_of
from .wording import brief, one_line

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_PLACE = re.compile(r"(?P<member>\w+)(?:\[(?P<item>\d+)\])?")
_MOST_REPAIRS = 20
_SHOWN_OF_LAST = 100
"""Characters of the last turn that are told before the first."""
_encode = msgspec.json.Encoder().encode
_FROM = ("previous_response_id", "conversation")
"""Members that name what is kept of a conversation, which this request goes on from."""
_TRIGGER = b"compaction_trigger"
_NUMBERS = (
    *("max_tokens", "temperature", "top_p", "top_k", "stop", "seed", "presence_penalty", "frequency_penalty"),
    *("verbosity", "cache_key", "parallel_calls"),
)


def text_of(title: str, dialect: ModelDialect, fields: Fields, remarks: list[str]) -> str:
    """The request, under a title; `remarks` are what is known of its state.

    `fields` are the body's members with those that the path tells, model and stream.
    """
    fields, compacts = _without_trigger(dialect, fields)
    request, left_out = _decoded(dialect, fields)
    remarks = [*remarks, *left_out]
    asked = [one_line(bytes(fields[name])).strip('"') for name in ("model",) if name in fields]
    streamed = ["streamed"] if bytes(fields.get("stream", b"")) == b"true" else []
    lines = [" · ".join([title, *asked, *streamed])]
    lines += [f"goes on from {_named(fields[name])}" for name in _FROM if name in fields]
    if request is None:
        lines += ["", *brief(_encode(fields)).splitlines()]
    else:
        lines += [*_around(request), *_turns(request.messages)]
    if compacts:
        lines += ["", heading("asks for"), f"{MARK}compaction: a summary of the conversation so far"]
    return "\n".join([*lines, *(["", heading("remarks"), *remarks] if remarks else [])])


def _named(raw: msgspec.Raw) -> str:
    """A name that stands alone, or in an object."""
    try:
        return one_line(bytes(_OBJECT.decode(raw)["id"])).strip('"')
    except (*UNREADABLE, KeyError):
        return one_line(bytes(raw)).strip('"')


def _without_trigger(dialect: ModelDialect, fields: Fields) -> tuple[Fields, bool]:
    """The request as it was sent, without the item by which it asks for a compaction, and whether it had one."""
    given = fields.get(dialect.conversation)
    if given is None or _TRIGGER not in bytes(given):
        return fields, False
    try:
        items = _LIST.decode(given)
        kept = [item for item in items if _kind(item) != _TRIGGER.decode()]
    except UNREADABLE:
        return fields, False
    return {**fields, dialect.conversation: msgspec.Raw(_encode(kept))}, len(kept) < len(items)


def _kind(item: msgspec.Raw) -> object:
    try:
        return msgspec.json.decode(_OBJECT.decode(item).get("type", msgspec.Raw(b'""')))
    except UNREADABLE:
        return ""


def _decoded(dialect: ModelDialect, fields: Fields) -> tuple[Request | None, list[str]]:
    """The request, and why members or turns that could not be decoded are shown as they stand, or left out."""
    left_out: list[str] = []
    for _ in range(_MOST_REPAIRS):
        try:
            return dialect.decode_request(fields, keep_extra=True), left_out
        except ClientError as problem:
            repaired = _without(fields, problem, dialect)
            left_out.append(problem.message)
        except (*UNREADABLE, KeyError, ValueError) as problem:
            left_out.append(str(problem))
            return None, left_out
        if repaired is None:
            return None, left_out
        fields = repaired
    return None, left_out


def _without(fields: Fields, problem: ClientError, dialect: ModelDialect) -> Fields | None:
    """The request without what is at fault: a turn becomes the text that it was written in. None if nothing helps."""
    place = _PLACE.match(problem.param or "")
    if place is None or place["member"] not in fields:
        return None
    name, item = place["member"], place["item"]
    if name != dialect.conversation or dialect.user_turn("") is None:
        return {key: value for key, value in fields.items() if key != name}
    try:
        items = _LIST.decode(fields[name])
        number = int(item or "")
        said = f"(not understood: {problem.message})\n{brief(bytes(items[number]))}"
    except (*UNREADABLE, ValueError, IndexError):
        return None
    items[number] = msgspec.Raw(_encode(dialect.user_turn(said)))
    return {**fields, name: msgspec.Raw(_encode(items))}


def _around(request: Request) -> list[str]:
    """Parameters and tools, a line each."""
    lines = [
        f"{name}: {_word(getattr(request, name))}" for name in _NUMBERS if getattr(request, name) not in (None, ())
    ]
    if request.reasoning is not None:
        lines.append(f"thinking: {_word(request.reasoning)}")
    if request.output_format is not None:
        lines.append(f"answer's form: {_word(request.output_format)}")
    if request.tools:
        offered = [f"{tool.name} (built in)" if isinstance(tool, BuiltInTool) else tool.name for tool in request.tools]
        lines.append(f"tools ({len(offered)}): {', '.join(offered)}")
    if request.tool_choice is not None:
        chosen = request.tool_choice
        lines.append(f"tool choice: {chosen.mode}{' ' if chosen.names else ''}{', '.join(chosen.names)}")
    return [*lines, *(f"{name}: {one_line(bytes(value))}" for name, value in request.extra.items())]


def _word(value: object) -> str:
    if isinstance(value, msgspec.Struct):
        given = msgspec.structs.asdict(value)
        value = {name: inner for name, inner in given.items() if inner not in (None, {}, ())}
    return one_line(_encode(value))


def _turns(messages: tuple[Message, ...]) -> list[str]:
    """The turns, below a line that tells how the last begins: a long one may not be on the first page."""
    names = {part.id: part.name for turn in messages for part in turn.parts if isinstance(part, ToolCallPart)}
    lines: list[str] = []
    if messages:
        last = next((line for line in lines_of(messages[-1].parts, names) if line.strip()), "(nothing)")
        lines.append(f"messages: {len(messages)}, the last by {messages[-1].role}: {last[:_SHOWN_OF_LAST]}")
    before = ""
    number = 0
    for turn in messages:
        if turn.role != before or turn.role == "user":
            number += turn.role != "system"
            lines += ["", heading(turn.role if turn.role == "system" else f"{number} {turn.role}")]
        before = turn.role
        lines += lines_of(turn.parts, names)
    return lines
