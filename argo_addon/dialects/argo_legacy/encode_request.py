"""A body as the model's own API would have it, put into the legacy gateway's layout. It knows no other dialect's code.

What a model takes of messages, tools and numbers is the same here as there, so all of that is done by then
(docs/decisions/0013-the-legacy-gateway.md). Source: argo.md, "The legacy gateway", and the published argo-proxy's
requests to it: system text is the first message, Claude's tools and blocks are Anthropic's, Gemini's tools and calls
are function declarations and function calls, its results are `tool` messages.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ...ir.fold import arguments_object
from ..base import Fields
from ..shared.dropped_fields import DroppedFields

Json = dict[str, object]
_encode = msgspec.json.Encoder().encode
_KNOWN = frozenset(
    {"messages", "stop", "temperature", "top_p", "max_tokens", "max_completion_tokens", "tools", "tool_choice"}
)
_PLAIN_CLAUDE = 21_000
"""Tokens that a Claude's answer may have where it is not streamed: Vertex refuses more (argo.md, pitfalls 1.34)."""


class _Tool(msgspec.Struct, omit_defaults=True):
    name: str
    input_schema: msgspec.Raw
    description: str | None = None
    strict: bool | None = None


class _Block(msgspec.Struct):
    type: str
    text: str = ""


class _Turn(msgspec.Struct):
    role: str
    content: str | list[msgspec.Raw]


class _Function(msgspec.Struct, omit_defaults=True):
    name: str
    parameters: msgspec.Raw
    description: str | None = None
    strict: bool | None = None


class _Offered(msgspec.Struct):
    function: _Function


class _Called(msgspec.Struct):
    name: str
    arguments: str


class _Call(msgspec.Struct):
    id: str
    function: _Called


class _Named(msgspec.Struct):
    name: str


class _Choice(msgspec.Struct):
    function: _Named


_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_OBJECTS = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_TURNS = msgspec.json.Decoder(list[_Turn])
_BLOCK = msgspec.json.Decoder(_Block)
_SYSTEM = msgspec.json.Decoder(str | list[_Block])
_TOOLS = msgspec.json.Decoder(list[_Tool])
_OFFERED = msgspec.json.Decoder(list[_Offered])
_CALLS = msgspec.json.Decoder(list[_Call])
_CHOICE = msgspec.json.Decoder(str | _Choice)
_NUMBER = msgspec.json.Decoder(int)
_NONE = msgspec.Raw(b"[]")


def laid_out(family: str, fields: Fields, dropped: DroppedFields, *, streamed: bool, limited: bool) -> Fields:
    """The members of a legacy request, all but model and user; what it has no word for goes to `dropped`.

    `limited` says that it was the client who set a limit to the answer.
    """
    written = _LAYOUTS.get(family, _as_it_is)(fields, dropped)
    for name in sorted(written.keys() - _KNOWN):
        dropped.note(name)
    known = {name: value for name, value in written.items() if name in _KNOWN}
    return known if streamed or family != "claude" else _within(known, dropped if limited else None)


def _as_it_is(fields: Fields, dropped: DroppedFields) -> Fields:
    return fields


def _within(fields: Fields, dropped: DroppedFields | None) -> Fields:
    limit = _NUMBER.decode(fields["max_tokens"])
    if limit <= _PLAIN_CLAUDE:
        return fields
    if dropped is not None:
        dropped.note(f"max_tokens: {limit} (sent: {_PLAIN_CLAUDE})")
    return {**fields, "max_tokens": msgspec.Raw(b"%d" % _PLAIN_CLAUDE)}


def _claude(fields: Fields, dropped: DroppedFields) -> Fields:
    members = {name: value for name, value in fields.items() if name not in ("system", "stop_sequences")}
    content = _SYSTEM.decode(fields.get("system", _NONE))
    system = content if isinstance(content, str) else "\n\n".join(block.text for block in content if block.text)
    turns: list[Json] = [{"role": "system", "content": system}] if system else []
    turns += [{"role": turn.role, "content": _content(turn.content)} for turn in _TURNS.decode(fields["messages"])]
    members["messages"] = msgspec.Raw(_encode(turns))
    if "stop_sequences" in fields:
        members["stop"] = fields["stop_sequences"]
    if "tools" in fields:
        tools = _TOOLS.decode(fields["tools"])
        _note_strict(tools, dropped)
        members["tools"] = msgspec.Raw(_encode([msgspec.structs.replace(tool, strict=None) for tool in tools]))
    return members


def _content(blocks: str | list[msgspec.Raw]) -> object:
    """A turn's blocks without breakpoints for a cache that is not there; a lone text as just that."""
    if isinstance(blocks, str):
        return blocks
    if len(blocks) == 1 and (only := _BLOCK.decode(blocks[0])).type == "text":
        return only.text
    return [_without_cache(block) if b'"cache_control"' in bytes(block) else block for block in blocks]


def _without_cache(block: msgspec.Raw) -> Fields:
    return {name: value for name, value in _OBJECT.decode(block).items() if name != "cache_control"}


def _gemini(fields: Fields, dropped: DroppedFields) -> Fields:
    messages = [_gemini_message(message) for message in _OBJECTS.decode(fields["messages"])]
    members = {**fields, "messages": msgspec.Raw(_encode(messages))}
    if "tools" not in fields:
        return members
    functions = [tool.function for tool in _OFFERED.decode(fields["tools"])]
    _note_strict(functions, dropped)
    functions = [msgspec.structs.replace(function, strict=None) for function in functions]
    if "tool_choice" in fields:
        choice = _CHOICE.decode(fields["tool_choice"])
        if isinstance(choice, _Choice):  # one tool is to be called: only that one is offered
            functions = [function for function in functions if function.name == choice.function.name]
        members["tool_choice"] = msgspec.Raw(_encode(_MODES[choice if isinstance(choice, str) else "required"]))
    return {**members, "tools": msgspec.Raw(_encode(functions))}


_MODES = {"auto": "AUTO", "required": "ANY", "none": "NONE"}


def _gemini_message(message: Fields) -> Fields:
    if "tool_calls" not in message:
        return message
    calls = [
        {"id": call.id, "args": arguments_object(call.function.arguments), "name": call.function.name}
        for call in _CALLS.decode(message["tool_calls"])
    ]
    return {**message, "tool_calls": msgspec.Raw(_encode(calls))}


def _note_strict(tools: list[_Tool] | list[_Function], dropped: DroppedFields) -> None:
    if any(tool.strict for tool in tools):
        dropped.note("tools[].strict")


_LAYOUTS: dict[str, Callable[[Fields, DroppedFields], Fields]] = {"claude": _claude, "gemini": _gemini}
"""By the model's family; every other is taken to speak as OpenAI's do."""
