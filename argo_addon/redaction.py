"""Takes secrets out of what is written down: credentials in headers, URLs, variables, settings and bodies.

It must not know whose text it is. Rather too much is taken out than too little. Source: pitfalls 9.10.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

GONE = "[removed]"
_GONE = GONE.encode()
_NAMES = re.compile(r"key|token|auth|secret|cookie|credential|password|signature", re.IGNORECASE)
"""What is in a header's name that holds a credential."""
_HARMLESS = re.compile(r"ratelimit", re.IGNORECASE)

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # A header or a member that is a credential, whatever stands in it: to the end of the quotes, or of the line.
    (
        re.compile(
            r"(?i)([\"']?(?<![A-Za-z])(?:proxy-)?(?:authorization|x-api-key|x-goog-api-key|api[-_]?key|access[-_]?token|auth[-_]?token|"
            r"client[-_]?secret|secret|password|passwd)\b[\"']?\s*[:=]\s*)"
            r"(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^\n,;}]+)"
        ),
        rf"\1{GONE}",
    ),
    (re.compile(r"(?i)(\b(?:set-)?cookie[\"']?\s*[:=]\s*)[^\n]+"), rf"\1{GONE}"),
    (re.compile(r"(?i)([?&](?:key|api_key|apikey|token|access_token)=)[^&\s\"'#]+"), rf"\1{GONE}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{4,}"), rf"\1 {GONE}"),
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^/\s:@\"']+(?::[^/\s@\"']*)?@"), rf"\1{GONE}@"),
    (re.compile(r"\b(?:sk|pk|rk|ghp|gho|xox[abp]|AIza|ya29)[-_.][\w.-]{8,}|\bAIza[\w-]{20,}"), GONE),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), GONE),
)


def redacted(text: str, secrets: tuple[str, ...] = ()) -> str:
    """The text without what looks like a credential, and without these words."""
    for secret in secrets:
        if len(secret) > 2:
            text = text.replace(secret, GONE)
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def holds_secret(header: str) -> bool:
    """Whether a header of this name holds a credential."""
    return _NAMES.search(header) is not None and _HARMLESS.search(header) is None


def safe_target(target: str) -> str:
    """A URL or its path and query, without keys in the query, a name and password before the host, or a key's form."""
    path, mark, query = target.partition("?")
    pieces = [f"{name}={GONE}" if value and _is_secret(name) else piece
              for piece in query.split("&") for name, _, value in (piece.partition("="),)]  # fmt: skip
    named = _URL_USER.sub(rf"\1{GONE}@", path + mark + "&".join(pieces))
    return safe_body(named.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


_URL_USER = re.compile(r"^([a-z][a-z0-9+.-]*://)[^/\s]*@", re.IGNORECASE)


def secrets_in(headers: Iterable[tuple[bytes, bytes]], target: str) -> frozenset[bytes]:
    """The credentials of a request, in each form in which they may stand elsewhere, if they can be told from words."""
    found: list[bytes] = []
    for name, value in headers:
        if b"cookie" in name.lower():
            found += [pair.partition(b"=")[2].strip() for pair in value.split(b";")]
        elif holds_secret(name.decode("latin-1")):
            found += [value.split(b" ")[-1], *_basic(value)]
    for piece in target.partition("?")[2].split("&"):
        member, _, given = piece.partition("=")
        if _is_secret(member):
            found += [given.encode("utf-8", "surrogateescape"), unquote(given).encode("utf-8", "replace")]
    escaped = [json.dumps(value.decode("utf-8", "replace"))[1:-1].encode() for value in found]
    slashed = [value.replace(b"/", b"\\/") for value in escaped]
    return frozenset(value for value in (*found, *escaped, *slashed) if len(value) >= _SHORTEST and _is_key(value))


def _basic(value: bytes) -> list[bytes]:
    """What Basic authentication says in base64: name and password, and the password."""
    kind, _, given = value.partition(b" ")
    if kind.lower() != b"basic":
        return []
    try:
        pair = base64.b64decode(given, validate=True)
    except ValueError:
        return []
    return [pair, pair.partition(b":")[2]]


def _is_secret(name: str) -> bool:
    """Whether a query's member holds a credential."""
    plain = unquote(name)
    return holds_secret(plain) or plain.lower() in ("sig", "pass", "pwd")


_SHORTEST = 8


def _is_key(value: bytes) -> bool:
    """Whether it is a key, and neither a word that a user put in its place nor a number, which stand anywhere."""
    return re.search(rb"[A-Za-z]", value) is not None and (re.search(rb"\d", value) is not None or len(value) >= 20)


# How credentials begin that can be told by their form, and what they look like from there; the first is looked for,
# which takes a hundredth of the time.
_FORMS: Mapping[bytes, re.Pattern[bytes]] = {
    **{sign: re.compile(rb"[\w-]{16,}") for sign in (b"sk-", b"pk-", b"rk-")},
    b"AIza": re.compile(rb"[\w-]{24,}"),
    **{sign: re.compile(rb"\w{20,}") for sign in (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"github_pat_")},
    **{sign: re.compile(rb"[\w-]{10,}") for sign in (b"xoxb-", b"xoxp-", b"xoxa-")},
    b"ya29.": re.compile(rb"[\w.-]{20,}"),
    b"://": re.compile(rb"[^/\s\"'@:\\]{1,64}:[^/\s\"'@\\]{1,200}@"),
    b"-----BEGIN ": re.compile(rb'[A-Z ]*PRIVATE KEY-----[^"]*'),
    b"AKIA": re.compile(rb"[A-Z0-9]{16}"),
    **{sign: re.compile(rb"[\w.~+/=-]{12,}") for sign in (b"Bearer ", b"bearer ")},
    **{
        sign + quote + b":": re.compile(rb'\s*\\*"[^"\\]{4,}')
        for sign in (
            *(b"api_key", b"apiKey", b"apikey", b"api-key", b"authorization", b"Authorization", b"password"),
            *(b"access_token", b"refresh_token", b"session_token", b"auth_token", b"client_secret", b"secret_key"),
        )
        for quote in (b'"', b'\\"')
    },
}


def safe_body(body: bytes, secrets: Iterable[bytes] = ()) -> bytes:
    """A body without these credentials and without those that can be told by their form."""
    for secret in sorted(secrets, key=len, reverse=True):
        if secret in body:
            body = re.sub(rb"(?<![A-Za-z0-9])" + re.escape(secret) + rb"(?![A-Za-z0-9])", _GONE, body)
    for sign, form in _FORMS.items():
        if sign in body:
            body = _without(body, sign, form)
    return body


def _without(body: bytes, sign: bytes, form: re.Pattern[bytes]) -> bytes:
    pieces: list[bytes] = []
    kept = start = 0
    while (start := body.find(sign, start)) >= 0:
        follows = form.match(body, start + len(sign))
        inside = start > 0 and sign[-1:] == b"-" and body[start - 1 : start].isalnum()
        if follows is None or inside:
            start += len(sign)
            continue
        value = follows[0]
        opening = value[: value.index(b'"') + 1] if value.lstrip(b" \\").startswith(b'"') else b""
        stays = sign if opening or sign == b"://" else b""
        pieces += [body[kept:start], stays, opening, _GONE]
        kept = start = follows.end()
    return b"".join([*pieces, body[kept:]])
