"""What ARGO's legacy gateway is asked: a client's request in its layout, and texts to embed. Sans-IO.

What a model takes does not depend on who passes the request on. So the request is written as the model's own API would
have it, its quirks are applied, and only then is it put into the legacy layout
(docs/decisions/0013-the-legacy-gateway.md).
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence

import msgspec

from ...dialects import LEGACY
from ...dialects.base import Dialect, Fields, ModelDialect, ResponseContext
from ...dialects.losses import DroppedFields
from ...dialects.members import member
from ...errors import ClientError
from ...ir.parts import TextPart
from ...translation import tokens
from ...translation.identifiers import fitting
from .. import quirks
from ..exchange import ClientRequest, UpstreamRequest
from ..identity import upstream_headers
from ..routing import Route

_encode = msgspec.json.Encoder().encode
_NULL = msgspec.Raw(b"null")
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_TEXT = msgspec.json.Decoder(str)
_FORMAT = msgspec.json.Decoder(str | None)
_EMBEDS = frozenset({"model", "input", "encoding_format", "user"})
_MOST = 32_000
"""Tokens that an answer may have where neither the request nor the catalogue says."""


class Caller(msgspec.Struct, frozen=True):
    """Where ARGO is, and who calls it there."""

    base_url: str
    user: str

    def request(
        self, request: ClientRequest, client: Dialect, route: Route, path: str, fields: Fields
    ) -> UpstreamRequest:
        """The request to make, given the client's."""
        headers, _ = upstream_headers(request.headers, client, LEGACY, self.user)
        stamped = LEGACY.stamp(fields, model=route.internal_id, user=self.user)
        return UpstreamRequest(self.base_url + path, headers, _encode(stamped))


class LegacyRequest(msgspec.Struct, frozen=True):
    """A request in the legacy layout, all but model and user, and what its answer depends on.

    `path` is where it goes, below ARGO's base URL; `prompt` is its tokens, estimated; `offered` are the names of the
    tools on offer, as the model knows them; `losses` are the paths of what could not be said.
    """

    path: str
    fields: Fields
    asked: ResponseContext
    prompt: int
    offered: frozenset[str]
    losses: tuple[str, ...]


def request_for(
    fields: Fields, client: ModelDialect, route: Route, asked: ResponseContext, *, streams: bool
) -> LegacyRequest:
    """A client's request. Raises ClientError that names the place of what does not fit."""
    read = client.decode_request(fields, keep=False)
    losses = DroppedFields()
    request = LEGACY.sayable(read, losses)
    streamed = streams and not LEGACY.has_tools(request)
    native = route.upstream
    limit = route.profile.max_output or _MOST
    written = native.encode_request(request, losses, max_tokens=limit, stream=False)
    amended = quirks.apply(route.profile, written)
    for path in amended.dropped:
        losses.note(path)
    laid_out = LEGACY.laid_out(
        route.profile.family, amended.fields, losses, streamed=streamed, limited=request.max_tokens is not None
    )
    named = {fitting(tool.name, native.max_tool_name_length): tool.name for tool in request.tools}
    changed = {fit: name for fit, name in named.items() if fit != name}
    return LegacyRequest(
        LEGACY.streamchat if streamed else LEGACY.chat,
        laid_out,
        client.response_context(fields, read, msgspec.structs.replace(asked, names=changed)),
        tokens.estimate(request),
        frozenset(named) if "tools" in laid_out else frozenset(),
        losses.paths,
    )


class Texts(msgspec.Struct, frozen=True):
    """Texts to embed. `packed` says that the vectors are wanted as base64."""

    texts: tuple[str, ...]
    packed: bool
    unsaid: tuple[str, ...]


def texts_of(body: Fields) -> Texts:
    """What OpenAI's body asks to embed. Raises ClientError: the legacy gateway takes texts only, no tokens."""
    written = body.get("input", _NULL)
    place = "input"
    items = [(written, place)]
    if bytes(written)[:1] == b"[":
        several: list[msgspec.Raw] = member(written, _RAWS, place)
        items = [(raw, f"{place}[{number}]") for number, raw in enumerate(several)]
    if not items or bytes(written) == b"null":
        raise ClientError(400, f"{place}: missing, or empty", param=place)
    for raw, at in items:
        if bytes(raw)[:1] != b'"':
            message = f"{at}: ARGO's legacy gateway embeds texts only, no lists of tokens: send the text itself"
            raise ClientError(400, message, param=at)
    form = member(body.get("encoding_format", _NULL), _FORMAT, "encoding_format")
    if form not in (None, "float", "base64"):
        raise ClientError(400, "encoding_format: expected float or base64", param="encoding_format")
    unsaid = tuple(name for name, value in body.items() if name not in _EMBEDS and bytes(value) != b"null")
    return Texts(tuple(member(raw, _TEXT, at) for raw, at in items), form == "base64", unsaid)


def embedding_body(model: str, asked: Texts, vectors: Sequence[list[float]]) -> bytes:
    """OpenAI's body for vectors, with a usage that is estimated."""
    count = tokens.of_parts([TextPart(text) for text in asked.texts])
    rows = [
        {"object": "embedding", "index": index, "embedding": _packed(vector) if asked.packed else vector}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": count, "total_tokens": count}
    return _encode({"object": "list", "data": rows, "model": model, "usage": usage})


def _packed(vector: list[float]) -> str:
    """Little-endian floats as base64, which OpenAI's SDKs ask for."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
