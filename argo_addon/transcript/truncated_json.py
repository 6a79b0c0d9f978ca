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
    open_ones: list[bytes] = []  # what closes each list and object that is open
    safe = 0  # where the last whole value ended; since then nothing was opened or closed
    text_at: int | None = None  # where a text began that does not end
    for match in _TOKEN.finditer(data):
        token = match[0]
        if token in _CLOSES:
            open_ones.append(_CLOSES[token])
            safe = match.end()
        elif token in _ENDS:
            if not open_ones or open_ones[-1] != token:
                break
            open_ones.pop()
            safe = match.end()
            if not open_ones:
                break
        elif token == b",":
            safe = match.start()
        elif token == b'"':
            text_at = match.start()
            break
    closing = b"".join(reversed(open_ones))
    in_text = b"" if text_at is None else _closed(data[:text_at], data[text_at:]) + closing
    return _first_readable(in_text, data + closing, data[:safe] + closing)


def _closed(before: bytes, text: bytes) -> bytes:
    """A text closed where it breaks off, without the half of an escape that may stand there."""
    text = _CUT_SURROGATE.sub(b"", text)
    cut = _CUT_ESCAPE.search(text)
    return before + (text[: cut.start("cut")] if cut else text) + b'"'


def _first_readable(*tried: bytes) -> bytes | None:
    return next((one for one in tried if one and readable(one)), None)
