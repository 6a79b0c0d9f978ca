"""The outline of a GenAI body, read from the wire without a line of the gateway's code.

Members may be written in camelCase or snake_case; results name their calls by id, or by name in the order of the calls.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import msgspec

from .outline import DESCRIPTION, Called, File, Outline, Role, Schema, Tool, squeezed

_OWN = {"args", "response", "parameters", "parametersJsonSchema", "responseSchema", "responseJsonSchema"}
"""Members whose own members are the caller's."""
_SNAKE = re.compile(r"_([a-z])")
_MODES = {"AUTO": "auto", "ANY": "required", "NONE": "none", "VALIDATED": "auto"}
_SAID_IN = ({"output"}, {"result"}, {"error"})


class _Blob(msgspec.Struct, frozen=True, rename="camel"):
    mime_type: str = ""
    data: str = ""
    file_uri: str = ""


class _Call(msgspec.Struct, frozen=True):
    name: str
    id: str | None = None
    args: Any = {}


class _Result(msgspec.Struct, frozen=True):
    name: str
    id: str | None = None
    response: Any = None
    parts: list[_Part] = []


class _Part(msgspec.Struct, frozen=True, rename="camel"):
    text: str | None = None
    thought: bool | None = None
    function_call: _Call | None = None
    function_response: _Result | None = None
    inline_data: _Blob | None = None
    file_data: _Blob | None = None


class _Content(msgspec.Struct, frozen=True):
    parts: list[_Part] = []
    role: str = "user"


class _Function(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    description: str | None = None
    parameters: Schema | None = None
    parameters_json_schema: Schema | None = None


class _Config(msgspec.Struct, frozen=True, rename="camel"):
    temperature: float | None = None
    top_p: float | None = None
    stop_sequences: list[str] | None = None
    max_output_tokens: int | None = None
    response_schema: Schema | None = None
    response_json_schema: Schema | None = None
    thinking_config: dict[str, Any] | None = None


class _Body(msgspec.Struct, frozen=True, rename="camel"):
    contents: list[_Content]
    system_instruction: _Content | None = None
    tools: list[dict[str, Any]] = []
    tool_config: dict[str, Any] = {}
    generation_config: _Config = _Config()


def camel(value: Any) -> Any:
    """A body with all its members in camelCase, but for what is the caller's own."""
    if isinstance(value, list):
        return [camel(one) for one in value]
    if not isinstance(value, dict):
        return value
    spelled = {_SNAKE.sub(lambda match: match[1].upper(), name): one for name, one in value.items()}
    return {name: one if name in _OWN else camel(one) for name, one in spelled.items()}


def outline(body: bytes) -> Outline:
    """What the body says."""
    said = msgspec.convert(camel(msgspec.json.decode(body)), _Body)
    made = Outline(max_tokens=said.generation_config.max_output_tokens)
    for part in said.system_instruction.parts if said.system_instruction is not None else ():
        made.say("system", part.text or "")
    talk = _Talk(made)
    for content in said.contents:
        role: Role = "assistant" if content.role == "model" else "user"
        for part in content.parts:
            talk.part(role, part)
    for tool in said.tools:
        for function in msgspec.convert(tool.get("functionDeclarations", []), list[_Function]):
            schema = function.parameters_json_schema or function.parameters or Schema()
            made.tools.append(Tool(function.name, squeezed((function.description or "")[:DESCRIPTION]), schema.outline))
        for name in tool.keys() - {"functionDeclarations"}:
            made.built_in.append(name)
            made.apart.append("tools")
    _options(made, said)
    return made


class _Talk:
    """The conversation as it is read: the calls that wait for their results, by id and name."""

    def __init__(self, made: Outline) -> None:
        self._made = made
        self._open: list[tuple[str, str]] = []

    def part(self, role: Role, part: _Part) -> None:
        if part.function_call is not None:
            call = part.function_call
            identifier = call.id or f"#{len(self._made.calls)}"
            self._open.append((identifier, call.name))
            self._made.calls[identifier] = Called(call.name, call.args)
        elif part.function_response is not None:
            self._result(part.function_response)
        elif part.inline_data is not None or part.file_data is not None:
            self._file(role, part.inline_data or part.file_data or _Blob())
        elif part.text is None:
            self._made.apart.append("messages")
        elif not part.thought:
            self._made.say(role, part.text)

    def _result(self, result: _Result) -> None:
        fits = [one for one in self._open if one[0] == result.id] or [
            one for one in self._open if one[1] == result.name
        ]
        assert fits, f"a result of no call: {result}"
        self._open.remove(fits[0])
        said = result.response
        if isinstance(said, dict) and set(said) in _SAID_IN:
            (said,) = said.values()
        self._made.answer(fits[0][0], said if isinstance(said, str) else json.dumps(said, ensure_ascii=False))
        for part in result.parts:
            self.part("user", part)

    def _file(self, role: Role, blob: _Blob) -> None:
        kind = blob.mime_type
        if kind.startswith(("audio/", "video/")):
            self._made.apart.append("messages")
        elif kind == "text/plain" and blob.data:
            self._made.say(role, base64.b64decode(blob.data).decode())
        else:
            media_type, data = (kind, blob.data) if blob.data else ("", blob.file_uri)
            self._made.files.append(File("image" if kind.startswith("image/") else "file", media_type, data))


def _options(made: Outline, said: _Body) -> None:
    calling = said.tool_config.get("functionCallingConfig")
    if calling is not None:
        names = calling.get("allowedFunctionNames") or []
        mode = _MODES[calling.get("mode", "AUTO")]
        if mode == "required" and len(names) == 1:
            made.choice = f"tool {names[0]}"
        elif names:
            made.allow(mode, names)
        else:
            made.choice = mode
    config = said.generation_config
    sampling = {"temperature": config.temperature, "top_p": config.top_p, "stop": config.stop_sequences}
    made.sampling = {name: value for name, value in sampling.items() if value is not None}
    schema = config.response_json_schema or config.response_schema
    made.schema = None if schema is None else schema.outline
    thinking = config.thinking_config or {}
    if thinking.get("thinkingBudget") is not None:
        made.thinks = thinking["thinkingBudget"] != 0
    elif thinking.get("thinkingLevel") is not None:
        made.thinks = True
