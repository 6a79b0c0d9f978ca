"""Sizes, JSON and arguments in a form for reading: nothing long that nobody reads. It knows no dialect."""

from __future__ import annotations

import re

import msgspec

from ..errors import UNREADABLE

_LONGEST = 2000
"""Characters of a text within JSON that are shown."""
_ENCODED = re.compile(r"(?:data:[\w.+-]+/[\w.+-]+;base64,)?[A-Za-z0-9+/_=-]{200,}\Z")
_DEEPEST = 60
_ANY = msgspec.json.Decoder()
_encode = msgspec.json.Encoder().encode


def size(count: int) -> str:
    """Bytes in words.

    >>> size(12), size(12_345)
    ('12 bytes', '12.3 kB')
    """
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1000:.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


def bytes_in(base64: str) -> str:
    """The size of what base64 holds."""
    return size(len(base64.rstrip("=")) * 3 // 4)


def text(data: bytes) -> str:
    """Bytes as text, whatever they are."""
    return data.decode("utf-8", "replace")


def brief(raw: bytes) -> str:
    """JSON over several lines, with what is long or encoded in it cut short; as it stands if it is no JSON."""
    try:
        return msgspec.json.format(_encode(_shortened(_ANY.decode(raw))), indent=2).decode()
    except (*UNREADABLE, ValueError, TypeError):
        return shortened(text(raw))


def one_line(raw: bytes) -> str:
    """The same on one line."""
    try:
        return _encode(_shortened(_ANY.decode(raw))).decode()
    except (*UNREADABLE, ValueError, TypeError):
        return shortened(text(raw))


def shortened(value: str) -> str:
    """A text's beginning; what is encoded, by its size alone."""
    if len(value) >= 200 and _ENCODED.match(value):
        return f"({bytes_in(value.rpartition(',')[2])}, encoded)"
    if len(value) > _LONGEST:
        return f"{value[:_LONGEST]}… ({len(value) - _LONGEST} more characters)"
    return value


def _shortened(value: object, depth: int = 0) -> object:
    if depth > _DEEPEST:
        return "(nested deeper)"
    if isinstance(value, str):
        return shortened(value)
    if isinstance(value, list):
        return [_shortened(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {name: _shortened(item, depth + 1) for name, item in value.items()}
    return value


def arguments(written: str) -> list[str]:
    """A call's arguments: a line for each, those of several lines indented below their name.

    >>> arguments('{"path": "a.py", "text": "x\\\\ny", "all": true}')
    ['path: "a.py"', 'text:', '    x', '    y', 'all: true']
    """
    try:
        given = _ANY.decode(written)
    except UNREADABLE:
        return [*written.splitlines(), "(not whole: no JSON)"] if written.strip() else ["(none)"]
    if not isinstance(given, dict):
        return [one_line(written.encode())]
    lines: list[str] = []
    for name, value in given.items():
        if isinstance(value, str) and "\n" in value:
            lines += [f"{name}:", *(f"    {line}" for line in value.splitlines())]
        else:
            lines.append(f"{name}: {_encode(_shortened(value)).decode()}")
    return lines or ["(none)"]
