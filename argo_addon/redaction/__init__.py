"""Takes secrets out of what is written down: credentials in headers, URLs, variables, settings and bodies.

It must not know whose text it is. forms.py and names.py are the table of what a secret looks like, bodies.py finds them
at any depth. Rather too much is taken out than too little. Source: pitfalls 9.10.
"""

from __future__ import annotations

import base64
import json
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable
from urllib.parse import quote, unquote

from .bodies import without_secrets
from .names import GONE, holds_secret, is_secret_in_query

__all__ = ["GONE", "holds_secret", "is_key", "redacted", "safe_body", "safe_target", "secrets_in"]


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without what looks like a credential, and without these words."""
    for secret in secrets:
        if len(secret) > 2:
            text = text.replace(secret, GONE)
    return without_secrets(text)


def safe_body(
    body: bytes,
    secrets: Iterable[bytes] = (),
    found: set[bytes] | None = None,
    joined: list[str] | None = None,
) -> bytes:
    """A body without these credentials and without those that can be told by their form or their name.

    JSON stays JSON of the same shape, and a stream the events that it was. `found` is told of those that stood behind
    a name, which may stand elsewhere without it; `joined` gets the texts that a stream has in pieces, made whole.
    """
    told: set[str] = set()
    text, written = _read(body)
    safe = without_secrets(text, map(_text, secrets), told, joined)
    if found is not None:
        found.update(value for value in map(_bytes, told) if is_key(value))
    return safe.encode(written, "surrogatepass") if written else _bytes(safe)


def _read(body: bytes) -> tuple[str, str]:
    """A body as text, and how it is written where that is with two or four bytes for a letter."""
    written = json.detect_encoding(body) if b"\0" in body[:8] or body[:2] in (BOM_UTF16_BE, BOM_UTF16_LE) else ""
    if not written.startswith(("utf-16", "utf-32")):
        return _text(body), ""
    written = {"utf-16": "utf-16-be" if body[:2] == BOM_UTF16_BE else "utf-16-le",
               "utf-32": "utf-32-be" if body[:2] == b"\0\0" else "utf-32-le"}.get(written, written)  # fmt: skip
    try:
        return body.decode(written, "surrogatepass"), written
    except UnicodeDecodeError:
        return _text(body), ""


def safe_target(target: str) -> str:
    """A URL or its path and query, without keys in the query, a name and password before the host, or a key's form."""
    path, mark, query = target.partition("?")
    pieces = [f"{name}={GONE}" if value and is_secret_in_query(name) else piece
              for piece in query.split("&") for name, _, value in (piece.partition("="),)]  # fmt: skip
    return without_secrets(_URL_USER.sub(rf"\1{GONE}@", path + mark + "&".join(pieces)))


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
        if is_secret_in_query(member):
            found += [_bytes(given), unquote(given).encode("utf-8", "replace")]
    escaped = [json.dumps(value.decode("utf-8", "replace"))[1:-1].encode() for value in found]
    slashed = [value.replace(b"/", b"\\/") for value in escaped]
    encoded = [quote(value, safe="").encode() for value in found]
    return frozenset(value for value in (*found, *escaped, *slashed, *encoded) if is_key(value))


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


_SHORTEST = 8


def is_key(value: bytes) -> bool:
    """Whether it is a key, and neither a word that a user put in its place nor a number, which stand anywhere."""
    letters, digits = re.search(rb"[A-Za-z]", value), re.search(rb"\d", value)
    return len(value) >= _SHORTEST and letters is not None and (digits is not None or len(value) >= 20)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
