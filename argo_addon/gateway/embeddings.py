"""Embeddings: OpenAI's `/v1/embeddings` as it is, those of other dialects by way of it.

Sans-IO. Source: argo.md, "Endpoints and models"; pitfalls 8.7; the OpenAI API reference ("Embeddings") and the Gemini
API reference ("Embeddings").
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..dialects import UPSTREAM
from ..dialects.base import EmbeddingDialect
from ..errors import UNREADABLE, GatewayError, UpstreamError
from ..translation import auth_notice
from .exchange import Exchange, Reply, UpstreamRequest, error_reply, unknown_error
from .routing import Route

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


class EmbeddingCall(Exchange):
    """A call for embeddings; `batch` says in which of its forms the client's dialect has asked."""

    def __init__(
        self,
        upstream: UpstreamRequest,
        route: Route,
        client: EmbeddingDialect,
        *,
        batch: bool,
        user: str,
        timeout: float | None,
        dropped: tuple[str, ...],
    ) -> None:
        super().__init__(upstream, route, streams=False, timeout=timeout, dropped=dropped)
        self._client = client
        self._batch = batch
        self._user = user

    def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> bytes:
        if status != 200:
            raise _CHAT.read_error(status, body) or unknown_error(status, headers, body)
        try:
            rows = _ANSWER.decode(body).data
        except UNREADABLE as problem:
            self.refuse_notice(body)
            raise _CHAT.read_error(0, body) or UpstreamError(
                502, f"ARGO answered with something that is no embeddings: {problem}"
            ) from problem
        ordered = sorted(enumerate(rows), key=lambda row: row[0] if row[1].index is None else row[1].index)
        return self._client.embedding_answer(body, [row.embedding for _, row in ordered], batch=self._batch)

    def refuse_notice(self, body: bytes) -> None:
        """Raises the error that the authentication notice stands for, if that is what came."""
        if auth_notice.contains_notice(body[:_LOOKED_THROUGH].decode(errors="replace")):
            raise auth_notice.not_registered(self._user)

    def fail(self, error: GatewayError) -> Reply:
        reply = error_reply(self._client, error)
        body = error.body if isinstance(error, UpstreamError) and self._client.name == _CHAT.name else None
        return msgspec.structs.replace(reply, body=body or reply.body, headers={**reply.headers, **self.notes()})
