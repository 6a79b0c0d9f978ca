"""Beta features that a Claude upstream does not have: their names in the header, and what they let into the body.

Source: Anthropic's reference ("Beta headers") and what was seen refused without its header (pitfalls 1.5, 1.6).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..base import Fields
from ..shared.raw_members import items_of

HEADER = "anthropic-beta"
_encode = msgspec.json.Encoder().encode
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])

# Member of the body -> how the betas begin that let it in: without one of them it is an error.
_MEMBERS: dict[str, tuple[str, ...]] = {
    "container": ("code-execution-", "skills-"),
    "context_management": ("context-management-", "compact-"),
    "diagnostics": ("cache-diagnosis-",),
    "fallback_credit_token": ("fallback-credit-",),
    "fallbacks": ("server-side-fallback-",),
    "mcp_servers": ("mcp-client-",),
    "output_format": ("structured-outputs-",),
    "speed": ("fast-mode-",),
}
# The same for the members of a tool.
_OF_TOOLS: dict[str, tuple[str, ...]] = {
    "defer_loading": ("tool-search-tool-", "advanced-tool-use-", "mcp-client-"),
    "input_examples": ("tool-examples-", "advanced-tool-use-"),
}


def without_betas(
    fields: Fields, headers: Mapping[str, str], refused: frozenset[str]
) -> tuple[Fields, dict[str, str], list[str]]:
    """Body and headers without these betas and what only they let in, and what was left out, in words."""
    named = [name.strip() for name in headers.get(HEADER, "").split(",") if name.strip()]
    gone = [name for name in named if name in refused]
    if not gone:
        return fields, dict(headers), []
    left = [name for name in named if name not in refused]
    rest = {name: value for name, value in headers.items() if name != HEADER}
    orphans = _orphans(_MEMBERS, gone, left)
    members = [name for name in fields if name in orphans]
    body = {name: value for name, value in fields.items() if name not in orphans}
    body, of_tools = _tools_without(body, _orphans(_OF_TOOLS, gone, left))
    removed = [*(f"header {HEADER}: {name}" for name in gone), *members, *of_tools]
    return body, {**rest, HEADER: ",".join(left)} if left else rest, removed


def _orphans(admitted: Mapping[str, tuple[str, ...]], gone: list[str], left: list[str]) -> frozenset[str]:
    """The members that one of the betas that are gone let in, and none of those that are left does."""
    return frozenset(
        member
        for member, betas in admitted.items()
        if any(name.startswith(betas) for name in gone) and not any(name.startswith(betas) for name in left)
    )


def _tools_without(fields: Fields, orphans: frozenset[str]) -> tuple[Fields, list[str]]:
    if not any(b'"%b"' % name.encode() in bytes(fields.get("tools", b"")) for name in orphans):
        return fields, []
    tools = [tool for _, tool in items_of(fields, "tools", _OBJECT)]
    found = sorted({name for tool in tools for name in tool if name in orphans})
    left = [{name: value for name, value in tool.items() if name not in orphans} for tool in tools]
    return {**fields, "tools": msgspec.Raw(_encode(left))}, [f"tools[].{name}" for name in found]
