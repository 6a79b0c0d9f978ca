"""Secrets that are told by the name before them: `NAME_KEY=value`, `password: value`, members, queries, flags.

Names are sorted by how sure they are. What a variable's name or a type follows is code, and stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal
from urllib.parse import unquote

from .forms import Span, is_mixed, is_random, trimmed

GONE = "[removed]"
Strength = Literal["strong", "token", "weak", ""]

_HEADERS = re.compile(r"key|token|auth|secret|cookie|credential|password|signature", re.IGNORECASE)
"""What is in a header's name, or a query's, whose value is a credential whatever it is."""
_HARMLESS = re.compile(r"ratelimit", re.IGNORECASE)
_STRONG = re.compile(
    r"(?:passw(?:or)?d|passphrase|secret|authorization|cookie|connectionstring"
    r"|(?:api|access|private|secret|auth|signing|encryption|decryption|master|account|shared|subscription|license|service|ssh)keys?"
    r"|(?:access|refresh|auth|bearer|session|security|api|bot|user|id|csrf|xsrf|private|personal|deploy|identity)tokens?)\Z"
)
_PLAIN = re.compile(r"[^a-z0-9]+")
_COMPONENT = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_WEAK = frozenset({"key", "auth", "pwd", "pass", "credential", "credentials"})
_VARIABLE = re.compile(
    r"(?!(?:OLD)?PWD\Z)[A-Z][A-Z0-9_]*(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASS|PWD|AUTH|CREDENTIALS?)\Z"
)
_NO_VARIABLE = re.compile(r"(?:PRIMARY|FOREIGN|PUBLIC|PARTITION|SORT|CACHE|UNIQUE|INDEX|GROUP|ROW|MON|HOT|H)_?KEY\Z")


def holds_secret(header: str) -> bool:
    """Whether a header of this name holds a credential."""
    return _HEADERS.search(header) is not None and _HARMLESS.search(header) is None


def is_secret_in_query(name: str) -> bool:
    """Whether a query's member of this name holds a credential."""
    plain = unquote(name)
    return holds_secret(plain) or plain.lower() in ("sig", "pass", "pwd")


def strength(name: str) -> Strength:
    """How sure a member or a variable of this name holds a credential: nothing where it does not."""
    plain = _PLAIN.sub("", name.lower())
    if _STRONG.search(plain) is not None or is_variable(name):
        return "strong"
    parts = _COMPONENT.findall(name[-40:])
    last = parts[-1].lower() if parts else ""
    return "token" if last == "token" else "weak" if last in _WEAK else ""


def is_variable(name: str) -> bool:
    """Whether it is an environment variable's name that says that it holds a credential."""
    return _VARIABLE.match(name) is not None and _NO_VARIABLE.search(name) is None


_SCHEME = re.compile(r"(?i)(bearer|basic|token|apikey|api-key|key|digest|negotiate|aws4-hmac-sha256)[ \t]+(?=\S)")
_FILLER = re.compile(
    r"(?:your|my|the|an?|some|this|here|goes|is|put|enter|insert|add|set|api|keys?|tokens?|passwords?|secrets?|access|auth"
    r"|values?|string|example|sample|test|placeholder|changeme|change|me|dummy|fake|redacted|removed|hidden|none|null|nil"
    r"|nothing|undefined|true|false|yes|no|on|off|str|int|bool|boolean|number|any|object|bytes|text|unknown|required"
    r"|optional|include|omit|same|origin|default|empty|missing|invalid|wrong|expired|valid|secretstr|self|user|username"
    r"|bearer|basic|x+|foo|bar)\Z"
)
"""Words that are written where a secret would be, or about one."""
_TEMPLATE = re.compile(
    r"\$\{?[A-Z_][A-Z0-9_]*\}?\Z|\$\{|\$\(|\$\w*(?:key|token|secret|pass)\w*\Z|%\w+%|%[(s]|<|\{|\*\*|\[removed|\.\.\.|…|@"
)
_NAME_OF_ONE = re.compile(r"[A-Z][A-Z0-9_]*_(?:KEY|TOKEN|SECRET|PASSWORD|PASS|PWD)\Z")


def is_placeholder(value: str) -> bool:
    """Whether somebody wrote this in a secret's place: a template's name, stars, or words about it."""
    value = value.strip().rstrip(".,;:!?")
    if len(value.strip("*xX.-_•")) < 3 or _TEMPLATE.match(value) is not None or _NAME_OF_ONE.match(value) is not None:
        return True
    if value.endswith(("...", "…")):
        return len(value) < 16
    words = re.findall(r"[a-z]+|\d+", value.lower())
    return all(_FILLER.match(word) is not None for word in words)


def goes(sure: Strength, value: str) -> bool:
    """Whether what stands in quotes behind a name of such a strength is a secret."""
    scheme = _SCHEME.match(value)
    value = value[scheme.end() :] if scheme is not None else value
    if not sure or is_placeholder(value):
        return False
    if sure == "strong":
        words = value.lower().split()
        return len(words) < 3 or not any(_FILLER.match(word.strip(".,:;!?")) for word in words)
    return (is_random(value) if sure == "weak" else len(value) >= 8 and " " not in value and _has_both(value)) and (
        "://" not in value
    )


def _has_both(value: str) -> bool:
    return re.search(r"[A-Za-z]", value) is not None and re.search(r"\d", value) is not None


# In texts

_WORDS = (
    *("key", "token", "secret", "password", "passwd", "passphrase", "pwd", "pass", "auth", "authorization"),
    *("credential", "cookie", "string", "sig", "signature"),
)
"""How the names end."""
_BEHIND = re.compile(
    r"""(?P<plural>s?)(?P<close>\\*["'`])?\]?"""
    r"""(?:(?P<sep>\s{0,8}(?:=>|:=|:|=(?!=))\s{0,20})|(?P<space>[ \t]{1,8}))(?=\S)"""
)
_LEAD = re.compile(r"(?i)(?:(?:api|access|secret|private|account)[ ])?[\w$-]*\Z")
_QUOTE = re.compile(r"[fbruFBRU]{0,2}(?P<escape>\\*)(?P<quote>[\"'`])")
_WIDE = re.compile(r"[^\s\"'`\\]+")
_NARROW = re.compile(r"[^\s\"'`\\,;|&(){}\[\]<>]+")
_QUERY = re.compile(r"[^&\s\"'`#<>\\]+")
_DOTTED = re.compile(r"[A-Za-z_]+\d?(?:\.[A-Za-z_]+\d?)+\Z")
_TYPE = re.compile(r"[A-Z][a-z]+(?:[A-Z][a-z]+)*\Z")
_LINE_ENDS = re.compile(r"[ \t.,;]*(?:#.*)?(?:[\r\n]|\\+[nr]|\Z)")
_LONGEST = 8192


def by_name(text: str) -> Iterator[Span]:
    """The values of a text that stand behind a name which says that they are secret."""
    lower = text.translate(_LOWER)
    for word in _WORDS:
        place = lower.find(word)
        while place >= 0:
            end = place + len(word)
            if (found := _BEHIND.match(text, end)) is not None:
                lead = _LEAD.search(text, max(0, place - 48), place)
                start = place if lead is None else lead.start()
                name, before = text[start : found.end("plural")], text[max(0, start - 1) : start]
                if (span := _value_of(text, found, name, before)) is not None and span[0] < span[1]:
                    yield span
            place = lower.find(word, end)


_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def _value_of(text: str, found: re.Match[str], name: str, before: str) -> Span | None:
    place = found.end()
    if text.startswith(GONE, place):
        return None
    if before and before in "?&" and found["sep"] == "=":
        return _in_query(text, place, name)
    if found["sep"] is None and not (name.startswith("--") and found["close"] is None):
        return None
    sure = strength(name)
    if not sure:
        return None
    quoted = _QUOTE.match(text, place)
    if quoted is not None:
        start, end = _in_quotes(text, quoted)
        return (start, end) if goes(sure, text[start:end]) else None
    return _bare(text, found, name, sure)


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
    if _PLAIN.sub("", name.lower()).endswith("authorization") and (scheme := _SCHEME.match(text, place)) is not None:
        return _behind_scheme(text, scheme)
    narrow = _NARROW.match(text, place)
    if narrow is None:
        return None
    start, end = trimmed(text, *narrow.span())
    value, follows = text[start:end], text[narrow.end() : narrow.end() + 1]
    is_code = (follows and follows in "([{") or _DOTTED.match(value) is not None
    if is_code or is_placeholder(value):
        return None
    if _PLAIN.sub("", value.lower()) == _PLAIN.sub("", name.lower()):
        return None
    is_word = _TYPE.match(value) is not None or len(value) < 5
    if is_variable(name) and not (found["sep"] or " ").startswith(" ") and not (is_word and ":" in found["sep"]):
        wide = _WIDE.match(text, place)
        return trimmed(text, *wide.span()) if wide is not None else None
    if sure == "token":
        return (start, end) if len(value) >= 8 and _has_both(value) and is_mixed(value) else None
    if sure == "weak":
        return (start, end) if is_random(value) else None
    if _has_both(value) or re.search(r"[!@$%^*~+]", value) is not None or found["space"]:
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
