"""Embeddings as the GenAI API asks for them and tells them, by way of OpenAI's.

Source: the Gemini API reference ("Embeddings": `embedContent`, `batchEmbedContents`).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ...errors import ClientError
from ..base import Fields
from ..shared.raw_members import member
from ..shared.vectors import floats
from . import wire
from .decode_members import EitherSpelling, items_or_item, with_camel_names

_NULL = msgspec.Raw(b"null")
_REQUEST = EitherSpelling(wire.EmbedRequest)
_CONTENT = EitherSpelling(wire.Content)
_PART = EitherSpelling(wire.Part)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TEXT = msgspec.json.Decoder(str)
_KNOWN = frozenset({"model", "stream", "alt", "requests"})
_encode = msgspec.json.Encoder().encode


def context_of(written: Fields, *, batch: bool) -> tuple[Fields, tuple[str, ...]]:
    """OpenAI's body for a request, and the paths of what it has no word for. Raises ClientError by its place."""
    fields = with_camel_names(written)
    if batch:
        raws = items_or_item(fields.get("requests", _NULL), "requests")
        requests = [(raw, f"requests[{number}]") for number, raw in enumerate(raws)]
        if not requests:
            raise ClientError(400, "requests: missing, or empty", param="requests")
    else:
        own = {name: value for name, value in fields.items() if name not in _KNOWN}
        requests = [(msgspec.Raw(_encode(own)), "")]
    read = [(_REQUEST.read(raw, json_path), raw, json_path) for raw, json_path in requests]
    dropped = {f"{'requests[].' if batch else ''}{name}": None for _, raw, _ in read for name in _REQUEST.others(raw)}
    sizes = {request.output_dimensionality for request, _, _ in read}
    if len(sizes) > 1:
        where = "requests[].outputDimensionality"
        raise ClientError(400, f"{where}: one size a call is given here: found {len(sizes)}", param=where)
    body: dict[str, object] = {"input": [_text(request, json_path) for request, _, json_path in read]}
    if (size := sizes.pop()) is not None:
        body["dimensions"] = size
    return {name: msgspec.Raw(_encode(value)) for name, value in body.items()}, tuple(dropped)


def _text(request: wire.EmbedRequest, json_path: str) -> str:
    where = f"{json_path}.content".lstrip(".")
    if request.content == _NULL:
        raise ClientError(400, f"{where}: missing", param=where)
    if bytes(request.content).startswith(b'"'):
        return member(request.content, _TEXT, where)
    content = _CONTENT.read(request.content, where)
    texts = []
    for number, raw in enumerate(items_or_item(content.parts, f"{where}.parts")):
        at = f"{where}.parts[{number}]"
        part = _PART.read(raw, at)
        if part.text is None:
            raise ClientError(400, f"{at}: only texts can be embedded here", param=at)
        texts.append(part.text)
    return "\n".join(texts)


def vectors_for(vectors: Sequence[list[float] | str], *, batch: bool) -> bytes:
    """The answer's body; `batch` says in which of the two forms."""
    written = [{"values": floats(vector)} for vector in vectors]
    return _encode({"embeddings": written} if batch else {"embedding": written[0] if written else {"values": []}})
