"""A request, cut down to what the legacy gateway has words for. It knows the neutral form and no wire.

Source: argo.md, "The legacy gateway": messages, stop words, temperature, top_p, a limit, tools and their choice.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from ...ir.parts import Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from ...ir.request import Message, OutputFormat, Request, Tool
from ..shared.dropped_fields import DroppedFields

NAME = "argo_legacy"
_P = TypeVar("_P", bound=Part)
_replace = msgspec.structs.replace
_UNSUPPORTED = ("verbosity", "seed", "presence_penalty", "frequency_penalty", "top_k")
_JSON_ONLY = "Answer with one JSON object and nothing else."


def fitted(request: Request, dropped: DroppedFields) -> Request:
    """The request with nothing in it that cannot be said; what is left out goes to `dropped`.

    A form of the answer is asked for in words, which a model mostly follows: that it is no more than that is told.
    """
    for name in _UNSUPPORTED:
        if getattr(request, name) is not None:
            dropped.note(name)
    if request.reasoning is not None and request.reasoning.enabled is not False:
        dropped.note("thinking")
    if request.parallel_calls is False:
        dropped.note("parallel_tool_calls")
    dropped.extra("", request.extra)
    messages = tuple(_message(message, dropped) for message in request.messages)
    if request.output_format is not None:
        dropped.note("response_format")
        messages = (*_in_words(request.output_format), *messages)
    return Request(
        dialect=NAME,
        messages=messages,
        tools=tuple(_tool(tool, dropped) if isinstance(tool, Tool) else tool for tool in request.tools),
        tool_choice=request.tool_choice,
        max_tokens=request.max_tokens,
        temperature=request.temperature,
        top_p=request.top_p,
        stop=request.stop,
    )


def has_tools(request: Request) -> bool:
    """Whether tools are offered, or have been called: then streamchat will not do, which tells no calls."""
    parts = (part for message in request.messages for part in message.parts)
    return bool(request.tools) or any(isinstance(part, ToolCallPart | ToolResultPart) for part in parts)


def _in_words(form: OutputFormat) -> tuple[Message, ...]:
    schema = "" if form.schema is None else f" It must be valid under this JSON Schema: {bytes(form.schema).decode()}"
    return (Message("system", (TextPart(_JSON_ONLY + schema),)),)


def _message(message: Message, dropped: DroppedFields) -> Message:
    parts: list[Part] = []
    for part in message.parts:
        if isinstance(part, ReasoningPart):
            dropped.note("messages[].content[].thinking")
            continue
        if isinstance(part, ToolResultPart):
            inner = tuple(_uncached(item, dropped) for item in part.content)
            part = _replace(part, content=inner)
        parts.append(_uncached(part, dropped))
    return _replace(message, parts=tuple(parts))


def _uncached(part: _P, dropped: DroppedFields) -> _P:
    if isinstance(part, ReasoningPart) or part.cache is None:
        return part
    dropped.note("messages[].content[].cache_control")
    return _replace(part, cache=None)


def _tool(tool: Tool, dropped: DroppedFields) -> Tool:
    if tool.cache is None:
        return tool
    dropped.note("tools[].cache_control")
    return _replace(tool, cache=None)
