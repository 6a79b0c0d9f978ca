"""Secrets whose name stands apart from them: name and value as two members, and the parts of a form.

Keys in base64 are here, too: what they say is looked through as any text is.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator

from .forms import Span, is_mixed
from .names import goes, holds_secret, strength

_NAME = re.compile(
    r"""(?i)(?:name|key|header|variable)\\*["']?\s*[:=]\s*\\*["']?(?P<name>[\w.-]{3,60})\\*["']?\s*[,;]?\s*\\*["']?\Z"""
)
_VALUE = re.compile(r"""(?i)value\\*["']?\s*[:=]\s*(?P<escape>\\*)["']?(?P<v>[^"'\\\s<>]{3,})""")
_FAR = 110
_PART = re.compile(
    r"""form-data;[^\r\n]{0,200}?\bname=\\*["']?(?P<name>[^"'\\;\r\n]{1,100})[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n(?P<v>[^\r\n]+)"""
)
_ENCODED = re.compile(r"(?<![\w+/=.-])[A-Za-z0-9+/]{24,6000}={0,2}(?![\w+/=-])")


def by_pair(text: str, lower: str) -> Iterator[Span]:
    """The values of a text whose name is told beside them."""
    place = lower.find("value")
    while place >= 0:
        name = _NAME.search(text, max(0, place - _FAR), place)
        value = _VALUE.match(text, place) if name is not None else None
        if name is not None and value is not None:
            sure = strength(name["name"])
            if goes(sure, value["v"]) and is_mixed(value["v"]) and not value["v"].startswith("/"):
                yield value.span("v")
        place = lower.find("value", place + 5)
    for part in _PART.finditer(text) if "form-data" in text else ():
        if holds_secret(part["name"]) and goes("strong", part["v"]):
            yield part.span("v")


def encoded(text: str, words: str, holds: Callable[[str], bool]) -> Iterator[Span]:
    """What is base64 of a text that holds a secret; `words` are the long ones of the text."""
    for found in _ENCODED.finditer(text) if _ENCODED.search(words) is not None else ():
        given = found[0].rstrip("=")
        if len(given) % 4 == 1:
            continue
        try:
            said = base64.b64decode(given + "=" * (-len(given) % 4), validate=True).decode("ascii")
        except ValueError:
            continue
        if holds(said):
            yield found.span()
