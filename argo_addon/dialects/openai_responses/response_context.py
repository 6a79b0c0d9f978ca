"""What a Responses answer says of the request that it answers."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ...ir.request import Request
from ..base import Fields, ResponseContext
from .tools import ClientTool, tools_of

_NULL = msgspec.Raw(b"null")
_ECHOED = ("instructions", "max_output_tokens", "metadata", "reasoning", "temperature", "text", "top_p", "truncation")
_TOOLS = msgspec.json.Decoder(list[msgspec.Raw] | None)


class ResponsesContext(ResponseContext, frozen=True):
    """`echo` is what of the request stands in the answer again; `called` what the client calls each tool."""

    echo: Mapping[str, object] = {}
    called: Mapping[str, ClientTool] = {}


def context_of(fields: Fields, request: Request, context: ResponseContext) -> ResponsesContext:
    """What the answer to a request depends on."""
    _, called = tools_of(fields)
    given = {name: fields[name] for name in _ECHOED if fields.get(name, _NULL) != _NULL}
    tools = _TOOLS.decode(fields.get("tools", _NULL)) or []
    choice = fields.get("tool_choice", _NULL)
    echo: dict[str, object] = {
        **given,
        "parallel_tool_calls": request.parallel_calls is not False,
        "tool_choice": "auto" if choice == _NULL else choice,
        "tools": tools,
    }
    return ResponsesContext(**msgspec.structs.asdict(context), echo=echo, called=called)
