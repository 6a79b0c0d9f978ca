"""The key that a client gives, in whichever way its API has it (pitfalls 8.14)."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

HEADERS = ("x-api-key", "api-key", "x-goog-api-key")


def keys_in(headers: Mapping[str, str], target: str) -> list[str]:
    """All keys that a request gives, none empty. `headers` has lower-case names."""
    bearer = headers.get("authorization", "")
    given = [bearer[7:]] if bearer[:7].lower() == "bearer " else []
    given += [headers[name] for name in HEADERS if name in headers]
    _, mark, query = target.partition("?")
    if mark and "key=" in query:
        given += [value for name, value in parse_qsl(query) if name == "key"]
    return [key for key in map(str.strip, given) if key]


def is_username(key: str) -> bool:
    """Whether a key can be an ANL username (argo.md)."""
    return key.isascii() and key.isprintable() and " " not in key and key.lower() not in ("", "cels")
