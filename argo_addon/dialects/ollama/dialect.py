"""The Ollama dialect: what a client of Ollama sees. ARGO has no endpoint of it.

Source: Ollama's API reference. What manages models that lie on a machine (pull, push, create, copy, delete) is not
served: ARGO's models lie on none.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import msgspec

from ...errors import GatewayError
from ...ir.request import Request
from ...ir.response import Response
from ..base import EmbeddingDialect, Fields, ModelDialect, ResponseContext
from ..shared.endpoints import Endpoint, Operation
from ..shared.listed_model import ListedModel
from ..shared.raw_members import is_set, text_of_member
from . import wire
from .decode_request import asks_nothing, decode_request, is_generate, is_put_away, is_wrapped, wants_thoughts
from .embeddings import request_for, vectors_for
from .encode_response import encode_response, idle_body
from .errors import error_body
from .field_names import FIELD_NAMES
from .response_parts import OllamaContext, time_of
from .stream_reader import LineReader
from .stream_writer import LineWriter

_encode = msgspec.json.Encoder().encode
VERSION = "0.12.6"
"""The version of Ollama whose API this is: clients ask for it, and refuse an older one."""
NAME = "ollama"
_TAG = ":latest"
_ARCHITECTURE = "argo"
_READ = ("GET", "HEAD")
_ENDPOINTS = {
    "/api/chat": Endpoint(Operation.GENERATE, dialect=NAME, streams=True, defaults={"messages": msgspec.Raw(b"[]")}),
    "/api/generate": Endpoint(Operation.GENERATE, dialect=NAME, streams=True),
    "/api/embed": Endpoint(Operation.EMBED_SEVERAL, dialect=NAME),
    "/api/embeddings": Endpoint(Operation.EMBED, dialect=NAME),
    "/api/tags": Endpoint(Operation.MODELS, _READ, NAME),
    "/api/show": Endpoint(Operation.MODEL, dialect=NAME),
    "/api/version": Endpoint(Operation.CONSTANT, _READ, NAME, body=_encode({"version": VERSION})),
    "/api/ps": Endpoint(Operation.CONSTANT, _READ, NAME, body=_encode({"models": []})),
}
_TELLING = frozenset({"options", "keep_alive", "think"})
"""Members by which a request is told from one of OpenAI's."""


class Ollama(ModelDialect, EmbeddingDialect):
    """Ollama."""

    name = NAME
    title = "Ollama"
    example_path = "/api/chat"
    conversation = "messages"
    recorded_path = re.compile(r"/api/(?:chat|generate)\Z")
    response_sign = rb'"done"\s*:\s*(?:true|false)'
    field_names = FIELD_NAMES

    def endpoint(self, path: str) -> Endpoint | None:
        return _ENDPOINTS.get(path)

    def owns_path(self, path: str) -> bool:
        return path.startswith("/api/")

    def owns_request(self, members: Fields) -> bool:
        return ("messages" in members or "prompt" in members) and bool(_TELLING & members.keys())

    def owns_response(self, members: Fields) -> bool:
        return is_set(members, "done") and (is_set(members, "message") or is_set(members, "response"))

    def listed_names(self, names: Sequence[str]) -> Sequence[str]:
        """The main one, with the tag that Ollama's own list puts behind every name: clients take it off."""
        return [names[0] + _TAG]

    def transcript_reader(self) -> LineReader:
        return LineReader()

    def error_body(self, error: GatewayError, request_id: str) -> bytes:
        return error_body(error)

    def decode_request(self, fields: Fields, *, keep_extra: bool) -> Request:
        return decode_request(fields)

    def idle_answer(self, fields: Fields, created: int) -> bytes | None:
        if not asks_nothing(fields):
            return None
        model = text_of_member(fields, "model")
        return idle_body(model, created, generates=is_generate(fields), put_away=is_put_away(fields))

    def response_context(self, fields: Fields, request: Request, context: ResponseContext) -> OllamaContext:
        return OllamaContext(
            **msgspec.structs.asdict(context),
            generates=is_generate(fields),
            thoughts=wants_thoughts(fields),
            wrapped=is_wrapped(fields),
        )

    def stream_type(self, context: ResponseContext) -> str:
        return "application/x-ndjson"

    def writer(self, context: ResponseContext) -> LineWriter:
        return LineWriter(_ours(context))

    def encode_response(self, response: Response, context: ResponseContext) -> bytes:
        return encode_response(response, _ours(context))

    def embedding_request(self, fields: Fields, *, batch: bool) -> tuple[Fields, tuple[str, ...]]:
        return request_for(fields, batch=batch)

    def embedding_response(self, body: bytes, vectors: Sequence[list[float] | str], *, batch: bool) -> bytes:
        return vectors_for(body, vectors, batch=batch)

    def model_list(self, models: Sequence[ListedModel]) -> bytes:
        return _encode(wire.ModelList([_entry(model) for model in models]))

    def model_entry(self, model: ListedModel) -> bytes:
        about: dict[str, str | int] = {
            "general.architecture": _ARCHITECTURE,
            "general.basename": model.display_name,
        }
        if model.context is not None:
            about[f"{_ARCHITECTURE}.context_length"] = model.context
        answers = ["completion", "tools", "vision", *(["thinking"] if model.thinks else [])]
        capabilities = ["embedding"] if model.embeds else answers
        return _encode(wire.ModelFacts(time_of(model.created), _details(model), about, capabilities))


def _entry(model: ListedModel) -> wire.ModelEntry:
    digest = hashlib.sha256(model.internal_id.encode()).hexdigest()
    return wire.ModelEntry(model.id, model.id, time_of(model.created), digest, _details(model))


def _details(model: ListedModel) -> wire.ModelDetails:
    family = model.display_name.split("-")[0].split(" ")[0].lower()
    return wire.ModelDetails(family, [family])


def _ours(context: ResponseContext) -> OllamaContext:
    assert isinstance(context, OllamaContext)  # `context` has made it
    return context
