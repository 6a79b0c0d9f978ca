"""Secrets whose name stands apart from them: name and value as two members, and the parts of a form.

Keys in base64 are here, too: what they say is looked through as any text is.
"""

from __future__ import annotations

import base64
import codecs
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
_ENCODED = re.compile(
    r"(?<![\w+/=.-])(?:(?P<lines>(?:[A-Za-z0-9+/]{60,80}\r?\n)+[A-Za-z0-9+/]+={0,2})|[A-Za-z0-9+/_-]{24,}={0,2})(?![\w+/=-])"
)
_LINE = re.compile(r"[^\r\n]+")
_WORD = re.compile(r"[A-Za-z0-9+/_-]{24}")
_BEGIN = 64
"""Characters of base64 that tell whether it is text."""
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_IN_URL = re.compile(r"[^\s\"'`<>\\&]+")
_PLACES = re.compile(r"%[0-9A-Fa-f]{2}|.", re.DOTALL)


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
    """What is base64 of a text that holds a secret, also over several lines; `words` are the long ones of the text."""
    if _WORD.search(words) is None:
        return
    for found in _ENCODED.finditer(text):
        for start, end in _spans_in(text, found):
            if holds(_decoded(text[start:end])):
                yield start, end


def _spans_in(text: str, found: re.Match[str]) -> Iterator[Span]:
    """What of a match is to be read as one: all its lines, those without the last, or each for itself."""
    start, end = found.span()
    if found["lines"] is not None:
        ends = (end, text.rindex("\n", start, end))  # the last may be a word of what follows
        whole = next((one for one in ends if _decoded(text[start:one])), None)
        if whole is None:
            yield from ((start + line.start(), start + line.end()) for line in _LINE.finditer(found[0]))
            return
        end = whole
    yield start, end


def says_text(given: str) -> bool:
    """Whether what is written in base64 begins as a text does, and is no picture."""
    try:
        begin = _plain(given[:_BEGIN])
        data = base64.b64decode(begin[: len(begin) // 4 * 4])
        codecs.getincrementaldecoder("utf-8")().decode(data)
        return True
    except ValueError:
        return False


def _decoded(given: str) -> str:
    """The text that is written in base64, in either of its alphabets; nothing where it is none."""
    plain = _plain(given)
    if len(plain) % 4 == 1 or not says_text(plain):
        return ""
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True).decode()
    except ValueError:
        return ""


def _plain(given: str) -> str:
    return "".join(given.split()).rstrip("=").replace("-", "+").replace("_", "/")


def in_urls(text: str) -> Iterator[tuple[int, str, str]]:
    """The words of a text in which something is escaped as in URLs: where they are, they, and what they say.

    Each escape is a letter, so that `places_in` tells where it stands. A plus may be a blank, or stand for itself.
    """
    if "+" not in text and ("%" not in text or _ESCAPE.search(text) is None):
        return
    for word in _IN_URL.finditer(text):
        written = word[0]
        if "%" in written and (said := _ESCAPE.sub(_letter, written)) != written:
            yield word.start(), written, said
        if "+" in written and ("=" in written or "%" in written):
            yield word.start(), written, _ESCAPE.sub(_letter, written.replace("+", " "))


def _letter(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16))


def places_in(word: str) -> list[int]:
    """Where each letter of what an escaped word says begins in it, and its end."""
    return [*(one.start() for one in _PLACES.finditer(word)), len(word)]
