"""Tools that OpenAI runs, as an answer tells that one of them has failed. Source: the OpenAI API reference."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ...ir.parts import OpaquePart
from ..shared.raw_members import object_in, text_of_member
from .wire import Json

_encode = msgspec.json.Encoder().encode
_WEB: tuple[str, str, Json] = ("web_search_call", "ws", {"action": {"type": "search", "query": ""}})
_CALLS: dict[str, tuple[str, str, Json]] = {
    "web_search": _WEB,
    "web_search_preview": _WEB,
    "file_search": ("file_search_call", "fs", {"queries": [], "results": None}),
    "code_interpreter": ("code_interpreter_call", "ci", {"code": None, "container_id": "", "outputs": None}),
    "image_generation": ("image_generation_call", "ig", {"result": None}),
    "mcp": ("mcp_call", "mcp", {"name": "", "arguments": "{}", "output": None, "error": None}),
}
"""By the tool's type, without a date: the item's type, how its id begins, and what it holds besides."""
HOSTED_CALLS = {kind: prefix for kind, prefix, _ in _CALLS.values()}
"""The types of such items, and how their ids begin."""


def failed_call(kind: str, raw: msgspec.Raw) -> Callable[[str], tuple[OpaquePart, ...]] | None:
    """How an answer says that this tool could not be used; None where its calls are the client's to carry out."""
    found = next((_CALLS[name] for name in (kind, kind[: kind.find("_20")]) if name in _CALLS), None)
    if found is None:
        return None
    item, _, members = found
    about: Json = {"type": item, "status": "failed", **members}
    if item == "mcp_call":
        about["server_label"] = text_of_member(object_in(raw), "server_label")
    part = OpaquePart(item, msgspec.Raw(_encode(about)))
    return lambda identifier: (part,)  # the writer gives items their ids
