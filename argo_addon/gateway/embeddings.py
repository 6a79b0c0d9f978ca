"""Embeddings: OpenAI's `/v1/embeddings` as it is, those of other dialects by way of it.

Sans-IO. Source: argo.md, "Endpoints and models"; pitfalls 8.7; the OpenAI API reference ("Embeddings") and the Gemini
API reference ("Embeddings").
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..dialects import UPSTREAM
from ..dialects.base import EmbeddingDialect
from ..dialects.shared.dropped_fields import printable_path
from ..dialects.shared.endpoints import Operation
from ..errors import UNREADABLE, GatewayError, UpstreamError
from ..models.catalogue import Profile
from ..settings.model import Settings
from ..translation import auth_notice
from .call_steps import Environment, ProfiledCall, RoutedCall, SealedCall, TranslatedCall
from .exchange import Exchange, error_reply
from .identity import upstream_headers
from .messages import Reply, UpstreamRequest
from .native_call import user_for
from .other_answers import unknown_error
from .parsing import ParsedCall
from .routing import embedding_route_of

_CHAT = UPSTREAM["openai_chat"]
PATH = "/embeddings"


_LOOKED_THROUGH = 4000
"""Bytes of an answer without embeddings that are looked through for the authentication notice."""


class _Row(msgspec.Struct):
    embedding: list[float] | str
    index: int | None = None


class _Answer(msgspec.Struct):
    data: list[_Row]


_ANSWER = msgspec.json.Decoder(_Answer)


class TranslatedEmbeddingCall(TranslatedCall, frozen=True, kw_only=True):
    """A call for embeddings with OpenAI's body."""

    @property
    def client(self) -> EmbeddingDialect:
        """The client's dialect."""
        return embedding_dialect(self.parsed)

    @property
    def batch(self) -> bool:
        """In which of its two forms the client's dialect has asked."""
        return self.parsed.operation is Operation.EMBED_SEVERAL


def embedding_dialect(parsed: ParsedCall) -> EmbeddingDialect:
    """The dialect of a call's client, in which texts are embedded."""
    assert isinstance(parsed.client, EmbeddingDialect)  # no path of another embeds
    return parsed.client


def route(parsed: ParsedCall, environment: Environment) -> RoutedCall:
    """Finds the model and the user. Raises ClientError: 404 for an unknown model, 401."""
    found = embedding_route_of(parsed.model, environment.registry, environment.settings.default_embed_model)
    return RoutedCall(parsed, found, user_for(parsed.request, environment.settings))


def translate(routed: RoutedCall, settings: Settings) -> TranslatedEmbeddingCall:
    """Writes OpenAI's body for a request."""
    parsed = routed.parsed
    batch = parsed.operation is Operation.EMBED_SEVERAL
    body, dropped = embedding_dialect(parsed).embedding_request(parsed.upstream_fields, batch=batch)
    url = settings.native_openai_base_url + PATH
    return TranslatedEmbeddingCall(routed=routed, url=url, body=body, dropped=dropped)


def profile(translated: TranslatedEmbeddingCall, known: Profile) -> ProfiledCall[TranslatedEmbeddingCall]:
    """Sets the headers; no embedding model is known to want anything otherwise."""
    headers, replaced = upstream_headers(translated.headers, translated.client, _CHAT, translated.user)
    dropped = (*translated.dropped, *replaced)
    return ProfiledCall(translated=translated, body=translated.body, headers=headers, dropped=dropped)


def seal(profiled: ProfiledCall[TranslatedEmbeddingCall]) -> SealedCall:
    """Sets model and identity, and writes the request."""
    call = profiled.translated
    body = _CHAT.seal(profiled.body, model=call.route.internal_id, user=call.user, stream=False)
    request = UpstreamRequest(call.url, profiled.headers, msgspec.json.encode(body))
    return SealedCall(request, False, tuple(map(printable_path, profiled.dropped)))


class EmbeddingCall(Exchange):
    """A call for embeddings."""

    bytes_per_token = 0

    def __init__(self, call: TranslatedEmbeddingCall, sealed: SealedCall, environment: Environment) -> None:
        super().__init__(call, sealed, environment)
        self._client = call.client
        self._batch = call.batch
        self._user = call.user

    def response_body(self, status: int, headers: Mapping[str, str], body: bytes) -> bytes:
        if status != 200:
            raise _CHAT.read_error(status, body) or unknown_error(self.upstream.url, status, headers, body)
        try:
            rows = _ANSWER.decode(body).data
        except UNREADABLE as problem:
            self.refuse_notice(body)
            raise self.no_embeddings(headers, body) or UpstreamError(
                502, f"ARGO answered with something that is no embeddings: {problem}"
            ) from problem
        ordered = sorted(enumerate(rows), key=lambda row: row[0] if row[1].index is None else row[1].index)
        return self._client.embedding_response(body, [row.embedding for _, row in ordered], batch=self._batch)

    def no_embeddings(self, headers: Mapping[str, str], body: bytes) -> UpstreamError | None:
        """The error that a 200 without embeddings is: one in JSON, or a page of something in ARGO's place."""
        page = body.lstrip()[:1] != b"{"
        return unknown_error(self.upstream.url, 200, headers, body) if page else _CHAT.read_error(0, body)

    def refuse_notice(self, body: bytes) -> None:
        """Raises the error that the authentication notice stands for, if that is what came."""
        if auth_notice.contains_notice(body[:_LOOKED_THROUGH].decode(errors="replace")):
            raise auth_notice.not_registered(self._user)

    def fail(self, error: GatewayError) -> Reply:
        reply = error_reply(self._client, error)
        body = error.body if isinstance(error, UpstreamError) and self._client.name == _CHAT.name else None
        return msgspec.structs.replace(
            reply, body=body or reply.body, headers={**reply.headers, **self.report_headers()}
        )
