"""What a secret looks like: the one table, for headers, URLs, bodies, logs and exports alike.

A text is taken as it is: json_walk.py opens what is JSON. Code and prose are to stay readable, so that a form which a
word may have asks for digits and letters mixed, too.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

Span = tuple[int, int]
"""Where in a text a secret stands: its first character, and the one behind it."""


def is_mixed(value: str) -> bool:
    """Whether a value is made as keys are: a part of it mixes letters and digits, or runs on without a word's end."""
    return any(_MIXED.search(part) is not None for part in _PARTS.split(value))


_PARTS = re.compile(r"[^A-Za-z0-9]+")
_MIXED = re.compile(r"[A-Za-z]\d|\d[A-Za-z]|[A-Za-z0-9]{20,}|[a-z][A-Z]+[a-z]+[A-Z]+[a-z]*[A-Z]")


def is_random(value: str) -> bool:
    """Whether a value is long and mixed enough to be a key wherever it stands."""
    return len(value) >= 16 and " " not in value and is_mixed(value) and re.search(r"\d", value) is not None


def _is_basic(value: str) -> bool:
    """Whether it is a name and a password in base64, and no word that follows "basic"."""
    try:
        return b":" in base64.b64decode(value, validate=True) and base64.b64decode(value).isascii()
    except ValueError:
        return False


def _any(value: str) -> bool:
    return True


def _is_no_variable(value: str) -> bool:
    """Whether a URL's user is meant, and not a template's names."""
    return not value.rpartition(":")[2].startswith(("{", "$", "<", "%")) and "[removed]" not in value


class Form(NamedTuple):
    """A row: one of the signs is in each text that has it; the group `v`, or all, goes if it passes the check."""

    signs: tuple[str, ...]
    written: str
    is_secret: Callable[[str], bool] = _any
    begins: tuple[str, ...] = ()
    """The signs, where they are what it begins with, and stand at a word's begin."""

    @property
    def pattern(self) -> re.Pattern[str]:
        """The pattern, compiled when a text has one of the signs."""
        return _compiled(self.written)


_compiled = lru_cache(maxsize=None)(re.compile)


def _keys(signs: str, tail: str, is_secret: Callable[[str], bool] = _any) -> Form:
    """Keys that begin like that, where no word does."""
    named = tuple(signs.split())
    begins = "|".join(map(re.escape, named))
    return Form(named, rf"(?<![A-Za-z0-9])(?:{begins}){tail}", is_secret, named)


FORMS: tuple[Form, ...] = (
    _keys("sk- pk- rk-", r"[\w-]{16,}", is_mixed),  # OpenAI, Anthropic, OpenRouter, Langfuse and others
    _keys("sk_live_ sk_test_ rk_live_ rk_test_ whsec_", r"[A-Za-z0-9]{10,}"),  # Stripe
    _keys("AIza", r"[\w-]{24,}"),  # Google
    _keys("ya29.", r"[\w.-]{20,}"),
    _keys("GOCSPX-", r"[\w-]{16,}"),
    _keys("ghp_ gho_ ghu_ ghs_ ghr_ github_pat_", r"\w{20,}"),
    _keys("glpat- gldt- glrt- glptt- glft- glagent- glcbt-", r"[\w.-]{16,}", is_mixed),  # GitLab
    _keys("xoxb- xoxp- xoxa- xoxe- xoxo- xoxr- xoxs- xoxc- xoxd- xapp-", r"[\w-]{10,}"),  # Slack
    _keys("hf_ gsk_ r8_ nvapi- xai- pplx- tvly- fw_ csk- jina_", r"[\w-]{16,}", is_random),  # model providers
    _keys("npm_", r"[A-Za-z0-9]{16,}"),
    _keys("pypi-", r"[\w-]{16,}", is_mixed),
    _keys(
        "dckr_pat_ lin_api_ shpat_ shpss_ sbp_ figd_ glsa_ glc_ ntn_ rubygems_ lsv2_pt_ lsv2_sk_ pul-",
        r"[\w-]{16,}",
        is_mixed,
    ),
    _keys("dop_v1_ doo_v1_ hvs. hvb. s.hvs tskey- PMAK- ATATT3x ATCTT3x SG. sl.", r"[\w.-]{20,}", is_mixed),
    _keys("dapi SK key-", r"[0-9a-f]{32}(?![0-9a-f])"),  # Databricks, Twilio, Mailgun
    _keys(
        "secret_ sq0atp- sq0csp- sntrys_ sntryu_ tgp_v1_ phx_ nfp_ rzp_live_ rzp_test_ sb_secret_",
        r"[\w=-]{20,}",
        is_mixed,
    ),
    _keys(
        "pscale_pw_ pscale_tkn_ pscale_oauth_ fm2_ fm1r_ fo1_ CCIPAT_ ops_eyJ xkeysib- sgp_ bkua_ rnd_ rnd- pnu_",
        r"[\w.=/+-]{20,}",
        is_mixed,
    ),
    _keys("dp.pt. dp.st. dp.ct. dp.sa. dt0c01. AQ.", r"[\w.-]{30,}", is_mixed),  # Doppler, Dynatrace, Google
    _keys("EAAA EZAK EZTK 1//0", r"[\w-]{40,}", is_random),
    _keys("ATBB ATCTT LTAI AKID", r"[A-Za-z0-9]{16,}", is_random),  # Bitbucket, Alibaba, Tencent
    _keys("NRAK-", r"[A-Z0-9]{20,}"),
    _keys("sk_ CLOJARS_", r"[0-9a-f]{40,}"),
    _keys("v1.0-", r"[0-9a-f]{24}-[0-9a-f]{100,}"),  # Cloudflare
    Form((".atlasv1.",), r"(?<![A-Za-z0-9])[A-Za-z0-9]{10,20}\.atlasv1\.[\w-]{40,}"),  # Terraform
    Form((":AA",), r"(?<!\d)\d{8,10}:AA[\w-]{30,}"),  # Telegram
    Form(("hooks.slack.com",), r"hooks\.slack\.com(?:\\*/)\w+(?:\\*/)(?P<v>[\w/\\-]{20,})"),
    Form(("/webhooks/",), r"/api/webhooks/\d+/(?P<v>[\w-]{30,})"),
    Form(("webhook.office.com",), r"webhook\.office\.com/(?P<v>[^\s\"'<>\\]{20,})"),
    Form(  # passwords as systems keep them
        ("$1$", "$2a$", "$2b$", "$2y$", "$5$", "$6$", "$y$", "$apr1$", "$argon2"),
        r"\$(?:1|2[aby]|5|6|y|apr1|argon2[id]{1,2})\$[\w./$=,+-]{20,}",
    ),
    Form(("code=",), r"[?&]code=(?P<v>[\w./~%-]{16,})", is_random),
    Form(("Private-Lines",), r"Private-Lines: \d+\s+(?P<v>(?:[A-Za-z0-9+/]{16,}={0,2}\s*)+)"),  # PuTTY
    Form(
        ("mysql", "mariadb"),
        r"\b(?:mysql\w*|mariadb[\w-]*) [^\n|;&]{0,200}?(?<=\s)-p(?P<v>[^\s\"'\\$-][^\s\"'\\]{2,})",
    ),
    Form(("sshpass",), r"\bsshpass\s+-p\s*\\*[\"']?(?P<v>[^\s\"'\\$]{3,})"),
    Form(("login",), r"\blogin [^\n|;&]{0,200}?(?<=\s)-p[ =]+\\*[\"']?(?P<v>[^\s\"'\\$-][^\s\"'\\]{2,})"),
    _keys("AKIA ASIA", r"[A-Z0-9]{16}(?![A-Za-z0-9])"),  # AWS
    _keys("AGE-SECRET-KEY-1", r"[A-Z0-9]{20,}"),
    _keys("eyJ", r"[\w-]{10,}\.[\w-]{10,}(?:\.[\w-]*){0,3}"),  # JSON Web Tokens
    Form(("earer",), r"(?i)(?<![A-Za-z0-9])bearer\s+(?P<v>[\w.~+/=-]{8,})", is_mixed),
    Form(("asic",), r"(?i)(?<![A-Za-z0-9])basic\s+(?P<v>[A-Za-z0-9+/]{6,}={0,2})", _is_basic),
    Form(
        (":/", ":\\/"),  # with one slash as well, as paths in errors have it
        r":(?:\\*/){1,2}(?P<v>[^/\s\"'`<>@\\:\[]{0,200}:[^/\s\"'`<>\\]{1,300})@",
        _is_no_variable,
    ),
    Form(("://", ":\\/"), r":(?:\\*/){2}(?P<v>[^/\s\"'`<>@\\:?#]{8,300})@", is_mixed),
    Form(
        ("ookie",),
        (
            r"(?i)(?<![A-Za-z0-9])(?:set-)?cookie\s*[:=]\s*"
            r"(?P<v>[^\s=;,\"'`\\(){}]{1,200}=[^\s;\"'`\\]+(?:;\s*[^\s=;,\"'`\\]{1,200}(?:=[^\s;\"'`\\]*)?)*)"
        ),
        lambda value: not value.partition("=")[2].startswith(("{", "$", "<", "=")),
    ),
    Form(
        ("-u", "--user"),
        r"(?<!\S)(?:-u|--user|--proxy-user)[ =]+\\*[\"']?[^\s:\"'\\$]+:(?P<v>[^\s\"'\\$]{3,})",
    ),
    Form(("assword",), r"\b(?:machine\s+\S+|default)\s+login\s+\S+\s+password\s+(?P<v>\S{3,})"),  # .netrc
)
_BY_BEGIN = {sign: form for form in reversed(FORMS) if "(?P<v>" not in form.written for sign in form.begins}
_BY_SIGN = tuple((sign, form) for form in FORMS if not form.begins for sign in form.signs)
"""The signs take a hundredth of the time: they are looked for first."""


def _any_of(signs: Iterable[str]) -> str:
    """A pattern of all these, the longest first, which looks at each first letter once."""
    by_letter: dict[str, list[str]] = {}
    for sign in sorted(signs, key=len, reverse=True):
        by_letter.setdefault(sign[0], []).append(sign[1:])
    return "|".join(f"{re.escape(letter)}(?:{'|'.join(map(re.escape, rest))})" for letter, rest in by_letter.items())


_BEGINS = re.compile(rf"(?<![A-Za-z0-9])(?:{_any_of(_BY_BEGIN)})")
_SHORTEST = 15
"""Characters of the shortest key that is told by how it begins; none has a blank."""
_BLOB = re.compile(r"[\w-]{60,}\Z")
"""What stands before a sign within data in base64, where each three letters may come by chance."""
_TRAILING = ")]}>.,:;!?"


def trimmed(text: str, start: int, end: int) -> Span:
    """A value without the brackets and stops that end the sentence around it."""
    value = text[start:end]
    while value and value[-1] in _TRAILING and value.count(value[-1]) > value.count(_OPENING.get(value[-1], "\0")):
        value = value[:-1]
    return start, start + len(value)


_OPENING = {")": "(", "]": "[", "}": "{", ">": "<"}


def long_words(text: str) -> str:
    """The words of a text that are long enough to hold a key, which takes a fraction of the time to look through."""
    return " ".join([word for word in text.split() if len(word) >= _SHORTEST])


def by_form(text: str, words: str) -> Iterator[Span]:
    """The secrets of a text that can be told by how they begin or by the words before them.

    `words` are its long ones.
    """
    for begun in _BEGINS.finditer(text) if _BEGINS.search(words) is not None else ():
        form = _BY_BEGIN[begun[0]]
        key = form.pattern.match(text, begun.start())
        if key is not None and form.is_secret(key[0]) and not _BLOB.search(text, max(0, key.start() - 60), key.start()):
            yield key.span()
    for form in dict.fromkeys([form for sign, form in _BY_SIGN if sign in text]):
        is_secret, pattern = form.is_secret, form.pattern
        for found in pattern.finditer(text):
            start, end = found.span("v") if "v" in pattern.groupindex else found.span()
            if not is_secret(text[start:end]) or _BLOB.search(text, max(0, start - 60), start):
                continue
            yield trimmed(text, start, end) if "v" in pattern.groupindex else (start, end)
    if "PRIVATE KEY" in text:
        yield from _private_keys(text)


_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----(?:(?P<end>END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)|BEGIN )")
_LONGEST_KEY = 20_000
_KEY_LINE = re.compile(
    r"""(?:(?:[ \t]*(?:\r?\n|(?:\\+r)?\\+n))+[ \t]*|[ ](?=[A-Za-z0-9+/]{16}))   # in one line as well
    (?:\d+[\t→|:]+[ ]?|[>+|][ ]?)?   # line numbers, marks of quoting
    (?:(?:Proc-Type|DEK-Info|Version|Comment|Hash):[ ]?[^\n\\"']*
    |[A-Za-z0-9+/]{16,}={0,2}
    |[A-Za-z0-9+/]+={1,2}
    |(?=[A-Za-z+/]*\d|[a-z+/]*[A-Z][A-Z+/]*[a-z])[A-Za-z0-9+/]+(?=[ \t]*(?:[\r\n\\"'`]|\Z)))""",
    re.VERBOSE,
)


def _private_keys(text: str) -> Iterator[Span]:
    """Keys in PEM: to their end, or as far as their lines go where that was cut off."""
    for begun in _BEGIN.finditer(text):
        end = _END.search(text, begun.end(), begun.end() + _LONGEST_KEY)
        if end is not None and end["end"]:
            yield begun.start(), end.end()
            continue
        place = begun.end()
        while (line := _KEY_LINE.match(text, place)) is not None:
            place = line.end()
        yield begun.start(), place
