"""A call for embeddings by ARGO's legacy gateway, and its way back. Sans-IO. Source: argo.md, "The legacy gateway"."""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping, Sequence

import msgspec

from ...dialects import LEGACY, UPSTREAM
from ...dialects.base import Fields, ModelDialect
from ...dialects.shared.dropped_fields import in_client_words, printable_path
from ...dialects.shared.raw_members import member
from ...errors import ClientError, GatewayError, UpstreamError
from ...ir.parts import TextPart
from ...models.catalogue import Profile
from ...settings.model import Settings
from ...translation import tokens
from ..call_steps import Environment, ProfiledCall, RoutedCall, SealedCall
from ..embeddings import EmbeddingCall, TranslatedEmbeddingCall
from ..embeddings import translate as translate_natively
from ..exchange import error_reply
from ..identity import upstream_headers
from ..messages import Reply, UpstreamRequest
from ..other_answers import unknown_error
from .call import ESTIMATED

_CHAT = UPSTREAM["openai_chat"]
_encode = msgspec.json.Encoder().encode
_NULL = msgspec.Raw(b"null")
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_TEXT = msgspec.json.Decoder(str)
_FORMAT = msgspec.json.Decoder(str | None)
_KNOWN_FIELDS = frozenset({"model", "input", "encoding_format", "user"})


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
    unsaid = tuple(name for name, value in body.items() if name not in _KNOWN_FIELDS and bytes(value) != b"null")
    return Texts(tuple(member(raw, _TEXT, at) for raw, at in items), form == "base64", unsaid)


def _openai_body(model: str, asked: Texts, vectors: Sequence[list[float]]) -> bytes:
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


class TranslatedLegacyEmbeddingCall(TranslatedEmbeddingCall, frozen=True, kw_only=True):
    """A call for the embeddings of texts."""

    texts: Texts


def translate(routed: RoutedCall, settings: Settings) -> TranslatedLegacyEmbeddingCall:
    """Reads the texts from OpenAI's body. Raises ClientError."""
    native = translate_natively(routed, settings)
    texts = texts_of(native.body)
    names = native.client.field_names if isinstance(native.client, ModelDialect) else {}
    dropped = (*native.dropped, *(in_client_words(names, path, ()) for path in texts.unsaid))
    return TranslatedLegacyEmbeddingCall(
        routed=routed,
        url=settings.argo_base_url + LEGACY.embed,
        body=LEGACY.embedding_request(texts.texts),
        dropped=dropped,
        texts=texts,
    )


def profile(translated: TranslatedLegacyEmbeddingCall, known: Profile) -> ProfiledCall[TranslatedLegacyEmbeddingCall]:
    """Sets the headers."""
    headers, _ = upstream_headers(translated.headers, translated.client, LEGACY, translated.user)
    return ProfiledCall(translated=translated, body=translated.body, headers=headers, dropped=translated.dropped)


def seal(profiled: ProfiledCall[TranslatedLegacyEmbeddingCall]) -> SealedCall:
    """Sets model and identity, and writes the request."""
    call = profiled.translated
    body = LEGACY.seal(profiled.body, model=call.route.internal_id, user=call.user)
    request = UpstreamRequest(call.url, profiled.headers, _encode(body))
    return SealedCall(request, False, tuple(map(printable_path, profiled.dropped)))


class LegacyEmbeddingCall(EmbeddingCall):
    """A call for the embeddings of texts."""

    def __init__(self, call: TranslatedLegacyEmbeddingCall, sealed: SealedCall, environment: Environment) -> None:
        super().__init__(call, sealed, environment)
        self._texts = call.texts

    def response_body(self, status: int, headers: Mapping[str, str], body: bytes) -> bytes:
        if status != 200:
            raise _CHAT.read_error(status, body) or unknown_error(self.upstream.url, status, headers, body)
        try:
            vectors = LEGACY.decode_vectors(body, len(self._texts.texts))
        except UpstreamError as error:
            self.refuse_notice(body)
            raise self.no_embeddings(headers, body) or error from error
        made = _openai_body(self.route.requested, self._texts, vectors)
        return self._client.embedding_response(made, vectors, batch=self._batch)

    def fail(self, error: GatewayError) -> Reply:
        reply = error_reply(self._client, error)
        return msgspec.structs.replace(reply, headers={**reply.headers, **super().report_headers()})

    def report_headers(self) -> dict[str, str]:
        return {**super().report_headers(), **ESTIMATED}
