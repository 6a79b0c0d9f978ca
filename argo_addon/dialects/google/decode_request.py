"""The whole body of a GenAI request: the conversation, and the tools, limits and forms around it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ...errors import UNREADABLE, ClientError
from ...ir.request import BuiltInTool, OutputFormat, Reasoning, Request, Tool, ToolChoice
from ...recent import Recent
from ...schema import rooted
from ..base import Fields
from ..shared.object_answers import Wrapping, in_object, needs_object
from ..shared.raw_members import member
from . import wire
from .decode_members import EitherSpelling, items_or_item, with_camel_names
from .decode_messages import messages_of
from .decode_schemas import as_json_schema

_NULL = msgspec.Raw(b"null")
_RAW = msgspec.json.Decoder(msgspec.Raw)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_TOOL = EitherSpelling(wire.Tool)
_FUNCTION = EitherSpelling(wire.FunctionDeclaration)
_TOOL_CONFIG = EitherSpelling(wire.ToolConfig)
_CALLING = EitherSpelling(wire.FunctionCalling)
_CONFIG = EitherSpelling(wire.GenerationConfig)
_THINKING = EitherSpelling(wire.Thinking)
_ANY_OBJECT = msgspec.json.Decoder(dict[str, object])
_encode = msgspec.json.Encoder().encode

_NO_PARAMETERS = msgspec.Raw(b'{"type":"object","properties":{}}')
_KNOWN = frozenset(
    {"model", "stream", "alt", "contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "labels"}
)
_EFFORTS = {"MINIMAL": "minimal", "LOW": "low", "MEDIUM": "medium", "HIGH": "high", "XHIGH": "xhigh"}
_LEVELS = frozenset({"", "THINKING_LEVEL_UNSPECIFIED", *_EFFORTS})
_MODES = frozenset({"MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"})
_MEANINGLESS = {
    "responseModalities": (b'["TEXT"]', b"[]"),
    "audioTimestamp": (b"false",),
    "responseLogprobs": (b"false",),
}
"""Members of the configuration that change no answer when they have one of these values."""
_TYPES = ("text/plain", "application/json", "text/x.enum")


def decode_request(written: Fields) -> Request:
    """The request. Raises ClientError that names the place of what does not fit."""
    fields = with_camel_names(written)
    if fields.get("cachedContent", _NULL) != _NULL:
        message = "cachedContent: contents are not kept here: send them with the request"
        raise ClientError(400, message, param="cachedContent")
    raw, config = fields.get("generationConfig", _NULL), _config_in(fields)
    if (config.candidate_count or 1) > 1:
        where = "generationConfig.candidateCount"
        raise ClientError(400, f"{where}: one answer a call is given here: call it so many times", param=where)
    others = {} if raw == _NULL else _CONFIG.others(raw)
    return Request(
        dialect="google",
        messages=messages_of(fields),
        tools=_tools(bytes(fields.get("tools", _NULL))),
        tool_choice=_tool_choice(fields),
        max_tokens=config.max_output_tokens,
        temperature=config.temperature,
        top_p=config.top_p,
        top_k=None if config.top_k is None else int(config.top_k),
        stop=tuple(config.stop_sequences or ()),
        reasoning=_reasoning(config.thinking_config),
        output_format=_output_format(config),
        seed=config.seed,
        presence_penalty=config.presence_penalty,
        frequency_penalty=config.frequency_penalty,
        extra={
            **{name: value for name, value in fields.items() if name not in _KNOWN and value != _NULL},
            **_unsupported_of_config(others, config),
            **_unsupported_calling(fields.get("toolConfig", _NULL)),
            **_unsupported_thinking(config.thinking_config),
        },
    )


def _unsupported_of_config(others: Fields, config: wire.GenerationConfig) -> Fields:
    """What `generationConfig` says that no model here takes, by its path."""
    unsupported = {
        f"generationConfig.{name}": value
        for name, value in others.items()
        if bytes(value).replace(b" ", b"") not in _MEANINGLESS.get(name, ())
    }
    if config.response_mime_type in (None, "", *_TYPES):
        return unsupported
    return {**unsupported, "generationConfig.responseMimeType": _NULL}


_THINKING_PATH = "generationConfig.thinkingConfig"


def _unsupported_calling(raw: msgspec.Raw) -> Fields:
    """What `toolConfig` says that is not known, by its path."""
    if raw == _NULL:
        return {}
    unsupported = {f"toolConfig.{name}": value for name, value in _TOOL_CONFIG.others(raw).items()}
    calling = _TOOL_CONFIG.read(raw, "toolConfig").function_calling_config
    if calling == _NULL:
        return unsupported
    json_path = "toolConfig.functionCallingConfig"
    unsupported.update({f"{json_path}.{name}": value for name, value in _CALLING.others(calling).items()})
    mode = (_CALLING.read(calling, json_path).mode or "AUTO").upper()
    return unsupported if mode in _MODES else {**unsupported, f"{json_path}.mode": calling}


def _unsupported_thinking(raw: msgspec.Raw) -> Fields:
    """What `thinkingConfig` says that is not known, by its path."""
    if raw == _NULL:
        return {}
    unsupported = {f"{_THINKING_PATH}.{name}": value for name, value in _THINKING.others(raw).items()}
    level = (_THINKING.read(raw, _THINKING_PATH).thinking_level or "").upper()
    return unsupported if level in _LEVELS else {**unsupported, f"{_THINKING_PATH}.thinkingLevel": raw}


def form_of(written: Fields) -> tuple[bool, Wrapping | None]:
    """Whether the client wants to see thoughts, and how an answer is wrapped into an object that is to be none."""
    config = _config_in(with_camel_names(written))
    thinking = wire.Thinking()
    if config.thinking_config != _NULL:
        thinking = _THINKING.read(config.thinking_config, _THINKING_PATH)
    shown = bool(thinking.include_thoughts)
    if not needs_object(_schema_of(config)):
        return shown, None
    return shown, "bare" if config.response_mime_type == "text/x.enum" else "json"


def _config_in(fields: Fields) -> wire.GenerationConfig:
    raw = fields.get("generationConfig", _NULL)
    return wire.GenerationConfig() if raw == _NULL else _CONFIG.read(raw, "generationConfig")


def _read_tools(written: bytes) -> tuple[Tool | BuiltInTool, ...]:
    raw = msgspec.Raw(written)
    tools: list[Tool | BuiltInTool] = []
    for number, tool in enumerate(items_or_item(raw, "tools")):
        json_path = f"tools[{number}].functionDeclarations"
        functions = items_or_item(_TOOL.read(tool, f"tools[{number}]").function_declarations, json_path)
        tools += [_function(function, f"{json_path}[{inner}]") for inner, function in enumerate(functions)]
        tools += [BuiltInTool(name, name, value) for name, value in _TOOL.others(tool).items()]
    return tuple(tools)


_tools = Recent(_read_tools)


def _function(raw: msgspec.Raw, json_path: str) -> Tool:
    function = _FUNCTION.read(raw, json_path)
    if function.parameters_json_schema != _NULL:
        schema = function.parameters_json_schema
    elif function.parameters != _NULL:
        schema = msgspec.Raw(_encode(_converted(function.parameters, f"{json_path}.parameters")))
    else:
        schema = _NO_PARAMETERS
    if not bytes(schema).startswith(b"{"):
        raise ClientError(400, f"{json_path}.parameters: expected a schema, an object", param=f"{json_path}.parameters")
    return Tool(function.name, function.description, schema, extra=_FUNCTION.others(raw))


def _converted(raw: msgspec.Raw, json_path: str) -> Mapping[str, object]:
    """One of Google's schemas as JSON Schema. Raises ClientError that names the place."""
    try:
        schema = as_json_schema(msgspec.json.decode(raw))
    except UNREADABLE as error:
        raise ClientError(400, f"{json_path}: nested too deeply to be read", param=json_path) from error
    if not isinstance(schema, Mapping):
        raise ClientError(400, f"{json_path}: expected a schema, an object", param=json_path)
    return schema


def _tool_choice(fields: Fields) -> ToolChoice | None:
    raw = fields.get("toolConfig", _NULL)
    config = _NULL if raw == _NULL else _TOOL_CONFIG.read(raw, "toolConfig").function_calling_config
    if config == _NULL:
        return None
    calling = _CALLING.read(config, "toolConfig.functionCallingConfig")
    names = tuple(calling.allowed_function_names or ())
    match (calling.mode or "AUTO").upper():
        case "ANY":
            return ToolChoice("tool", names) if len(names) == 1 else ToolChoice("required", names)
        case "NONE":
            return ToolChoice("none")
        case "VALIDATED":
            return ToolChoice("auto", names)
    return ToolChoice("auto")


def _reasoning(raw: msgspec.Raw) -> Reasoning | None:
    if raw == _NULL:
        return None
    thinking = _THINKING.read(raw, _THINKING_PATH)
    level = (thinking.thinking_level or "").upper()
    if level in _EFFORTS:
        return Reasoning(effort=_EFFORTS[level])
    budget = thinking.thinking_budget
    if budget is None:
        return None
    if budget == 0:
        return Reasoning(enabled=False)
    return Reasoning(enabled=True, budget=budget if budget > 0 else None)


def _output_format(config: wire.GenerationConfig) -> OutputFormat | None:
    schema = _schema_of(config)
    if schema is not None:
        return OutputFormat(msgspec.Raw(_encode(in_object(schema) if needs_object(schema) else schema)))
    return OutputFormat() if config.response_mime_type == "application/json" else None


def _schema_of(config: wire.GenerationConfig) -> Mapping[str, object] | None:
    """The schema that the answer is to have, as JSON Schema."""
    if config.response_json_schema != _NULL:
        json_path = "generationConfig.responseJsonSchema"
        given = member(config.response_json_schema, _ANY_OBJECT, json_path)
        return rooted(given)
    if config.response_schema != _NULL:
        return rooted(_converted(config.response_schema, "generationConfig.responseSchema"))
    return None
