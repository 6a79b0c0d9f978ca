"""The outline of a Responses body, read from the wire without a line of the gateway's code.

Tools in a namespace go by one name, `ns__tool` (pitfalls 1.15); a free-text tool takes its text as `input` (1.16).
"""

from __future__ import annotations

import base64
import re
from typing import Any

import msgspec

from .outline import DESCRIPTION, Called, File, Outline, Role, Schema, Tool, squeezed

_ROLES: dict[str, Role] = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
_DATA_URL = re.compile(r"data:([^;,]*);base64,(.*)", re.DOTALL)
_SPOKEN = ("input_text", "output_text", "refusal")
UNREADABLE = "[An earlier part of this conversation was compacted by another service and cannot be read here.]"
"""What stands in the place of a summary that only its maker can open."""
FREE_TEXT = (("input",), ("input",))
"""The schema of a free-text tool, as other dialects have it."""


class _Part(msgspec.Struct, frozen=True):
    type: str
    text: str = ""
    refusal: str = ""
    image_url: str | None = None
    file_data: str | None = None
    file_url: str | None = None
    file_id: str | None = None


class _Tool(msgspec.Struct, frozen=True):
    type: str
    name: str = ""
    description: str | None = None
    parameters: Schema | None = None
    tools: list[_Tool] = []
    execution: str | None = None
    defer_loading: bool = False


class _Item(msgspec.Struct, frozen=True):
    type: str = "message"
    role: str = ""
    content: str | list[_Part] | None = None
    call_id: str = ""
    name: str = ""
    namespace: str | None = None
    arguments: Any = ""
    input: str = ""
    output: str | list[_Part] = ""
    action: Any = None
    tools: list[_Tool] = []


class _Choice(msgspec.Struct, frozen=True):
    type: str
    name: str = ""
    mode: str = ""
    tools: list[_Tool] = []


class _Format(msgspec.Struct, frozen=True):
    schema: Schema | None = None


class _Text(msgspec.Struct, frozen=True):
    format: _Format | None = None


class _Reasoning(msgspec.Struct, frozen=True):
    effort: str | None = None


class _Body(msgspec.Struct, frozen=True):
    input: str | list[_Item]
    instructions: str | None = None
    tools: list[_Tool] | None = None
    tool_choice: str | _Choice | None = None
    parallel_tool_calls: bool | None = None
    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    reasoning: _Reasoning | None = None
    text: _Text | None = None
    context_management: Any = None


def outline(body: bytes) -> Outline:
    """What the body says."""
    said = msgspec.json.decode(body, type=_Body)
    made = Outline(max_tokens=said.max_output_tokens)
    made.say("system", said.instructions or "")
    items = [_Item(role="user", content=said.input)] if isinstance(said.input, str) else said.input
    tools: dict[str, Tool] = {}
    for tool in [*(said.tools or ()), *(tool for item in items for tool in item.tools)]:
        for one in _tools(made, tool, ""):
            tools[one.name] = one
    waiting = _waiting(said, items)
    made.tools = [tool for tool in tools.values() if tool.name not in waiting]
    for item in items:
        _item(made, item, tools)
    _options(made, said)
    return made


def _waiting(said: _Body, items: list[_Item]) -> set[str]:
    """The deferred tools that are yet to be found: by the client's own search, and where there is one (11.1)."""
    tools = said.tools or []
    searched_by_provider = any(tool.type == "tool_search" and tool.execution != "client" for tool in tools)
    if searched_by_provider or all(tool.defer_loading for tool in tools):
        return set()
    found = {tool.name for item in items if item.type == "tool_search_output" for tool in item.tools}
    called = {item.name for item in items if item.type in ("function_call", "custom_tool_call")}
    chosen = {said.tool_choice.name} if isinstance(said.tool_choice, _Choice) else set()
    return {tool.name for tool in tools if tool.defer_loading} - found - called - chosen


def _tools(made: Outline, tool: _Tool, before: str) -> list[Tool]:
    if tool.type == "namespace":
        inside = "" if tool.name == "functions" else f"{tool.name}__"
        return [one for inner in tool.tools for one in _tools(made, inner, inside)]
    name, description = before + tool.name, squeezed((tool.description or "")[:DESCRIPTION])
    if tool.type == "function":
        return [Tool(name, description, (tool.parameters or Schema()).outline)]
    if tool.type == "custom":
        return [Tool(name, description, FREE_TEXT)]
    if tool.type == "tool_search" and tool.execution == "client":
        return [Tool("tool_search", description, (tool.parameters or Schema()).outline)]
    made.built_in.append(tool.type)
    made.apart.append("tools")
    return []


def _item(made: Outline, item: _Item, tools: dict[str, Tool]) -> None:
    kind = item.type
    if kind == "message":
        _parts(made, _ROLES[item.role], item.content or "")
    elif kind in ("function_call", "tool_search_call"):
        name = _name(item, tools) if kind == "function_call" else "tool_search"
        arguments = item.arguments
        made.calls[item.call_id] = Called(
            name, msgspec.json.decode(arguments or "{}") if isinstance(arguments, str) else arguments
        )
    elif kind == "custom_tool_call":
        made.calls[item.call_id] = Called(_name(item, tools), {"input": item.input})
    elif kind in ("function_call_output", "custom_tool_call_output"):
        parts = [_Part("input_text", item.output)] if isinstance(item.output, str) else item.output
        made.answer(item.call_id, "".join(part.text for part in parts if part.type in _SPOKEN))
        _parts(made, "user", [part for part in parts if part.type not in _SPOKEN])
    elif kind == "tool_search_output":
        made.answer(item.call_id, "")
    elif kind == "compaction":
        made.say("user", UNREADABLE)
    elif kind not in ("reasoning", "additional_tools"):
        made.built_in.append(kind)
        made.apart.append("messages")


def _name(item: _Item, tools: dict[str, Tool]) -> str:
    """The name that a called tool goes by: within its namespace, unless it was declared without (a found tool)."""
    whole = f"{item.namespace}__{item.name}"
    return item.name if item.namespace in (None, "functions") or whole not in tools else whole


def _parts(made: Outline, role: Role, content: str | list[_Part]) -> None:
    for part in [_Part("input_text", content)] if isinstance(content, str) else content:
        if part.type in _SPOKEN:
            made.say(role, part.text or part.refusal)
        elif part.type == "input_image":
            made.files.append(_file("image", part.image_url or part.file_id or ""))
        elif part.type == "input_file":
            file = _file("file", part.file_data or part.file_url or part.file_id or "")
            if file.media_type == "text/plain":
                made.say(role, base64.b64decode(file.data).decode())
            else:
                made.files.append(file)
        else:
            made.apart.append("messages")


def _file(kind: str, url: str) -> File:
    found = _DATA_URL.fullmatch(url)
    media_type, data = (found[1], found[2]) if found else ("", url)
    return File("image" if kind == "image" else "file", media_type, data)


def _options(made: Outline, said: _Body) -> None:
    choice = said.tool_choice
    if isinstance(choice, _Choice) and choice.mode:
        made.allow(choice.mode, [tool.name for tool in choice.tools])
    elif isinstance(choice, _Choice):
        made.choice = f"tool {choice.name}" if choice.name else choice.type
    else:
        made.choice = choice
    made.one_call = said.parallel_tool_calls is False
    sampling = {"temperature": said.temperature, "top_p": said.top_p}
    made.sampling = {name: value for name, value in sampling.items() if value is not None}
    form = said.text.format if said.text is not None else None
    made.schema = form.schema.outline if form is not None and form.schema is not None else None
    if said.reasoning is not None and said.reasoning.effort is not None:
        made.thinks = said.reasoning.effort != "none"
    made.apart += ["context_management"] * (said.context_management is not None)
