"""What Python writes into JSON for numbers that are none, `NaN` and `Infinity`: no decoder takes them, nor do clients.

Servers in Python do so in members that nobody needs for an answer, such as the probability of a token.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|-?(?:NaN|Infinity)', re.DOTALL)


def without(json: bytes) -> bytes:
    """The same with `null` for each; what stands in texts stays."""
    return _TOKEN.sub(_null, json) if b"NaN" in json or b"Infinity" in json else json


def _null(token: re.Match[bytes]) -> bytes:
    return token[0] if token[0].startswith(b'"') else b"null"
