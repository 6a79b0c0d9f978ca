"""A choice among several tools (`allowed_tools`), for models that know no such choice.

Like amend.py: the body's members in, the same with one change out, and the paths of what was left out.
"""

from __future__ import annotations

import msgspec

from ..base import Fields
from ..shared.raw_members import items_of, member
from . import wire

_encode = msgspec.json.Encoder().encode
_NULL = msgspec.Raw(b"null")
_CHOICE = msgspec.json.Decoder(wire.ToolChoice)
_TOOL = msgspec.json.Decoder(wire.ToolDefinition)


def with_allowed_tools_only(fields: Fields) -> tuple[Fields, list[str]]:
    """The tools that may be called, and of the choice only whether one must be, if it names several.

    Where none of those that it names is among the tools, all stay, and the choice is reported as dropped.
    """
    raw = fields.get("tool_choice", _NULL)
    if b'"allowed_tools"' not in bytes(raw):
        return fields, []
    allowed = member(raw, _CHOICE, "tool_choice").allowed_tools
    if allowed is None:
        return fields, []
    names = {_name(tool.function, tool.custom) for tool in allowed.tools}
    tools = items_of(fields, "tools", _TOOL)
    left = [written for written, tool in tools if _name(tool.function, tool.custom) in names - {None}]
    changed = {**fields, "tool_choice": msgspec.Raw(_encode(allowed.mode))}
    if not tools:
        return {name: value for name, value in fields.items() if name != "tool_choice"}, ["tool_choice"]
    if not left:
        return changed, ["tool_choice"]
    return {**changed, "tools": msgspec.Raw(_encode(left))}, []


def _name(*of: wire.NamedTool | wire.FunctionDefinition | wire.CustomDefinition | None) -> str | None:
    return next((tool.name for tool in of if tool is not None), None)
