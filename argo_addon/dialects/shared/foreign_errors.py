"""Errors in a form that no dialect of an upstream has: of another API, a framework, or a server on the way.

What stands in an answer's place, or in the middle of its stream, is the only word on why there is no answer. Known are
events of the Responses API (`{"type":"error","message":…}`, `response.failed`), FastAPI's `{"detail":…}`, vLLM's
`{"object":"error","message":…}`, GraphQL's `{"errors":[…]}` and a message beside a status.
"""

from __future__ import annotations

import re

import msgspec

from ...errors import UNREADABLE, UpstreamError
from ...models.unreachable import page_title
from ...sse import data_of, is_event
from .lenient import Lenient
from .wrapped_errors import ReportedError, detail_in, has_error, unwrap

_NOTHING = msgspec.Raw(b"null")
_WORDLESS = ReportedError("ARGO reported an error without a word about it")
_ERROR_LINE = re.compile(rb"(?:\A|[\r\n])event: ?error[ \t]*(?=[\r\n])")
NAMELESS = "ARGO's answer ended in an error that it does not name."
NO_ANSWER = "ARGO answered 200 without an answer in it"
LONGEST = 300
"""Characters of an error's words that are told."""


class _Answer(msgspec.Struct):
    error: msgspec.Raw = _NOTHING


class _Object(msgspec.Struct):
    type: str = ""
    object: str = ""
    error: msgspec.Raw = _NOTHING
    errors: list[msgspec.Raw] = []
    detail: msgspec.Raw = _NOTHING
    message: str = ""
    response: _Answer | None = None
    status: int | None = None
    status_code: int | None = None
    code: int | None = None


_OBJECT = Lenient(_Object)


def foreign_error(data: bytes) -> UpstreamError | None:
    """The error that an object tells which is no part of an answer. Raises msgspec.MsgspecError if it is no JSON."""
    told = _OBJECT.decode(data)
    detail = _detail_of(told)
    if detail is None:
        return None
    found = unwrap(" ".join(detail.message.split())[:LONGEST])
    statuses = (found.status, told.status_code, told.status, told.code)
    status = next((one for one in statuses if one is not None and 400 <= one < 600), 500)
    return UpstreamError(status, found.message, kind=found.kind or detail.kind, code=found.code or detail.code)


def _detail_of(told: _Object) -> ReportedError | None:
    failed = told.type.endswith(".failed") or "error" in (told.type, told.object)
    if not failed and (told.type or told.object):
        return None  # an event of another kind
    inner = _NOTHING if told.response is None else told.response.error
    for raw in (told.error, inner, *told.errors, told.detail):
        if has_error(raw) and (detail := detail_in(raw)) is not None:
            return detail
    return ReportedError(told.message) if told.message else _WORDLESS if failed else None


def names_error(frame: bytes) -> bool:
    """Whether an event calls itself `error`."""
    return _ERROR_LINE.search(frame) is not None


def error_in_event(data: bytes) -> UpstreamError:
    """The error of an event that calls itself one, whatever its data is: an object, a text as JSON, or bare."""
    try:
        value = msgspec.json.decode(data)
        if isinstance(value, dict):
            said = value.get("message")
            words = said if isinstance(said, str) else ""
            return foreign_error(data) or UpstreamError(500, words[:LONGEST] or _WORDLESS.message)
        words = value if isinstance(value, str) else ""
    except UNREADABLE:
        words = data.decode("utf-8", "replace")
    return UpstreamError(500, " ".join(words.split())[:LONGEST] or _WORDLESS.message)


def error_in_frame(frame: bytes) -> UpstreamError | None:
    """The error of an event that calls itself one, or of what stands in a stream's place: a page, a body, a text."""
    if is_event(frame):
        return error_in_event(data_of(frame) or b"") if names_error(frame) else None
    text = frame.strip()
    if text[:1] in (b"{", b"["):
        try:
            items = [text] if text[:1] == b"{" else msgspec.json.decode(text, type=list[msgspec.Raw])[:1]
            return next(iter(map(foreign_error, map(bytes, items))), None)
        except UNREADABLE:
            return None
    if any(field.startswith(text) for field in (b"data", b"event", b"id", b"retry")):
        return None  # the beginning of an event
    return UpstreamError(502, f"ARGO, or something on the way to it, sent no events, but {page_title(text)!r}")
