"""A call for embeddings by ARGO's legacy gateway, and its way back. Sans-IO. Source: argo.md, "The legacy gateway"."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ...dialects import LEGACY, UPSTREAM
from ...dialects.base import EmbeddingDialect, Fields, ModelDialect
from ...dialects.losses import in_client_words, printable_path
from ...errors import GatewayError, UpstreamError
from ..embeddings import EmbeddingCall
from ..exchange import ClientRequest, Reply, UpstreamRequest, error_reply, unknown_error
from ..routing import Route
from .call import ESTIMATED
from .request import Caller, Texts, embedding_body, texts_of

_CHAT = UPSTREAM["openai_chat"]


class LegacyEmbedding(EmbeddingCall):
    """A call for the embeddings of texts."""

    def __init__(
        self,
        upstream: UpstreamRequest,
        route: Route,
        client: EmbeddingDialect,
        texts: Texts,
        *,
        batch: bool,
        user: str,
        timeout: float | None,
        dropped: tuple[str, ...],
    ) -> None:
        super().__init__(upstream, route, client, batch=batch, user=user, timeout=timeout, dropped=dropped)
        self._texts = texts

    def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> bytes:
        if status != 200:
            raise _CHAT.read_error(status, body) or unknown_error(status, headers, body)
        try:
            vectors = LEGACY.decode_vectors(body, len(self._texts.texts))
        except UpstreamError as error:
            self.refuse_notice(body)
            raise _CHAT.read_error(0, body) or error from error
        made = embedding_body(self.route.asked, self._texts, vectors)
        return self._client.embedding_answer(made, vectors, batch=self._batch)

    def fail(self, error: GatewayError) -> Reply:
        reply = error_reply(self._client, error)
        return msgspec.structs.replace(reply, headers={**reply.headers, **super().notes()})

    def notes(self) -> dict[str, str]:
        return {**super().notes(), **ESTIMATED}


def call_for(
    request: ClientRequest,
    client: EmbeddingDialect,
    route: Route,
    body: Fields,
    unsaid: tuple[str, ...],
    by: Caller,
    *,
    batch: bool,
    timeout: float | None,
) -> LegacyEmbedding:
    """The call for OpenAI's `body`, of which `unsaid` could not be told to begin with. Raises ClientError."""
    texts = texts_of(body)
    places = client.field_names if isinstance(client, ModelDialect) else {}
    said = (*unsaid, *(in_client_words(places, name, ()) for name in texts.unsaid))
    sent = by.request(request, client, route, LEGACY.embed, LEGACY.embedding_request(texts.texts))
    dropped = tuple(map(printable_path, said))
    return LegacyEmbedding(sent, route, client, texts, batch=batch, user=by.user, timeout=timeout, dropped=dropped)
