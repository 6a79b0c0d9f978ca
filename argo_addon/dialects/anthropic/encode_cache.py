"""Prompt-cache breakpoints for those whose dialect has no word for them (pitfalls 6.5).

Without one, the whole prompt is billed anew each turn. Four may be set: behind the tools, behind the system text, and
behind each of the user's last two turns.
"""

from __future__ import annotations

from collections.abc import Mapping

Json = dict[str, object]
_EPHEMERAL: Json = {"type": "ephemeral"}


def with_breakpoints(fields: Json) -> Json:
    """The body's members with breakpoints; as they are, where the client has set one itself."""
    messages = _items(fields, "messages")
    if _marked(fields, messages):
        return fields
    turns = [number for number, message in enumerate(messages) if message["role"] == "user"][-2:]
    return {
        **fields,
        "tools": _last_marked(_items(fields, "tools")) or None,
        "system": _last_marked(_items(fields, "system")) or None,
        "messages": [
            {**message, "content": _last_marked(_items(message, "content"))} if number in turns else message
            for number, message in enumerate(messages)
        ],
    }


def _items(members: Json, name: str) -> list[Json]:
    value = members.get(name)
    return [dict(item) for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _marked(fields: Json, messages: list[Json]) -> bool:
    items = [*_items(fields, "tools"), *_items(fields, "system")]
    for message in messages:
        items += _items(message, "content")
    return any("cache_control" in item for item in items)


def _last_marked(items: list[Json]) -> list[Json]:
    return [*items[:-1], {**items[-1], "cache_control": _EPHEMERAL}] if items else items
