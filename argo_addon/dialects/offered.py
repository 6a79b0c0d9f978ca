"""Which of a request's tools are offered, where only some of them may be called. It knows no dialect.

Other APIs have words for that which ARGO's Claude and Gemini lack: there, what may not be called is not offered.
"""

from __future__ import annotations

from ..ir.request import Request
from .losses import Losses


def names_offered(request: Request, losses: Losses) -> frozenset[str] | None:
    """The names of the tools that may be called, None for all of them; that none is known is told."""
    choice = request.tool_choice
    if choice is None or choice.mode == "tool" or not choice.names:
        return None
    known = frozenset(tool.name for tool in request.tools) & frozenset(choice.names)
    if not known:
        losses.note("tool_choice")
    return known or None
