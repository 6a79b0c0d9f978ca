"""The whole body of a Chat Completions request: the conversation, and the tools, limits and forms around it."""

from __future__ import annotations

import msgspec

from ...ir.parts import Extra
from ...ir.request import FREE_TEXT, BuiltInTool, OutputFormat, Reasoning, Request, Tool, ToolChoice
from ...schema import closed, is_strict, rooted
from ...translation.conversation import paired, shown_by_users
from ...translation.identifiers import fitted_identifier
from ..base import Fields
from ..shared.dropped_fields import DroppedFields
from ..shared.outline import Outline
from ..shared.raw_members import with_others
from ..shared.upstream_tools import upstream_tools
from .encode_messages import LONGEST_TOOL_NAME, NAME, Json, MessageEncoder

_OBJECT = msgspec.json.Decoder(dict[str, object])
_encode = msgspec.json.Encoder().encode
_MOST_STOPS = 4
_EFFORTS = ((4096, "low"), (16000, "medium"))
"""Up to so many tokens to think with, and the effort that is like it, where none is named (pitfalls 5.4)."""


def encode_request(request: Request, dropped: DroppedFields, *, stream: bool, outline: Outline) -> Fields:
    """The body's members, all but model and user; what could not be said goes to `dropped`.

    A stream for a client of another dialect is asked to tell its usage (pitfalls 1.25).
    """
    own = request.dialect == NAME
    writer = MessageEncoder(own, dropped, outline)
    messages = writer.messages(request.messages if own else paired(shown_by_users(request.messages)))
    fields: Json = {
        "messages": messages if own else _naming_json(messages, request.output_format),
        **_tools(request, dropped),
        "max_completion_tokens": request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "stop": _stop(request, dropped),
        "reasoning_effort": _effort(request.reasoning, own),
        "response_format": _response_format(request.output_format, own),
        "verbosity": request.verbosity,
        "seed": request.seed,
        "presence_penalty": request.presence_penalty,
        "frequency_penalty": request.frequency_penalty,
        "prompt_cache_key": request.cache_key,
        "stream": stream or None,
        "stream_options": {"include_usage": True} if stream and not own else None,
    }
    if own:
        fields.update(request.extra)
    else:
        dropped.extra("", request.extra)
        for message in request.messages:
            if message.extra:
                dropped.extra("messages[].", message.extra)
        dropped.extra("response_format.", {} if request.output_format is None else request.output_format.extra)
        dropped.extra("thinking.", {} if request.reasoning is None else request.reasoning.extra)
        if request.top_k is not None:
            dropped.note("top_k")
    return {name: msgspec.Raw(_encode(value)) for name, value in fields.items() if value is not None}


def _naming_json(messages: list[object], form: OutputFormat | None) -> list[object]:
    """The conversation with the word JSON in it, where any JSON is asked for: GPT refuses that otherwise."""
    if form is None or form.schema is not None or b"json" in _encode(messages).lower():
        return messages
    return [{"role": "system", "content": "Answer with JSON."}, *messages]


def _stop(request: Request, dropped: DroppedFields) -> list[str] | None:
    own = request.dialect == NAME
    if not own and len(request.stop) > _MOST_STOPS:
        dropped.note(f"stop_sequences[{_MOST_STOPS}:]")
    return list(request.stop if own else request.stop[:_MOST_STOPS]) or None


def _tools(request: Request, dropped: DroppedFields) -> Json:
    own = request.dialect == NAME
    tools = request.tools if own else upstream_tools(request, dropped)
    choice = _tool_choice(request, {tool.name for tool in tools}, dropped) if tools or own else None
    if not own and tools and request.tool_choice is not None:
        dropped.extra("tool_choice.", request.tool_choice.extra)
    if not tools:
        return {"parallel_tool_calls": request.parallel_calls if own else None, "tool_choice": choice}
    written = [_tool(tool, own, dropped) for tool in tools]
    return {"tools": written, "tool_choice": choice, "parallel_tool_calls": request.parallel_calls}


def _tool(tool: Tool | BuiltInTool, own: bool, dropped: DroppedFields) -> object:
    if isinstance(tool, BuiltInTool):
        return tool.raw
    if tool.custom and own:
        return tool.extra["type"]
    function: Json = {"name": fitted_identifier(tool.name, LONGEST_TOOL_NAME)}
    if tool.description is not None:
        function["description"] = tool.description
    function["parameters"] = FREE_TEXT if tool.schema is None else tool.schema
    if tool.strict is not None:
        function.update(_strict(tool, own, dropped))
    if own:
        cache: Json = {} if tool.cache is None else {"cache_control": tool.cache}
        return with_others({"type": "function", "function": function, **cache}, tool.extra)
    dropped.extra("tools[].", {**tool.extra, **({} if tool.cache is None else {"cache_control": tool.cache})})
    return {"type": "function", "function": function}


def _strict(tool: Tool, own: bool, dropped: DroppedFields) -> Json:
    """`strict`, with a schema that is fit for it: here every member must be required, which others do not ask."""
    if own or not tool.strict or tool.schema is None:
        return {"strict": tool.strict}
    schema = closed(msgspec.json.decode(tool.schema))
    if is_strict(schema):
        return {"strict": True, "parameters": schema}
    dropped.note("tools[].strict")
    return {}


def _tool_choice(request: Request, names: set[str], dropped: DroppedFields) -> object:
    choice = request.tool_choice
    own = request.dialect == NAME
    if choice is None:
        return None
    if choice.mode != "tool":
        return _allowed(choice, request) if choice.names and own else choice.mode
    if not own and choice.names[0] not in names:
        dropped.note("tool_choice")
        return None
    return with_others(_named(choice.names[0], own, request), _as_written(choice, own))


def _allowed(choice: ToolChoice, request: Request) -> Json:
    tools = [_named(name, True, request) for name in choice.names]
    written = {"type": "allowed_tools", "allowed_tools": {"mode": choice.mode, "tools": tools}}
    return with_others(written, _as_written(choice, True))


def _as_written(choice: ToolChoice, own: bool) -> Extra:
    """A choice as this dialect's client wrote it, unless it names a tool that goes by another name."""
    fits = all(fitted_identifier(name, LONGEST_TOOL_NAME) == name for name in choice.names)
    return choice.extra if own and fits else {}


def _named(name: str, own: bool, request: Request) -> Json:
    """A tool, by its name."""
    custom = own and any(isinstance(tool, Tool) and tool.custom and tool.name == name for tool in request.tools)
    kind = "custom" if custom else "function"
    return {"type": kind, kind: {"name": name if custom else fitted_identifier(name, LONGEST_TOOL_NAME)}}


def _effort(reasoning: Reasoning | None, own: bool) -> str | None:
    if reasoning is None:
        return None
    if reasoning.enabled is False:
        return None if own else "none"
    if reasoning.effort is not None or reasoning.budget is None:
        return reasoning.effort
    budget = reasoning.budget
    return next((effort for most, effort in _EFFORTS if budget <= most), "high")


def _response_format(form: OutputFormat | None, own: bool) -> Json | None:
    if form is None:
        return None
    extra = form.extra if own else {}
    if form.schema is None:
        return with_others({"type": "json_object"}, extra)
    schema = form.schema if own else rooted(_OBJECT.decode(form.schema))
    about: Json = {"name": form.name or "answer", "schema": schema}
    if form.description is not None:
        about["description"] = form.description
    if form.strict is not None:
        about["strict"] = form.strict
    return with_others({"type": "json_schema", "json_schema": about}, extra)
