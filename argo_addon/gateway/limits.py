"""How much one request may hold: messages, tools, levels. Sans-IO; the limits are the settings'.

What is surely within a limit is not looked through: the check of an ordinary request costs nothing to speak of.
"""

from __future__ import annotations

import msgspec

from ..dialects.base import Fields
from ..errors import UNREADABLE, ClientError
from ..pieces import pause
from ..settings.model import Settings
from .parsing import ParsedCall

_SMALLEST = 3  # bytes of an object in a list
_STRUCTURE = bytes(set(range(256)) - set(b"[]{}"))
_LIST = msgspec.json.Decoder(list[msgspec.Raw])


class _Tool(msgspec.Struct, rename="camel"):
    """A tool, or several together: a namespace of Responses, a list of Google's."""

    tools: list[msgspec.Raw] | None = None
    function_declarations: list[msgspec.Raw] | None = None


_TOOLS = msgspec.json.Decoder(list[_Tool])


def check_depth(body: bytes, settings: Settings) -> None:
    """Raises ClientError for a body that is nested deeper than `max_depth`, if there is such a limit."""
    pause()
    limit = settings.max_depth
    if limit and body.count(b"[") + body.count(b"{") > limit and _depth(body) > limit:
        message = f"The request body is nested more than {limit} levels deep, the most that is taken here (max_depth)."
        raise ClientError(400, message)


def _depth(body: bytes) -> int:
    """How deep the brackets outside of texts are nested; the body need not be valid."""
    outside = body.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')[::2]
    depth = deepest = 0
    for bracket in b"".join(outside).translate(None, _STRUCTURE):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def check_counts(parsed: ParsedCall, settings: Settings) -> None:
    """Raises ClientError for a call of more messages or tools than the settings allow."""
    pause()
    if parsed.messages is not None:
        _check("messages", len(parsed.messages), settings.max_messages, "max_messages")
        fields = parsed.members
    else:
        least, body = min(settings.max_messages, settings.max_tools), parsed.request.body
        if len(body) <= _SMALLEST * least or not _has_more(body, least):
            return
        pause()
        fields = parsed.fields
    for name in ("messages", "input", "contents"):
        if _may_have_more(fields, name, settings.max_messages):
            _check(name, _length(fields[name]), settings.max_messages, "max_messages")
    if _may_have_more(fields, "tools", settings.max_tools):
        _check("tools", _count_tools(fields["tools"]), settings.max_tools, "max_tools")


def _may_have_more(fields: Fields, name: str, limit: int) -> bool:
    raw = fields.get(name, b"")
    return len(raw) > _SMALLEST * limit and _has_more(bytes(raw), limit)


def _has_more(written: bytes, limit: int) -> bool:
    """Whether there are more than so many braces. To leave them out takes a third of what it takes to count them."""
    return len(written) - len(written.replace(b"{", b"", limit + 1)) > limit


def _length(raw: bytes) -> int:
    try:
        return len(_LIST.decode(raw))
    except UNREADABLE:
        return 0  # a text, or for its dialect to refuse


def _count_tools(raw: bytes) -> int:
    try:
        tools = _TOOLS.decode(raw)
    except UNREADABLE:
        return _length(raw)
    return sum(max(1, len(tool.tools or ()), len(tool.function_declarations or ())) for tool in tools)


def _check(name: str, count: int, limit: int, setting: str) -> None:
    if count > limit:
        message = f"{name}: there are {count} of them, and {limit} are the most that is taken here ({setting})."
        raise ClientError(400, message, param=name)
