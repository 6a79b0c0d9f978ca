"""ARGO's error wrapping, taken off. It knows how ARGO reports other people's errors, and no dialect.

argo.md: the message is `Error code: 400 - {'error': {'message': '…'}}`, its dict a Python repr. Clients look for the
inner message (a context overflow, say), and a 500 that wraps a 400 makes them retry for ever (pitfalls 7.5).
"""

from __future__ import annotations

import ast
import re

import msgspec

from .lenient import Lenient

_WRAPPED = re.compile(r"Error code: (?P<status>[45]\d{2}) - (?P<payload>[\[{].*)", re.DOTALL)
_LONGEST = 200_000  # characters of repr that are worth parsing
_DEPTH = 5  # wrappings within wrappings: two have been seen (argo-proxy issue 120)


class ReportedError(msgspec.Struct, frozen=True):
    """What the innermost error says. `status` is None if the message was not wrapped."""

    message: str
    status: int | None = None
    kind: str | None = None
    code: str | None = None
    param: str | None = None


def unwrap(message: str) -> ReportedError:
    """Takes an error message apart, as deep as it is wrapped."""
    found = ReportedError(message)
    for _ in range(_DEPTH):
        match = _WRAPPED.search(found.message)
        if match is None:
            break
        inner = _inner(match["payload"])
        if inner is None:
            break
        found = msgspec.structs.replace(inner, status=int(match["status"]))
    return found


def _inner(payload: str) -> ReportedError | None:
    if len(payload) > _LONGEST:
        return None
    try:
        value = ast.literal_eval(payload.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    if isinstance(value, list) and value:
        value = value[0]
    try:
        written = msgspec.json.encode(value)
    except TypeError:  # what no JSON ever was
        return None
    if not written.startswith(b"{"):
        return None
    inner = bytes(_OUTER.decode(written).error)
    detail = _DETAIL.decode(inner if inner.startswith(b"{") else written)
    if not detail.message:
        return None
    code = detail.code if isinstance(detail.code, str) else None
    return ReportedError(detail.message, kind=detail.type or detail.status, code=code, param=detail.param)


class _Outer(msgspec.Struct):
    error: msgspec.Raw = msgspec.Raw(b"")


class _Detail(msgspec.Struct):
    message: str = ""
    type: str | None = None
    code: str | int | None = None
    param: str | None = None
    status: str | None = None


_OUTER = Lenient(_Outer)
_DETAIL = Lenient(_Detail)
_NOTHING = frozenset({b"", b"null", b'""', b"{}", b"[]", b"false", b"0"})


def has_error(raw: msgspec.Raw) -> bool:
    """Whether an `error` member reports one: some write an empty one beside every answer."""
    return bytes(raw).strip() not in _NOTHING


def detail_in(raw: msgspec.Raw) -> ReportedError | None:
    """What an `error` member says, be it an object or a text; None where it says nothing."""
    written = bytes(raw).strip()
    if not has_error(raw):
        return None
    if written.startswith(b'"'):
        return ReportedError(msgspec.json.decode(written, type=str))
    if not written.startswith(b"{"):
        return ReportedError(written[:200].decode("utf-8", "replace"))
    detail = _DETAIL.decode(written)
    message = detail.message or detail.type or written[:200].decode("utf-8", "replace")
    code = None if detail.code is None else str(detail.code)
    return ReportedError(message, kind=detail.type, code=code, param=detail.param)
