"""Which of a request's tools an upstream of another dialect is offered. It knows no dialect.

Tools of the provider's go with their dialect only, but for those that the client runs and that a schema can describe.
Where only some tools may be called, only those are offered: ARGO's Claude and Gemini have no other words for it. A tool
that is deferred is offered once something refers to it, as its own provider would do (pitfalls 11.1).
"""

from __future__ import annotations

from collections.abc import Iterator

from ...ir.parts import ToolCallPart, ToolReferencePart, ToolResultPart
from ...ir.request import BuiltInTool, Request, Tool
from .dropped_fields import DroppedFields

_SEARCH = "tool_search"
"""How the types of the provider's own searches for deferred tools begin."""


def upstream_tools(request: Request, dropped: DroppedFields) -> list[Tool]:
    """The tools; what is left out is told, and a choice that nothing is left of."""
    tools: list[Tool] = []
    for tool in request.tools:
        if isinstance(tool, Tool):
            tools.append(tool)
            continue
        dropped.note(f"tools[].{tool.kind}")
        if tool.stand_in is not None:
            tools.append(tool.stand_in)
    tools = _loaded(tools, request)
    choice = request.tool_choice
    if choice is None:
        return tools
    named = [tool for tool in tools if tool.name in choice.names]
    if (choice.names and not named) or (choice.mode == "required" and not tools):
        dropped.note("tool_choice")
    return tools if choice.mode == "tool" else named or tools


def _loaded(tools: list[Tool], request: Request) -> list[Tool]:
    """The tools without the deferred ones that nothing refers to: it is the client's own search that finds them.

    Where the provider was to search, or there is no other tool to search with, nothing else would ever offer them.
    """
    if not any(tool.deferred for tool in tools) or all(tool.deferred for tool in tools):
        return tools
    if any(isinstance(tool, BuiltInTool) and tool.kind.startswith(_SEARCH) for tool in request.tools):
        return tools
    referred = set(_referred(request))
    return [tool for tool in tools if not tool.deferred or tool.name in referred]


def _referred(request: Request) -> Iterator[str]:
    """The names of the tools that were found, were called, or must be."""
    if request.tool_choice is not None:
        yield from request.tool_choice.names
    for message in request.messages:
        for part in message.parts:
            if isinstance(part, ToolCallPart | ToolReferencePart):
                yield part.name
            elif isinstance(part, ToolResultPart):
                yield from (item.name for item in part.content if isinstance(item, ToolReferencePart))
