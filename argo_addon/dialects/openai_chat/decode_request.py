"""The whole body of a Chat Completions request: the conversation, and the tools, limits and forms around it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ...errors import ClientError
from ...ir.request import BuiltInTool, Message, OutputFormat, Reasoning, Request, Tool, ToolChoice
from ...recent import Recent
from ..base import Fields
from ..openai.tool_choice import choice_in_a_word
from ..shared.free_text_tools import with_grammar
from ..shared.raw_members import Positive, Shape, items_of, member, object_in, objects_in, optional
from . import wire
from .decode_messages import messages_of

_NULL = msgspec.Raw(b"null")
_RAW = msgspec.json.Decoder(msgspec.Raw)
_TEXT = msgspec.json.Decoder(str | None)
_NUMBER = msgspec.json.Decoder(float | None)
_WHOLE = msgspec.json.Decoder(int | None)
_POSITIVE = msgspec.json.Decoder(Positive | None)
_FLAG = msgspec.json.Decoder(bool | None)
_WORDS = msgspec.json.Decoder(str | list[str] | None)
_TOOL = Shape(wire.ToolDefinition)
_CHOICE = msgspec.json.Decoder(str | wire.ToolChoice)
_CHOICE_OBJECT = Shape(wire.ToolChoice)
_CHOSEN = Shape(wire.ChosenTool)
_STREAM = Shape(wire.StreamOptions)
_FORMAT = msgspec.json.Decoder(wire.ResponseFormat | None)
_FORMAT_OBJECT = Shape(wire.ResponseFormat)
_encode = msgspec.json.Encoder().encode

_NO_PARAMETERS = msgspec.Raw(b'{"type":"object","properties":{}}')
_KNOWN = frozenset(
    {"model", "stream", "user",  # read elsewhere
     "messages", "tools", "tool_choice", "parallel_tool_calls", "max_tokens", "max_completion_tokens", "temperature",
     "top_p", "stop", "reasoning_effort", "response_format", "verbosity"}
)  # fmt: skip
_WITHOUT_MEANING: dict[str, bytes | None] = {
    "n": b"1", "logprobs": b"false", "store": b"false", "stream_options": None, "metadata": None,
    "modalities": b'["text"]',
}  # fmt: skip
"""Members that say nothing of an answer when they have this value, or never do."""
_NO_LONGER = ("functions", "function_call")


def decode_request(fields: Fields, *, keep_extra: bool, messages: Sequence[Message] = ()) -> Request:
    """The request; `messages` are those of it that are read already. Raises ClientError that names the place of what
    does not fit.
    """
    if not keep_extra:
        _refuse_unsupported(fields)
    limit = fields.get("max_completion_tokens", _NULL)
    stop = optional(fields, "stop", _WORDS)
    effort = optional(fields, "reasoning_effort", _TEXT)
    return Request(
        dialect="openai_chat",
        messages=tuple(messages) or messages_of(fields, keep_extra=keep_extra),
        tools=_tools(bytes(fields.get("tools", _NULL)), keep_extra),
        tool_choice=_tool_choice(fields, keep_extra),
        parallel_calls=optional(fields, "parallel_tool_calls", _FLAG),
        max_tokens=member(limit, _POSITIVE, "max_completion_tokens") or optional(fields, "max_tokens", _POSITIVE),
        temperature=optional(fields, "temperature", _NUMBER),
        top_p=optional(fields, "top_p", _NUMBER),
        stop=(stop,) if isinstance(stop, str) else tuple(stop or ()),
        reasoning=None if effort is None else Reasoning(effort=effort),
        output_format=_output_format(fields, keep_extra),
        verbosity=optional(fields, "verbosity", _TEXT),
        extra={
            **{
                name: value
                for name, value in fields.items()
                if name not in _KNOWN and (keep_extra or _says(name, value))
            },
            **({} if keep_extra else _unsupported_of_stream(fields)),
        },
    )


def _unsupported_of_stream(fields: Fields) -> Fields:
    others = _STREAM.others(fields.get("stream_options", _NULL))
    return {f"stream_options.{name}": value for name, value in others.items()}


def _says(name: str, value: msgspec.Raw) -> bool:
    if value == _NULL:
        return False
    return not (name in _WITHOUT_MEANING and _WITHOUT_MEANING[name] in (None, bytes(value)))


def _refuse_unsupported(fields: Fields) -> None:
    """What another dialect cannot say and the client would miss in the answer."""
    for name in _NO_LONGER:
        if fields.get(name, _NULL) != _NULL:
            raise ClientError(400, f"{name}: no longer served for this model: use tools and tool_choice", param=name)
    if (optional(fields, "n", _WHOLE) or 1) > 1:
        raise ClientError(400, "n: this model gives one answer a call: leave n out and call it n times", param="n")


def _read_tools(written: bytes, keep_extra: bool) -> tuple[Tool | BuiltInTool, ...]:
    items = items_of({"tools": msgspec.Raw(written)}, "tools", _RAW)
    return tuple(_tool(raw, f"tools[{number}]", keep_extra) for number, (raw, _) in enumerate(items))


_tools = Recent(_read_tools)


def _tool(raw: msgspec.Raw, json_path: str, keep_extra: bool) -> Tool | BuiltInTool:
    """A tool. A free-text one is kept as a whole: no other dialect has its like."""
    tool = _TOOL.read(raw, json_path)
    cache = None if tool.cache_control == _NULL else tool.cache_control
    if tool.type == "custom" and tool.custom is not None:
        extra = {"type": raw} if keep_extra else {**_TOOL.all_others(raw), **_unsupported_of_form(tool.custom)}
        return Tool(tool.custom.name, _with_format(tool.custom), custom=True, cache=cache, extra=extra)
    if tool.type != "function":
        return BuiltInTool(tool.type, tool.type, raw)
    function = tool.function
    if function is None:
        raise ClientError(400, f"{json_path}.function: missing", param=f"{json_path}.function")
    schema = _NO_PARAMETERS if function.parameters is None else msgspec.Raw(_encode(function.parameters))
    return Tool(function.name, function.description, schema, function.strict, cache=cache, extra=_TOOL.all_others(raw))


class _Grammar(msgspec.Struct):
    definition: str = ""
    syntax: str = ""


class _Format(msgspec.Struct):
    type: str = "text"
    grammar: _Grammar | None = None


_CUSTOM_FORMAT = msgspec.json.Decoder(_Format | None)
_FORM = Shape(_Format)


def _unsupported_of_form(tool: wire.CustomDefinition) -> Fields:
    return {f"custom.format.{name}": value for name, value in _FORM.all_others(tool.format).items()}


def _with_format(tool: wire.CustomDefinition) -> str | None:
    form = member(tool.format, _CUSTOM_FORMAT, "tools[].custom.format")
    grammar = _Grammar() if form is None or form.grammar is None else form.grammar
    return with_grammar(tool.description, grammar.syntax, grammar.definition)


def _tool_choice(fields: Fields, keep_extra: bool) -> ToolChoice | None:
    raw = fields.get("tool_choice", _NULL)
    if raw == _NULL:
        return None
    choice = member(raw, _CHOICE, "tool_choice")
    if isinstance(choice, str):
        return choice_in_a_word(choice)
    extra = object_in(raw) if keep_extra else _CHOICE_OBJECT.all_others(raw)
    if choice.allowed_tools is not None:
        if not keep_extra:
            for tool in objects_in(object_in(object_in(raw)["allowed_tools"]).get("tools", _NULL)):
                extra.update({f"allowed_tools.tools[].{name}": more for name, more in _CHOSEN.all_others(tool).items()})
        named_tools = [tool.function or tool.custom for tool in choice.allowed_tools.tools]
        names = tuple(named.name for named in named_tools if named is not None)
        return ToolChoice(choice.allowed_tools.mode, names, extra)
    named = choice.function or choice.custom
    if named is None:
        raise ClientError(400, f"tool_choice.{choice.type}: missing", param=f"tool_choice.{choice.type}")
    return ToolChoice("tool", (named.name,), extra)


def _output_format(fields: Fields, keep_extra: bool) -> OutputFormat | None:
    """The form. Going back to this dialect it is kept as it was written."""
    raw = fields.get("response_format", _NULL)
    form = member(raw, _FORMAT, "response_format")
    if form is None or form.type == "text":
        return None
    about, extra = form.json_schema, object_in(raw) if keep_extra else _FORMAT_OBJECT.all_others(raw)
    if form.type == "json_schema" and about is None and not keep_extra:
        raise ClientError(400, "response_format.json_schema: missing", param="response_format.json_schema")
    if about is None or about.schema is None:
        return OutputFormat(extra=extra)
    return OutputFormat(msgspec.Raw(_encode(about.schema)), about.name, about.description, about.strict, extra)
