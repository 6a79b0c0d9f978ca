"""A request of the Messages API, read into the neutral form. It knows nothing of where the request is going.

`keep_extra` is True if it goes on to an upstream of this dialect: then what the neutral form has no word for is kept as
it stands. Otherwise a block that is not known is refused by its JSON path, since no other dialect could express it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ...errors import ClientError
from ...ir.parts import TextPart
from ...ir.request import BuiltInTool, Message, OutputFormat, Reasoning, Request, Tool, ToolChoice
from ...recent import Recent
from ..base import Fields
from ..shared.raw_members import Shape, items_of, member, optional
from . import wire
from .decode_messages import cache_of, messages_of, parts_of
from .tools import failed_call, stand_in

BILLING = "x-anthropic-billing-header"
"""How the first system text of Claude Code may begin: it changes, and is of use to Anthropic only (pitfalls 1.3)."""
_NULL = msgspec.Raw(b"null")
_TRUE = msgspec.Raw(b"true")

_TOOL = Shape(wire.ToolParam)
_TOOLSET = Shape(wire.ToolsetParam)
_CHOICE = Shape(wire.ToolChoice)
_THINKING = Shape(wire.Thinking)
_OUTPUT_CONFIG = Shape(wire.OutputConfig)
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_FORM = Shape(wire.Format)
_FORMAT = msgspec.json.Decoder(wire.Format | None)
_SYSTEM = msgspec.json.Decoder(str | list[msgspec.Raw])
_NUMBER = msgspec.json.Decoder(float | None)
_WHOLE = msgspec.json.Decoder(int | None)
_WORDS = msgspec.json.Decoder(list[str] | None)

_KNOWN = {
    *("model", "stream", "user"),  # read elsewhere
    *("messages", "system", "tools", "tool_choice", "max_tokens", "temperature", "top_p", "top_k"),
    *("stop_sequences", "thinking", "output_config"),
}
_ELSEWHERE = {"metadata", "output_format"}
"""ARGO is told who asks by other means; the form of the output had another name in beta."""


def decode_request(fields: Fields, *, keep_extra: bool, messages: Sequence[Message] | None = None) -> Request:
    """The request; `messages` are those of it that are read already. Raises ClientError that names the place of what
    does not fit.
    """
    choice, parallel = _tool_choice(fields)
    config, others = _output_config(fields)
    known = _KNOWN if keep_extra else _KNOWN | _ELSEWHERE
    form = config.format
    if not keep_extra and form is None:
        form = optional(fields, "output_format", _FORMAT)
    extra = {name: value for name, value in fields.items() if name not in known and value != _NULL}
    if not keep_extra:
        older = _FORM.others(fields.get("output_format", _NULL))
        extra.update({f"output_format.{name}": value for name, value in older.items()})
    return Request(
        dialect="anthropic",
        messages=(*_system(fields, keep_extra), *(messages or messages_of(fields, keep_extra))),
        tools=_tools(bytes(fields.get("tools", _NULL))),
        tool_choice=choice,
        parallel_calls=parallel,
        max_tokens=optional(fields, "max_tokens", _WHOLE),
        temperature=optional(fields, "temperature", _NUMBER),
        top_p=optional(fields, "top_p", _NUMBER),
        top_k=optional(fields, "top_k", _WHOLE),
        stop=tuple(optional(fields, "stop_sequences", _WORDS) or ()),
        reasoning=_reasoning(fields, config.effort),
        output_format=None if form is None else OutputFormat(_encoded(form.schema)),
        extra={**extra, **_unsupported_of_config(others, keep_extra)},
    )


def _unsupported_of_config(others: Fields, keep_extra: bool) -> Fields:
    """What is known of `output_config` only here: to go back as it was, or to be told."""
    if keep_extra:
        return {"output_config": _encoded(others)} if others else {}
    return {f"output_config.{name}": value for name, value in others.items()}


class _ToolType(msgspec.Struct):
    type: str | None = None


_ANY = msgspec.json.Decoder(msgspec.Raw)
_TOOL_TYPE = msgspec.json.Decoder(_ToolType)


def _system(fields: Fields, keep_extra: bool) -> list[Message]:
    raw = fields.get("system", _NULL)
    if raw == _NULL:
        return []
    parts = parts_of(member(raw, _SYSTEM, "system"), "system", keep_extra)
    if not keep_extra and parts and isinstance(parts[0], TextPart) and parts[0].text.startswith(BILLING):
        _, _, rest = parts[0].text.partition("\n")
        parts = (parts[0].with_text(rest), *parts[1:]) if rest.strip() else parts[1:]
    return [Message("system", parts)] if parts else []


def with_roles(fields: Fields) -> Fields:
    """The body with a role for messages that have none: it is of no weight to who counts tokens (pitfalls 8.1)."""
    if bytes(fields.get("messages", _NULL))[:1] != b"[":
        return fields
    messages = [{"role": msgspec.Raw(b'"user"'), **message} for _, message in items_of(fields, "messages", _MEMBERS)]
    return {**fields, "messages": _encoded(messages)}


def _read_tools(written: bytes) -> tuple[Tool | BuiltInTool, ...]:
    items = items_of({"tools": msgspec.Raw(written)}, "tools", _ANY)
    return tuple(_tool(raw, f"tools[{number}]") for number, (raw, _) in enumerate(items))


_tools = Recent(_read_tools)


def _tool(raw: msgspec.Raw, json_path: str) -> Tool | BuiltInTool:
    if (kind := member(raw, _TOOL_TYPE, json_path).type) not in (None, "custom"):
        built_in = _TOOLSET.read(raw, json_path)
        stands_in = stand_in(kind or "", built_in.name)
        return BuiltInTool(built_in.type, built_in.name, raw, stands_in, failed_call(built_in.type))
    tool = _TOOL.read(raw, json_path)
    if tool.input_schema is None:
        where = f"{json_path}.input_schema"
        raise ClientError(400, f"{where}: missing: a tool needs a JSON Schema of its input", param=where)
    schema = _encoded(tool.input_schema)
    others = _TOOL.others(raw)
    return Tool(
        tool.name,
        tool.description,
        schema,
        tool.strict,
        cache=cache_of(tool.cache_control),
        extra=others,
        deferred=others.get("defer_loading") == _TRUE,
    )


def _tool_choice(fields: Fields) -> tuple[ToolChoice | None, bool | None]:
    raw = fields.get("tool_choice", _NULL)
    if raw == _NULL:
        return None, None
    choice = _CHOICE.read(raw, "tool_choice")
    extra = _CHOICE.others(raw)
    parallel = None if choice.disable_parallel_tool_use is None else not choice.disable_parallel_tool_use
    match choice.type:
        case "tool":
            if choice.name is None:
                raise ClientError(400, "tool_choice.name: missing", param="tool_choice.name")
            return ToolChoice("tool", (choice.name,), extra), parallel
        case "any":
            return ToolChoice("required", extra=extra), parallel
        case "auto" | "none":
            return ToolChoice(choice.type, extra=extra), parallel


def _output_config(fields: Fields) -> tuple[wire.OutputConfig, Fields]:
    raw = fields.get("output_config", _NULL)
    if raw == _NULL:
        return wire.OutputConfig(), {}
    return _OUTPUT_CONFIG.read(raw, "output_config"), _OUTPUT_CONFIG.all_others(raw)


def _reasoning(fields: Fields, effort: str | None) -> Reasoning | None:
    raw = fields.get("thinking", _NULL)
    if raw == _NULL:
        return None if effort is None else Reasoning(effort=effort)
    thinking = _THINKING.read(raw, "thinking")
    return Reasoning(thinking.type != "disabled", effort, thinking.budget_tokens, _THINKING.others(raw))


def _encoded(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))
