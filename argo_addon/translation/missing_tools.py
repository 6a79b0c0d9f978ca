"""Tools that a provider runs and ARGO does not have: what the caller is told of them. No dialect.

A call that must use one is answered at once, in its dialect's words for a tool that failed, so that the caller goes on
without.
"""

from __future__ import annotations

from ..ir.parts import TextPart
from ..ir.request import BuiltInTool, Request, Tool
from ..ir.response import Choice, Finish, FinishReason, Response, Usage

_SEARCH = "tool_search"
"""How the types of searches for deferred tools begin: what those would find is offered at once."""


def is_missing(tool: BuiltInTool) -> bool:
    """Whether nothing stands in for it: neither the client runs it nor is what it does done otherwise."""
    return tool.stand_in is None and not tool.kind.startswith(_SEARCH)


def demanded(request: Request) -> BuiltInTool | None:
    """The missing tool that a request's choice leaves nothing but; None where there is another way."""
    choice = request.tool_choice
    if choice is None or choice.mode not in ("tool", "required"):
        return None
    open_to = request.tools if choice.mode == "required" and not choice.names else _chosen(request, choice.names)
    tools = [tool for tool in open_to if isinstance(tool, BuiltInTool) and is_missing(tool)]
    return tools[0] if tools and len(tools) == len(open_to) else None


def only(request: Request) -> BuiltInTool | None:
    """The missing tool that a request offers and no other; None where it offers others or may not call any."""
    if len(request.tools) != 1 or (request.tool_choice is not None and request.tool_choice.mode == "none"):
        return None
    tool = request.tools[0]
    return tool if isinstance(tool, BuiltInTool) and is_missing(tool) else None


def _chosen(request: Request, names: tuple[str, ...]) -> tuple[Tool | BuiltInTool, ...]:
    """The tools that a choice names; a provider's may be named by its type, without a date."""
    return tuple(
        tool
        for tool in request.tools
        if tool.name in names or (isinstance(tool, BuiltInTool) and tool.kind.startswith(names))
    )


def answer(tool: BuiltInTool, identifier: str) -> Response:
    """The answer in which the tool has failed; `identifier` is of letters and digits."""
    failed = () if tool.failed_call is None else tool.failed_call(identifier)
    name = tool.name or tool.kind
    words = f"{name} is not available here: ARGO does not have it. Nothing was looked up or run; go on without it."
    return Response("", "", (Choice(0, (*failed, TextPart(words)), Finish(FinishReason.STOP)),), Usage())
