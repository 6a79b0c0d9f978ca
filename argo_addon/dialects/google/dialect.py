"""The Google dialect: what a client of the GenAI API sees. ARGO has no endpoint of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from ...errors import ClientError, GatewayError
from ...ir.fold import unfold
from ...ir.request import Request
from ...ir.response import Response
from ...translation import tokens
from ..base import CountingDialect, EmbeddingDialect, Fields, ModelDialect, ResponseContext
from ..shared.endpoints import Endpoint, Operation
from ..shared.listed_model import ListedModel
from ..shared.raw_members import is_set, member
from . import wire
from .decode_members import with_camel_names
from .decode_request import decode_request, form_of
from .embeddings import context_of, vectors_for
from .errors import error_body
from .field_names import FIELD_NAMES
from .response_parts import GoogleContext
from .stream_reader import CandidateReader
from .stream_writer import CandidateWriter

_encode = msgspec.json.Encoder().encode
GEMINI_CLI = "GeminiCLI"
"""How Gemini CLI's user agent begins."""
ACTIONS = ["generateContent", "streamGenerateContent", "countTokens"]
EMBEDDING_ACTIONS = ["embedContent", "batchEmbedContents"]


_CALL = re.compile(
    r"/v1(?:beta1?|alpha)?/(?:projects/[^/]+/locations/[^/]+/)?(?:publishers/[^/]+/)?(?:models|tunedModels)/"
    r"(?:models/)?(?P<name>.+):(?P<verb>[a-zA-Z]+)"
)
_VERBS: dict[str, tuple[Operation, bool | None]] = {
    "generateContent": (Operation.GENERATE, False),
    "streamGenerateContent": (Operation.GENERATE, True),
    "countTokens": (Operation.COUNT, None),
    "embedContent": (Operation.EMBED, None),
    "batchEmbedContents": (Operation.EMBED_SEVERAL, None),
}
_OWN_PATH = re.compile(r"/v1(?:beta1?|alpha)(?:/|$)|/v1/(?:models|publishers|projects)/.*:[A-Za-z]+$")
_WRAPPED = re.compile(rb'"(?:candidates|usageMetadata|promptFeedback)"')
_ALT = msgspec.json.Decoder(str | None)


class Google(ModelDialect, CountingDialect, EmbeddingDialect):
    """Google GenAI."""

    name = "google"
    title = "Google"
    listing_paths = ("/v1beta/models", "/v1alpha/models")
    example_path = "/v1beta/models/NAME:generateContent"
    conversation = "contents"
    recorded_path = re.compile(r":(?:generateContent|streamGenerateContent)\Z")
    response_sign = rb'"candidates"\s*:\s*\[\s*\{'
    field_names = FIELD_NAMES

    def endpoint(self, path: str) -> Endpoint | None:
        called = _CALL.fullmatch(path)
        if called is None or called["verb"] not in _VERBS:
            return None
        operation, stream = _VERBS[called["verb"]]
        return Endpoint(operation, dialect=self.name, argument=called["name"], stream=stream)

    def owns_path(self, path: str) -> bool:
        return _OWN_PATH.match(path) is not None

    def owns_headers(self, headers: Mapping[str, str]) -> bool:
        return "x-goog-api-key" in headers or "x-goog-api-client" in headers

    def owns_response(self, members: Fields) -> bool:
        wrapped = _WRAPPED.search(bytes(members.get("response", b""))) is not None
        return wrapped or any(is_set(members, name) for name in ("candidates", "usageMetadata", "promptFeedback"))

    def transcript_reader(self) -> CandidateReader:
        return CandidateReader()

    def error_body(self, error: GatewayError, request_id: str) -> bytes:
        return error_body(error)

    def decode_request(self, fields: Fields, *, keep_extra: bool) -> Request:
        return decode_request(fields)

    def user_turn(self, text: str) -> dict[str, object]:
        return {"role": "user", "parts": [{"text": text}]}

    def response_context(self, fields: Fields, request: Request, context: ResponseContext) -> GoogleContext:
        events = _ALT.decode(fields.get("alt", b"null")) == "sse"
        thoughts, wrapping = form_of(fields)
        return GoogleContext(**msgspec.structs.asdict(context), events=events, thoughts=thoughts, wrapping=wrapping)

    def stream_type(self, context: ResponseContext) -> str:
        return super().stream_type(context) if _ours(context).events else "application/json"

    def not_found_status(self, client: Mapping[str, str]) -> int:
        """Gemini CLI tries a 404 again at once and for ever (docs/decisions/0010-geminis-not-found.md)."""
        return 400 if client.get("user-agent", "").startswith(GEMINI_CLI) else 404

    def token_count(self, fields: Fields) -> bytes:
        whole = _whole(fields)
        try:
            return _encode({"totalTokens": tokens.estimate(decode_request(whole))})
        except ClientError:
            if "contents" not in with_camel_names(whole):
                raise
            return _encode({"totalTokens": tokens.of_json(_encode(whole))})  # whatever it holds counts (pitfalls 8.1)

    def embedding_request(self, fields: Fields, *, batch: bool) -> tuple[Fields, tuple[str, ...]]:
        return context_of(fields, batch=batch)

    def embedding_response(self, body: bytes, vectors: Sequence[list[float] | str], *, batch: bool) -> bytes:
        return vectors_for(vectors, batch=batch)

    def writer(self, context: ResponseContext) -> CandidateWriter:
        return CandidateWriter(_ours(context))

    def encode_response(self, response: Response, context: ResponseContext) -> bytes:
        writer = CandidateWriter(_ours(context))
        for event in unfold(response):
            writer.write(event)
        return _encode(writer.body)

    def model_list(self, models: Sequence[ListedModel]) -> bytes:
        return _encode(wire.ModelPage([_entry(model) for model in models]))

    def model_entry(self, model: ListedModel) -> bytes:
        return _encode(_entry(model))


def _entry(model: ListedModel) -> wire.ModelEntry:
    actions = EMBEDDING_ACTIONS if model.embeds else ACTIONS
    return wire.ModelEntry(
        name=f"models/{model.id}",
        display_name=model.display_name,
        base_model_id=model.id,
        supported_generation_methods=actions,
        supported_actions=actions,
        input_token_limit=model.context or msgspec.UNSET,
        output_token_limit=model.max_output or msgspec.UNSET,
    )


_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _whole(written: Fields) -> Fields:
    """The request whose tokens are to be counted: within `generateContentRequest`, or as it is."""
    fields = with_camel_names(written)
    inner = fields.get("generateContentRequest", msgspec.Raw(b"null"))
    return fields if bytes(inner) == b"null" else member(inner, _FIELDS, "generateContentRequest")


def _ours(context: ResponseContext) -> GoogleContext:
    assert isinstance(context, GoogleContext)  # `context` has made it
    return context
