"""A plain answer of the legacy gateway, read into the parts of the neutral form: each family has its own layout."""

from __future__ import annotations

import msgspec

from ...errors import UNREADABLE, UpstreamError
from ...ir.fold import arguments_object
from ...ir.parts import TextPart, ToolCallPart
from ...ir.response import ResponsePart
from ...translation.identifiers import made_up_id
from ..shared.lenient import Lenient
from ..shared.wrapped_errors import has_error
from . import wire

_BODY = Lenient(wire.ResponseBody)
_CONTENT = Lenient(wire.ChatContent)
_CALL = Lenient(wire.Call)
_EMBEDDED = Lenient(wire.EmbeddingsBody)
_TEXT = msgspec.json.Decoder(str)
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_VECTOR = msgspec.json.Decoder(list[float])


def decode_response(body: bytes, identifier: str) -> tuple[ResponsePart, ...]:
    """What an answer says; `identifier` is the answer's, for calls that have none of their own.

    Raises UpstreamError where there is no answer in it, and for what cannot be read.
    """
    response = _response(body)
    begin = bytes(response)[:1]
    if begin == b'"':
        return _text_parts(_TEXT.decode(response))
    if begin == b"[":
        return _parts(wire.ChatContent(content=response), identifier)
    return _parts(_CONTENT.decode(response), identifier)


def _response(body: bytes) -> msgspec.Raw:
    try:
        body.decode()
        decoded = _BODY.decode(body)
    except UNREADABLE as problem:
        raise UpstreamError(502, f"ARGO answered with something that is no answer: {problem}") from problem
    if bytes(decoded.response)[:1] not in (b'"', b"{", b"["):
        failed = has_error(decoded.error)
        raise UpstreamError(502, f"ARGO answered 200 {'with an error' if failed else 'without an answer'} in it")
    return decoded.response


def _parts(content: wire.ChatContent, identifier: str) -> tuple[ResponsePart, ...]:
    """Text and calls in their order. A Claude's call may stand in the content and among the calls: it comes once."""
    parts: list[ResponsePart] = []
    seen: set[str] = set()
    for raw in (*_items(content.content), *(content.tool_calls or ())):
        if bytes(raw)[:1] == b'"':
            parts += _text_parts(_TEXT.decode(raw))
        elif bytes(raw)[:1] == b"{":
            item = _CALL.decode(raw)
            name = item.name or (item.function.name if item.function is not None else "")
            if name and not (item.id and item.id in seen):
                seen.add(item.id or "")
                parts.append(ToolCallPart(item.id or made_up_id(identifier, len(parts)), name, _arguments(item)))
            elif not name:
                parts += _text_parts(item.text or "")
    return tuple(parts)


def _items(content: msgspec.Raw) -> list[msgspec.Raw]:
    return _RAWS.decode(content) if bytes(content)[:1] == b"[" else [content]


def _text_parts(text: str) -> tuple[TextPart, ...]:
    return (TextPart(text),) if text else ()


def _arguments(call: wire.Call) -> str:
    """A call's arguments as a JSON object, wherever they stand; what is none goes under `_raw` (pitfalls 4.4)."""
    inner = call.function.arguments if call.function is not None else wire.NOTHING
    layouts = (inner, call.input, call.args, call.arguments)
    written = next((raw for raw in layouts if bytes(raw) != b"null"), msgspec.Raw(b"{}"))
    text = _TEXT.decode(written) if bytes(written)[:1] == b'"' else bytes(written).decode()
    return bytes(arguments_object(text)).decode()


def decode_vectors(body: bytes, expected: int) -> list[list[float]]:
    """The vectors of so many texts. Raises UpstreamError."""
    try:
        rows = _EMBEDDED.decode(body).embedding
        vectors = [_VECTOR.decode(row) for row in rows if bytes(row)[:1] == b"["]
        if not vectors and rows:
            vectors = [[msgspec.json.decode(row, type=float) for row in rows]]
    except UNREADABLE as problem:
        raise UpstreamError(502, f"ARGO answered with something that is no embeddings: {problem}") from problem
    if len(vectors) != expected:
        raise UpstreamError(502, f"ARGO answered with {len(vectors)} embeddings where {expected} were asked for")
    return vectors
