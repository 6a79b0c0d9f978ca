"""Prompt-cache breakpoints for those whose dialect has no word for them (pitfalls 6.5).

Without one, the whole prompt is billed anew each turn. Four may be set: behind the tools, behind the system text, and
behind each of the user's last two turns.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

Json = dict[str, object]
_EPHEMERAL: Json = {"type": "ephemeral"}


def with_breakpoints(fields: Json) -> Json:
    """The body's members with breakpoints; as they are, where the client has set one itself."""
    messages = fields["messages"]
    assert isinstance(messages, list)
    if _marked(fields) or any("cache_control" in block for message in messages for block in message["content"]):
        return fields
    marked = list(messages)
    turns = (number for number in range(len(marked) - 1, -1, -1) if marked[number]["role"] == "user")
    for number in islice(turns, 2):
        marked[number] = {**marked[number], "content": _last_marked(marked[number]["content"])}
    return {
        **fields,
        "tools": _last_marked(_items(fields, "tools")) or None,
        "system": _last_marked(_items(fields, "system")) or None,
        "messages": marked,
    }


def _items(members: Json, name: str) -> list[Json]:
    value = members.get(name)
    return [dict(item) for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _marked(fields: Json) -> bool:
    return any("cache_control" in item for item in (*_items(fields, "tools"), *_items(fields, "system")))


def _last_marked(items: list[Json]) -> list[Json]:
    return [*items[:-1], {**items[-1], "cache_control": _EPHEMERAL}] if items else items
