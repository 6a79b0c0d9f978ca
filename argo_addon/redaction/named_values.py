"""Secrets that are told by the name before them: `NAME_KEY=value`, `password: value`, queries, flags, tables, tags.

What a variable's name or a type follows is code, and stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .forms import Span, is_mixed, is_random, trimmed
from .names import (
    ABROAD,
    GONE,
    PLAIN,
    SCHEME,
    Strength,
    goes,
    has_both,
    is_placeholder,
    is_secret_in_query,
    is_variable,
    strength,
)

_WORDS = (
    *("key", "token", "secret", "password", "passwd", "passphrase", "pwd", "pass", "auth", "authorization"),
    *("credential", "cookie", "string", "sig", "signature", "key-data"),
    *ABROAD,
)
"""How the names end."""
_BEHIND = re.compile(
    r"""(?P<plural>s?)(?P<close>\\*["'`])?\]?(?:
    (?P<typed>\s{0,4}:\s{0,4}(?:&(?:'\w+\s)?)?[\w.]{1,30}(?:\[[\w.,\ |\[\]]{1,30}\])?(?:\s?\|\s?\w+)?
        \s{0,4}=(?!=)\s{0,4})(?=[fbruFBRU]{0,2}\\*["'`])
    |(?P<sep>\s{0,8}(?:=>|:=|:|\uff1a|=(?!=))\s{0,20})
    |(?P<says>\s{1,4}(?:is|was|ist|lautet|est)\s*:?\s{1,4})
    |(?P<comma>\s{0,4},\s{0,20})
    |(?P<tag>>)
    |(?P<cell>[ \t]*\|[ \t]*)
    |(?P<encoded>%(?:25)?3[dD])
    |(?P<space>[ \t]{1,8}))(?=\S)""",
    re.VERBOSE,
)
"""What stands between a name and its value: an assignment, also one with a type, or what else joins the two."""
_SETS = re.compile(r"(?:\A|[\s;&(])(?:setenv|ENV|ARG|set(?:[ \t]+--?\w+)*)[ \t]+\Z")
_ABOUT = re.compile(
    r"(?:options?|flags?|arguments?|parameters?|switch(?:es)?|and|or|is|to|for|in|on|from|file|with|below|above)\Z"
)
"""What follows a flag that is only spoken of."""
_TERM = re.compile(r"(?i)base64|sha-?\d|md5|utf-?8|bcrypt|x509|oauth|https?|argon|aes|rsa|ed25519|pkcs|p12|sso|2fa")
_LEAD = re.compile(r"(?i)(?:(?:api|access|secret|private|account)[ ])?[\w$-]*\Z")
_QUOTE = re.compile(r"[fbruFBRU]{0,2}(?P<escape>\\*)(?P<quote>[\"'`])")
_WIDE = re.compile(r"[^\s\"'`\\]+")
_NARROW = re.compile(r"[^\s\"'`\\,;|&(){}\[\]<>]+")
_QUERY = re.compile(r"[^&\s\"'`#<>\\]+")
_ENCODED = re.compile(r"[\w.~-]+")
_KEY = re.compile(r"[\w./+~:-]+={0,2}\Z")
_TAGGED = re.compile(r"[^<>\s]{3,}(?=<\\?/)")
_DOTTED = re.compile(r"[A-Za-z_]+\d?(?:\.[A-Za-z_]+\d?)+\Z")
_TYPE = re.compile(r"[A-Z][a-z]+(?:[A-Z][a-z]+)*\Z")
_LINE_ENDS = re.compile(r"[ \t.,;]*(?:#.*)?(?:[\r\n]|\\+[nr]|\Z)")
_LONGEST = 8192


def lowered(text: str) -> str:
    """The text in small letters, each in its place."""
    return text.translate(_LOWER) if "\u0130" in text else text.lower()  # the one letter that becomes two


def by_name(text: str, lower: str) -> Iterator[Span]:
    """The values of a text that stand behind a name which says that they are secret; `lower` is it in small letters."""
    for word in _WORDS:
        place = lower.find(word)
        while place >= 0:
            end = place + len(word)
            if (found := _BEHIND.match(text, end)) is not None:
                lead = _LEAD.search(text, max(0, place - 48), place)
                start = place if lead is None else lead.start()
                name, before = text[start : found.end("plural")], text[max(0, start - 1) : start]
                if found["sep"] is not None and text.startswith("[", found.end()):
                    yield from _in_list(text, found.end(), strength(name) or strength(name.rstrip("sS")))
                elif (span := _value_of(text, found, name, before)) is not None and span[0] < span[1]:
                    yield span
            place = lower.find(word, end)


_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def _value_of(text: str, found: re.Match[str], name: str, before: str) -> Span | None:
    place = found.end()
    if text.startswith(GONE, place):
        return None
    if before and before in "?&" and found["sep"] == "=":
        return _in_query(text, place, name)
    sure = strength(name)
    if not sure and found["encoded"] is None:
        return None
    if found["sep"] is None and found["typed"] is None and not (name.startswith("--") and found["space"] is not None):
        return _otherwise(text, found, name, before, sure)
    quoted = _QUOTE.match(text, place)
    if quoted is not None:
        start, end = _in_quotes(text, quoted)
        return (start, end) if goes(sure, text[start:end]) and not _same(name, text[start:end]) else None
    return _bare(text, found, name, sure)


def _same(name: str, value: str) -> bool:
    return PLAIN.sub("", value.lower()) == PLAIN.sub("", name.lower())


def _otherwise(text: str, found: re.Match[str], name: str, before: str, sure: Strength) -> Span | None:
    """A value that stands behind its name as in prose, in tables, in XML, in a list of arguments, or in a URL's URL."""
    place = found.end()
    if found["encoded"] is not None:
        value = _ENCODED.match(text, place)
        return None if value is None or not is_secret_in_query(name) or not _is_told(value[0]) else value.span()
    if found["tag"] is not None:
        value = _TAGGED.match(text, place) if before and before in "<:" else None
        return None if value is None or not goes(sure, value[0]) else value.span()
    if (quoted := _QUOTE.match(text, place)) is not None:
        return _quoted_aside(text, found, name, sure, _in_quotes(text, quoted))
    if found["space"] is not None:
        begins = found.end("plural") - len(name)
        sets = _SETS.search(text, max(0, begins - 40), begins) if is_variable(name) else None
        return None if sets is None else _bare(text, found, name, sure)
    narrow = _NARROW.match(text, place) if found["comma"] is None else None
    if narrow is None:
        return None
    start, end = trimmed(text, *narrow.span())
    told = text[start:end]
    if not _is_told(told) or is_placeholder(told) or _TERM.search(told) is not None:
        return None
    return (start, end) if sure == "strong" or is_random(told) else None


def _quoted_aside(text: str, found: re.Match[str], name: str, sure: Strength, span: Span) -> Span | None:
    """What stands in quotes beside a name: a key by its look, or what a flag is given in a list."""
    value = text[slice(*span)]
    if found["comma"] is not None and found["close"] is None:
        return None
    if found["comma"] is not None and name.startswith("--") and not value.startswith("-"):
        return span if goes(sure, value) else None
    return span if _KEY.match(value) and is_random(value) and _TERM.search(value) is None else None


def _is_told(value: str) -> bool:
    """Whether it is no word: letters and digits mixed."""
    return len(value) >= 6 and has_both(value) and is_mixed(value)


def _in_list(text: str, place: int, sure: Strength) -> Iterator[Span]:
    """The keys in a list of texts."""
    end = text.find("]", place, place + _LONGEST)
    if not sure or end < 0:
        return
    while place < end and (quoted := _QUOTE.search(text, place, end)) is not None:
        span = _in_quotes(text, quoted)
        if is_random(text[slice(*span)]) and goes(sure, text[slice(*span)]):
            yield span
        place = span[1] + len(quoted["escape"]) + 1


def _in_query(text: str, place: int, name: str) -> Span | None:
    value = _QUERY.match(text, place)
    if value is None or not is_secret_in_query(name) or is_placeholder(value[0]):
        return None
    return trimmed(text, *value.span())


def _in_quotes(text: str, quoted: re.Match[str]) -> Span:
    """What stands between quotes, escaped as the first one is; without an end, the rest of the line."""
    start, escape, quote = quoted.end(), quoted["escape"], quoted["quote"]
    inside = rf"(?:[^{quote}\\]|\\.)*?(?={quote})" if not escape else rf".*?(?<!\\)(?={re.escape(escape + quote)})"
    whole = re.compile(inside, re.DOTALL).match(text, start, start + _LONGEST)
    if whole is not None:
        return whole.span()
    rest = re.compile(r"[^\n]*").match(text, start, start + _LONGEST)
    return rest.span() if rest is not None else (start, start)


def _bare(text: str, found: re.Match[str], name: str, sure: Strength) -> Span | None:
    """A value without quotes: a key by its look, or what ends the line; code stays."""
    place = found.end()
    if PLAIN.sub("", name.lower()).endswith("authorization") and (scheme := SCHEME.match(text, place)) is not None:
        return _behind_scheme(text, scheme)
    narrow = _NARROW.match(text, place)
    if narrow is None:
        return None
    start, end = trimmed(text, *narrow.span())
    value, follows = text[start:end], text[narrow.end() : narrow.end() + 1]
    if value.startswith(":") or "\n" in (found["sep"] or "") or (found["space"] and _ABOUT.match(value) is not None):
        return None
    is_code = (follows and follows in "([{") or _DOTTED.match(value) is not None
    if is_code or is_placeholder(value):
        return None
    if _same(name, value):
        return None
    is_word = _TYPE.match(value) is not None or len(value) < 5
    if is_variable(name) and not (found["sep"] or " ").startswith(" ") and not (is_word and ":" in found["sep"]):
        wide = _WIDE.match(text, place)
        return trimmed(text, *wide.span()) if wide is not None else None
    if sure == "token":
        return (start, end) if len(value) >= 8 and has_both(value) and is_mixed(value) else None
    if sure == "weak":
        return (start, end) if is_random(value) else None
    if has_both(value) or re.search(r"[!@$%^*~+]", value) is not None or found["space"]:
        return start, end
    tight = found["sep"] == "=" or (found["sep"] or "").startswith(":")
    return (start, end) if tight and not is_word and _LINE_ENDS.match(text, narrow.end()) is not None else None


def _behind_scheme(text: str, scheme: re.Match[str]) -> Span | None:
    """What follows `Authorization: Bearer`: a token, or all the line where it is made of several."""
    several = scheme[1].lower() in ("digest", "aws4-hmac-sha256")
    value = re.compile(r"[^\n\r\"'`\\]+" if several else r"[^\s\"'`\\,;]+").match(text, scheme.end())
    if value is None or is_placeholder(value[0]):
        return None
    return trimmed(text, *value.span())
