"""Token counts: four characters make a token, and what came before comes out of the cache. Knows no wire format."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

import msgspec

from argo_addon.simulator.jsons import Json, JsonObject, compact

_MEDIA = 1200
"""Tokens of an image or a file, whatever its size."""
_KEPT = 10_000


class Usage(msgspec.Struct, frozen=True):
    """Tokens of a call."""

    fresh: int
    """Input that was neither read from nor written to the cache."""
    written: int
    read: int
    output: int = 0
    thinking: int = 0
    """Part of the output."""

    @property
    def prompt(self) -> int:
        return self.fresh + self.written + self.read


def tokens(text: str) -> int:
    """Tokens of a text."""
    return -(-len(text) // 4)


def tokens_of(body: Json) -> int:
    """Tokens of the parts of a request that a model reads."""
    read = (
        {key: body[key] for key in ("system", "tools", "messages", "prompt", "input") if key in body}
        if isinstance(body, dict)
        else {}
    )
    return sum(_count(value) for value in read.values())


def _count(value: Json) -> int:
    if isinstance(value, dict):
        return sum(_MEDIA if _is_media(key, item) else tokens(key) + _count(item) for key, item in value.items())
    if isinstance(value, list):
        return sum(_count(item) for item in value)
    return tokens(value) if isinstance(value, str) else 1


def _is_media(key: str, value: Json) -> bool:
    return isinstance(value, str) and (value.startswith("data:") or (key in ("data", "file_data") and len(value) > 4))


class Cache:
    """Remembers which prefixes were seen; the oldest are forgotten."""

    def __init__(self) -> None:
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def usage(self, body: JsonObject) -> Usage:
        """The input of a request. Its prefix is the model, the system text and the tools."""
        total = max(1, tokens_of(body))
        messages = body.get("messages")
        system = [
            message
            for message in (messages if isinstance(messages, list) else [])
            if isinstance(message, dict) and message.get("role") == "system"
        ]
        prefix: JsonObject = {
            "system": body.get("system") or [],
            "tools": body.get("tools") or [],
            "messages": [*system],
        }
        size = sum(_count(part) for part in prefix.values())
        if not size:
            return Usage(total, 0, 0)
        key = hashlib.sha256(compact([body.get("model"), prefix]).encode("utf-8", "surrogatepass")).digest()
        known = key in self._seen
        self._seen[key] = None
        if len(self._seen) > _KEPT:
            self._seen.popitem(last=False)
        size = min(size, total - 1)
        return Usage(total - size, 0 if known else size, size if known else 0)
