"""The tools that Anthropic brings along: what their blocks are called, and those which the client runs, as plain tools.

Source: the Messages API reference ("Tool use", server tools and Anthropic-defined client tools).
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from ...ir.parts import OpaquePart
from ...ir.request import Tool

_encode = msgspec.json.Encoder().encode
_BLOCKS = frozenset({"server_tool_use", "mcp_tool_use", "container_upload", "compaction", "fallback"})

_BASH = """{"type":"object","properties":{"command":{"type":"string","description":"The command to run."},\
"restart":{"type":"boolean","description":"Whether to restart the shell instead."}}}"""
_EDITOR = """{"type":"object","properties":{"command":{"type":"string","enum":["view","create","str_replace","insert"]}\
,"path":{"type":"string"},"file_text":{"type":"string"},"old_str":{"type":"string"},"new_str":{"type":"string"},\
"insert_line":{"type":"integer"},"insert_text":{"type":"string"},"view_range":{"type":"array","items":\
{"type":"integer"}}},"required":["command","path"]}"""
_MEMORY = """{"type":"object","properties":{"command":{"type":"string","enum":["view","create","str_replace","insert",\
"delete","rename"]},"path":{"type":"string"},"file_text":{"type":"string"},"old_str":{"type":"string"},"new_str":\
{"type":"string"},"insert_line":{"type":"integer"},"insert_text":{"type":"string"},"old_path":{"type":"string"},\
"new_path":{"type":"string"},"view_range":{"type":"array","items":{"type":"integer"}}},"required":["command"]}"""
_COMPUTER = """{"type":"object","properties":{"action":{"type":"string","description":"key, type, mouse_move, \
left_click, right_click, double_click, scroll, wait, screenshot and the like"},"coordinate":{"type":"array","items":\
{"type":"integer"}},"start_coordinate":{"type":"array","items":{"type":"integer"}},"text":{"type":"string"},\
"duration":{"type":"number"},"scroll_direction":{"type":"string","enum":["up","down","left","right"]},\
"scroll_amount":{"type":"integer"}},"required":["action"]}"""

_RUN_BY_THE_CLIENT = (
    ("bash_", "Run commands in a shell that keeps its state.", _BASH),
    ("text_editor_", "View, create and edit text files.", _EDITOR),
    ("memory_", "Keep notes in files below /memories.", _MEMORY),
    ("computer_", "Look at a computer's screen and use its mouse and keyboard.", _COMPUTER),
)


def is_built_in(kind: str) -> bool:
    """Whether a block's type is one that built-in tools make."""
    return kind in _BLOCKS or kind.endswith("_tool_result")


def stand_in(kind: str, name: str) -> Tool | None:
    """A plain tool in the place of a built-in one that the client runs; None where the provider runs it."""
    for prefix, description, schema in _RUN_BY_THE_CLIENT:
        if kind.startswith(prefix):
            return Tool(name, description, msgspec.Raw(schema.encode()))
    return None


_DATE = re.compile(r"_20\d{6}\Z")
_OTHER_NAMES = {
    "bash_code_execution": "code_execution",
    "text_editor_code_execution": "code_execution",
    "container_upload": "code_execution",
    "mcp_toolset": "mcp",
    "mcp_tool_use": "mcp",
    "mcp": "mcp",
}


def server_tool(kind: str) -> str:
    """The tool that a type is of: a tool's, with its date, or a result's; also a `server_tool_use`'s name.

    >>> server_tool("web_fetch_20250910"), server_tool("bash_code_execution_tool_result")
    ('web_fetch', 'code_execution')
    """
    name = _DATE.sub("", kind).removesuffix("_tool_result")
    return _OTHER_NAMES.get(name, name)


_WITH_RESULTS = {"web_search": "web_search", "web_fetch": "web_fetch", "advisor": "advisor"}
_FIRST_CODE = "code_execution_20250522"
"""The one whose blocks go by its own name; the later ones have a shell and an editor."""


def failed_call(kind: str) -> Callable[[str], tuple[OpaquePart, ...]] | None:
    """How an answer says that a tool which the provider runs, by its type, could not be used (its `unavailable`)."""
    name = _WITH_RESULTS.get(server_tool(kind))
    if name is None and server_tool(kind) == "code_execution":
        name = "code_execution" if kind == _FIRST_CODE else "bash_code_execution"
    if name is None:
        return None
    result = f"{name}_tool_result"

    def blocks(identifier: str) -> tuple[OpaquePart, ...]:
        use = {"type": "server_tool_use", "id": f"srvtoolu_{identifier}", "name": name, "input": {}}
        error = {"type": f"{result}_error", "error_code": "unavailable"}
        told = {"type": result, "tool_use_id": f"srvtoolu_{identifier}", "content": error}
        return tuple(OpaquePart(str(block["type"]), msgspec.Raw(_encode(block))) for block in (use, told))

    return blocks
