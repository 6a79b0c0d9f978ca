"""Which of a request's tools an upstream of another dialect is offered. It knows no dialect.

Tools of the provider's go with their dialect only, but for those that the client runs and that a schema can describe.
Where only some tools may be called, only those are offered: ARGO's Claude and Gemini have no other words for it.
"""

from __future__ import annotations

from ...ir.request import Request, Tool
from .dropped_fields import DroppedFields


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
    choice = request.tool_choice
    if choice is None:
        return tools
    named = [tool for tool in tools if tool.name in choice.names]
    if (choice.names and not named) or (choice.mode == "required" and not tools):
        dropped.note("tool_choice")
    return tools if choice.mode == "tool" else named or tools
