"""JSON that was cut off, closed where it broke off. It knows nothing of what the JSON holds."""

from __future__ import annotations

import re

import msgspec

from ..errors import UNREADABLE

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|"|[^\s"{}\[\],:]+', re.DOTALL)
_CUT_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*(?P<cut>\\(?:u[0-9a-fA-F]{0,3})?)\Z")
_CUT_SURROGATE = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\Z")
_CLOSES = {b"{": b"}", b"[": b"]"}
_ANY = msgspec.json.Decoder()
_ENDS = frozenset({b"}", b"]"})


def readable(data: bytes) -> bool:
    """Whether this is whole JSON."""
    try:
        _ANY.decode(data)
    except UNREADABLE:
        return False
    return True


def mended(data: bytes) -> bytes | None:
    """The JSON that a beginning of it can be read as: a text that was cut off ends there; None where none is in it.

    >>> mended(b'{"a": [1, {"b": "tex')
    b'{"a": [1, {"b": "tex"}]}'
    >>> mended(b'{"a": 1, "b": tr')
    b'{"a": 1}'
    """
    data = data.decode("utf-8", "ignore").encode()
    depth: list[bytes] = []
    safe, closing = 0, b""  # where the last whole value ended, and what was open there
    opened: tuple[int, bytes] | None = None  # where a text began that does not end
    for match in _TOKEN.finditer(data):
        token = match[0]
        if token in _CLOSES:
            depth.append(_CLOSES[token])
            safe, closing = match.end(), b"".join(reversed(depth))
        elif token in _ENDS:
            if not depth or depth.pop() != token:
                break
            safe, closing = match.end(), b"".join(reversed(depth))
            if not depth:
                break
        elif token == b",":
            safe, closing = match.start(), b"".join(reversed(depth))
        elif token == b'"':
            opened = (match.start(), b"".join(reversed(depth)))
            break
    still_open = b"".join(reversed(depth))
    return _first_readable(_closed_in_text(data, opened), data + still_open, data[:safe] + closing)


def _closed_in_text(data: bytes, opened: tuple[int, bytes] | None) -> bytes:
    """The JSON with its last text closed where it breaks off."""
    if opened is None:
        return b""
    start, closing = opened
    text = _CUT_SURROGATE.sub(b"", data[start:])
    cut = _CUT_ESCAPE.search(text)
    text = text[: cut.start("cut")] if cut else text
    return data[:start] + text + b'"' + closing


def _first_readable(*tried: bytes) -> bytes | None:
    return next((one for one in tried if one and readable(one)), None)
