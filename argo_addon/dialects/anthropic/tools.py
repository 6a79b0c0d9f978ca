"""The tools that Anthropic brings along: what their blocks are called, and those which the client runs, as plain tools.

Source: the Messages API reference ("Tool use", server tools and Anthropic-defined client tools).
"""

from __future__ import annotations

import msgspec

from ...ir.request import Tool

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
