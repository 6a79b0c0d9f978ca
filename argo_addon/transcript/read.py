"""Any body of a call of a model as text: requests, streams, plain answers, errors.

What is cut off or not understood is shown as far as it can be read, with a word on what could not. It knows the
dialects by the registry, and neither mitmproxy nor models.
"""

from __future__ import annotations

import msgspec

from ..dialects import CLIENT, LEGACY, RECORDED, UPSTREAM
from ..dialects.base import Fields, ModelDialect
from ..dialects.shared.wrapped_errors import detail_in, unwrap
from ..errors import UNREADABLE, ClientError, UpstreamError
from ..ir.parts import TextPart
from ..ir.response import Choice, Finish, FinishReason, Response, ResponsePart
from . import answer, request
from .formats import Body, dialect_by_path, dialect_by_shape, is_events, model_in
from .partial_stream import UNREADABLE_RESPONSE, Told, read_partial
from .parts import heading
from .pieces import Pieces, in_object, pieces_of, unpacked
from .wording import brief, size, text

_LOOKED_AT = 20
"""Pieces of a stream by which its dialect is told."""
_MOST_SHOWN = 100_000
"""Characters that are shown of what cannot be read."""
_LEGACY = LEGACY.name
_CHAT, _MESSAGES = "openai_chat", "anthropic"


def transcript(body: Body) -> str:
    """The body in words, the most telling first."""
    data = unpacked(body.data)
    return _request(data, body.target) if body.is_request else _answer(data, body)


def _request(data: bytes, target: str) -> str:
    pieces = pieces_of(data, False)
    fields = in_object(pieces.items[0]) if pieces.whole else {}
    if not fields:
        return _unreadable("Request", data, pieces.notes)
    inner = in_object(bytes(fields.get("request", b"")))
    if "contents" in inner:  # as Gemini CLI wraps it for its own backend
        fields = {**{name: value for name, value in fields.items() if name == "model"}, **inner}
    name = dialect_by_path(target.partition("/count_tokens")[0])
    if name is None or name == _LEGACY:
        name = _asking(fields)
    model, streamed = model_in(target)
    if model and "model" not in fields:
        fields["model"] = msgspec.Raw(msgspec.json.encode(model))
        fields["stream"] = msgspec.Raw(b"true" if streamed else b"false")
    dialect = CLIENT[name]
    assert isinstance(dialect, ModelDialect)  # all that are named in kinds.py are
    return request.text_of(f"{RECORDED[name].title} request", dialect, fields, pieces.notes)


def _asking(fields: Fields) -> str:
    """The dialect of a request by its members; of the two that share the most, the one that can read it."""
    others = (dialect for dialect in CLIENT.values() if dialect.name not in UPSTREAM)
    found = next((dialect.name for dialect in others if dialect.owns_request(fields)), None)
    if found is not None:
        return found
    own = "system" in fields or "anthropic_version" in fields
    for name in (_MESSAGES, _CHAT) if own else (_CHAT, _MESSAGES):
        try:
            UPSTREAM[name].decode_request(fields, keep_extra=False)
        except (ClientError, *UNREADABLE):
            continue
        return name
    return _CHAT


def _answer(data: bytes, body: Body) -> str:
    by_path = dialect_by_path(body.target)
    pieces = pieces_of(data, is_events(data, body.content_type))
    shapes = (dialect_by_shape(piece) for piece in pieces.items[:_LOOKED_AT])
    name = next((shape for shape in shapes if shape is not None), None)
    if name is None and by_path == _LEGACY and body.status < 400 and not _says_error(pieces):
        return answer.text_of(f"{LEGACY.title}, stream", _bare_text(data))
    name = name or by_path
    if pieces.whole:
        return _plain(pieces, name, body.status)
    if not pieces.events or name is None or name == _LEGACY:
        return _unreadable("Answer", data, pieces.notes)
    told = read_partial(CLIENT[name].transcript_reader(), pieces.items)
    told.remarks.extend(pieces.notes)
    return answer.text_of(f"{RECORDED[name].title} stream", told)


def _says_error(pieces: Pieces) -> bool:
    return pieces.whole and _error(in_object(pieces.items[0]), 0) is not None


def _plain(pieces: Pieces, name: str | None, status: int) -> str:
    body = pieces.items[0]
    title = f"{RECORDED[name].title} answer" if name is not None else "Answer"
    members = in_object(body)
    error = _error(members, status)
    if error is not None and (status >= 400 or dialect_by_shape(body) is None):
        told = Told(Response("", "", ()), errors=[error], remarks=pieces.notes)
        shown = answer.text_of(title.replace("answer", "error"), told)
        return f"{shown}\n\n{heading('as it came')}\n{brief(body)}"
    try:
        told = _read(body, name)
    except UNREADABLE_RESPONSE as problem:
        return _unreadable(title, body, [*pieces.notes, str(problem)])
    told.remarks.extend(pieces.notes)
    return answer.text_of(title, told)


def _read(body: bytes, name: str | None) -> Told:
    if name is None:
        raise ValueError("no dialect's answer")
    if name == _LEGACY:
        return _said(LEGACY.decode_response(body, ""))
    if name in UPSTREAM:
        return Told(UPSTREAM[name].decode_response(body, keep_extra=True), 1)
    return read_partial(CLIENT[name].transcript_reader(), [body])


def _bare_text(data: bytes) -> Told:
    """The legacy gateway's stream: the text and nothing else."""
    return _said((TextPart(text(data)),))


def _said(parts: tuple[ResponsePart, ...]) -> Told:
    return Told(Response("", "", (Choice(0, parts, Finish(FinishReason.STOP, "not told")),)), 1)


def _error(members: Fields, status: int) -> UpstreamError | None:
    raw = members.get("error") or members.get("detail")
    try:
        detail = None if raw is None else detail_in(raw)
    except UNREADABLE:
        return None
    if detail is None:
        return None
    inner = unwrap(detail.message)
    if inner.status is not None:
        return UpstreamError(inner.status, inner.message, kind=inner.kind, code=inner.code, param=inner.param)
    return UpstreamError(status, detail.message, kind=detail.kind, code=detail.code, param=detail.param)


def _unreadable(title: str, data: bytes, notes: list[str]) -> str:
    """What is of no dialect: JSON in its form, else its beginning as text."""
    lines = [f"{title} · not understood · {size(len(data))}", *notes, ""]
    shown = brief(data)
    return "\n".join([*lines, shown if shown.startswith(("{", "[")) else text(data)[:_MOST_SHOWN]])
