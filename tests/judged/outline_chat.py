"""The outline of a Chat Completions body, read from the wire without a line of the gateway's code."""

from __future__ import annotations

import base64
import re
from typing import Any

import msgspec

from .outline import DESCRIPTION, Called, File, Outline, Role, Schema, Tool, squeezed


class _ImageURL(msgspec.Struct, frozen=True):
    url: str


class _FileData(msgspec.Struct, frozen=True):
    file_data: str = ""
    file_id: str = ""


class _Part(msgspec.Struct, frozen=True):
    type: str
    text: str = ""
    refusal: str = ""
    image_url: _ImageURL | None = None
    file: _FileData | None = None


class _Named(msgspec.Struct, frozen=True):
    name: str = ""
    arguments: str = ""


class _Call(msgspec.Struct, frozen=True):
    id: str = ""
    function: _Named = _Named()


class _Turn(msgspec.Struct, frozen=True):
    role: str
    content: str | list[_Part] | None = None
    name: str | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str = ""


class _Function(msgspec.Struct, frozen=True):
    name: str
    description: str | None = None
    parameters: Schema = Schema()


class _Tool(msgspec.Struct, frozen=True):
    type: str
    function: _Function | None = None


class _Allowed(msgspec.Struct, frozen=True):
    mode: str
    tools: list[_Call]


class _Choice(msgspec.Struct, frozen=True):
    type: str
    function: _Named = _Named()
    allowed_tools: _Allowed | None = None


class _JSONSchema(msgspec.Struct, frozen=True):
    schema: Schema = Schema()


class _Format(msgspec.Struct, frozen=True):
    type: str
    json_schema: _JSONSchema | None = None


class _Body(msgspec.Struct, frozen=True):
    messages: list[_Turn]
    tools: list[_Tool] | None = None
    tool_choice: str | _Choice | None = None
    parallel_tool_calls: bool | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: str | list[str] | None = None
    response_format: _Format | None = None
    reasoning_effort: str | None = None
    n: int | None = None
    moderation: Any = None


_ROLES: dict[str, Role] = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
_DATA_URL = re.compile(r"data:([^;,]*);base64,(.*)", re.DOTALL)


def outline(body: bytes) -> Outline:
    """What the body says."""
    said = msgspec.json.decode(body, type=_Body)
    made = Outline(max_tokens=said.max_completion_tokens or said.max_tokens)
    for turn in said.messages:
        _turn(made, turn)
    for tool in said.tools or ():
        if tool.function is not None:
            function = tool.function
            description = squeezed((function.description or "")[:DESCRIPTION])
            made.tools.append(Tool(function.name, description, function.parameters.outline))
        else:
            made.built_in.append(tool.type)
    _options(made, said)
    return made


def _turn(made: Outline, turn: _Turn) -> None:
    parts = [_Part("text", text=turn.content)] if isinstance(turn.content, str) else turn.content or []
    if turn.role == "tool":
        made.answer(turn.tool_call_id, "".join(part.text for part in parts))
        return
    role = _ROLES[turn.role]
    if turn.name is not None:
        made.names.append(turn.name)
        made.apart.append("messages")
    for part in parts:
        made.say(role, part.text or part.refusal)
        if part.image_url is not None:
            made.files.append(_file("image", part.image_url.url))
        elif part.file is not None:
            _attach(made, role, _file("file", part.file.file_data or part.file.file_id))
    for call in turn.tool_calls or ():
        made.calls[call.id] = Called(call.function.name, msgspec.json.decode(call.function.arguments or "{}"))


def _file(kind: str, url: str) -> File:
    found = _DATA_URL.fullmatch(url)
    media_type, data = (found[1], found[2]) if found else ("", url)
    return File("image" if kind == "image" else "file", media_type, data)


def _attach(made: Outline, role: Role, file: File) -> None:
    """A file in the conversation; one of plain text counts as text, which it is in the other dialect."""
    if file.media_type == "text/plain":
        made.say(role, base64.b64decode(file.data).decode())
    else:
        made.files.append(file)


def _options(made: Outline, said: _Body) -> None:
    choice = said.tool_choice
    if isinstance(choice, _Choice) and choice.allowed_tools is not None:
        made.allow(choice.allowed_tools.mode, [tool.function.name for tool in choice.allowed_tools.tools])
    else:
        made.choice = f"tool {choice.function.name}" if isinstance(choice, _Choice) else choice
    made.one_call = said.parallel_tool_calls is False
    stop = [said.stop] if isinstance(said.stop, str) else said.stop
    sampling = {"temperature": said.temperature, "top_p": said.top_p, "stop": stop}
    made.sampling = {name: value for name, value in sampling.items() if value is not None}
    if said.response_format is not None and said.response_format.json_schema is not None:
        made.schema = said.response_format.json_schema.schema.outline
    if said.reasoning_effort is not None:
        made.thinks = said.reasoning_effort != "none"
    made.apart += ["moderation"] * (said.moderation is not None) + ["n"] * ((said.n or 1) > 1)
