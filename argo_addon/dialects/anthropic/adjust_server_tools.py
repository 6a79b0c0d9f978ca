"""Tools that Anthropic runs and ARGO's Claude does not have: left out of the body, and of what was said before.

Like its namesakes: the body's members in, the same with one change out, every other byte as it was.
"""

from __future__ import annotations

import re
from collections.abc import Set

import msgspec

from ...errors import UNREADABLE
from ..base import Fields
from ..shared.raw_members import member
from .adjust_history import each_block
from .tools import server_tool, stand_in

_encode = msgspec.json.Encoder().encode
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_BASIC = "web_search_20250305"
_NEWER = re.compile(r"web_search_20\d{6}\Z")
_OF_SERVERS = re.compile(rb'"(?:server_tool_use|mcp_tool_use|container_upload|[a-z_]+_tool_result)"')


class _Kind(msgspec.Struct):
    type: str | None = None
    name: str = ""
    id: str = ""
    tool_use_id: str = ""


_KIND = msgspec.json.Decoder(_Kind)


def without_tools(fields: Fields, refused: Set[str], *, basic: bool) -> tuple[Fields, list[str]]:
    """The body without these tools and their blocks; `basic` says that a later web search becomes the first one."""
    fields, told = _declared(fields, refused, basic=basic)
    return _blocks(fields, refused, told), told


def _declared(fields: Fields, refused: Set[str], *, basic: bool) -> tuple[Fields, list[str]]:
    written = fields.get("tools", msgspec.Raw(b"null"))
    if b"_20" not in bytes(written) and b"mcp_toolset" not in bytes(written):
        return fields, []
    left: list[msgspec.Raw] = []
    told: list[str] = []
    names: list[str] = []
    tools: list[msgspec.Raw] = member(written, _LIST, "tools")
    for number, tool in enumerate(tools):
        about = member(tool, _KIND, f"tools[{number}]")
        kind = about.type or "custom"
        if server_tool(kind) in refused and kind != "custom":
            told.append(f"tools[].{kind}")
            if (own := stand_in(kind, about.name)) is None:
                names.append(about.name or server_tool(kind))
            else:
                plain = {"name": own.name, "description": own.description, "input_schema": own.schema}
                left.append(msgspec.Raw(_encode(plain)))
        elif basic and _NEWER.match(kind) and kind != _BASIC:
            told.append(f"tools[].{kind} (sent: {_BASIC})")
            members = {name: value for name, value in _OBJECT.decode(tool).items() if name != "allowed_callers"}
            left.append(msgspec.Raw(_encode({**members, "type": _BASIC})))
        else:
            left.append(tool)
    if not told:
        return fields, []
    changed = {**fields, "tools": msgspec.Raw(_encode(left))}
    if not names:
        return changed, told
    return _with_choice(changed, left, names, told), told


def _with_choice(fields: Fields, left: list[msgspec.Raw], names: list[str], told: list[str]) -> Fields:
    """The body without a choice that nothing is left of, and without an empty list of tools."""
    gone = set() if left else {"tools", "tool_choice"}
    if "tool_choice" in fields and member(fields["tool_choice"], _KIND, "tool_choice").name in names:
        gone.add("tool_choice")
    if "tool_choice" in gone & fields.keys():
        told.append("tool_choice")
    return {name: value for name, value in fields.items() if name not in gone}


def _blocks(fields: Fields, refused: Set[str], told: list[str]) -> Fields:
    """The conversation without the calls and results of these tools, which ARGO would not read either."""
    if _OF_SERVERS.search(bytes(fields.get("messages", b""))) is None:
        return fields
    calls: set[str] = set()

    def change(block: msgspec.Raw) -> msgspec.Raw | None:
        try:
            about = _KIND.decode(block)
        except UNREADABLE:
            return block
        kind = about.type or ""
        of = about.name if kind == "server_tool_use" else kind
        is_servers = kind != "tool_result" and _OF_SERVERS.fullmatch(b'"%b"' % kind.encode()) is not None
        if not is_servers or (server_tool(of) not in refused and about.tool_use_id not in calls):
            return block
        if about.id:
            calls.add(about.id)
        if (path := f"messages[].content[].{kind}") not in told:
            told.append(path)
        return None

    return each_block(fields, change)
