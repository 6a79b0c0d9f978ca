"""The Responses dialect: what a client of the Responses API sees. ARGO has no endpoint of it."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from ...errors import GatewayError
from ...ir.fold import unfold
from ...ir.request import Request
from ...ir.response import Response
from ...sealing import Sealer
from ...translation import tokens
from ..base import CountingDialect, Fields, ModelDialect, ResponseContext
from ..openai.errors import error_body
from ..openai.models import OpenAIModels
from ..shared.endpoints import Endpoint, Operation
from ..shared.raw_members import text_of_member
from . import compaction
from .compaction_writer import CompactionWriter
from .decode_request import decode_request, refuse_stored
from .field_names import FIELD_NAMES
from .response_context import ResponsesContext, context_of
from .stream_reader import ResponseReader
from .stream_writer import ResponseWriter
from .truncation import truncated

_encode = msgspec.json.Encoder().encode


_OWN_PATH = re.compile(r"/v1/(?:responses|conversations)(?:/|\Z)")
_KEPT = tuple(
    (re.compile(rf"/v1/{pattern}"), Endpoint(Operation.STORED, methods, "openai_responses"))
    for pattern, methods in (
        (r"responses/[^/]+", ("GET", "DELETE")),
        (r"responses/[^/]+/input_items", ("GET",)),
        (r"responses/[^/]+/cancel", ("POST",)),
        (r"conversations", ("POST",)),
        (r"conversations/[^/]+", ("GET", "POST", "DELETE")),
        (r"conversations/[^/]+/items", ("GET", "POST")),
        (r"conversations/[^/]+/items/[^/]+", ("GET", "DELETE")),
    )
)
"""The paths of what is kept, and the methods of each."""


class OpenAIResponses(OpenAIModels, ModelDialect, CountingDialect):
    """OpenAI Responses."""

    name = "openai_responses"
    title = "OpenAI Responses"
    paths: Mapping[str, Operation] = {
        "/v1/responses": Operation.GENERATE,
        "/v1/responses/compact": Operation.COMPACT,
        "/v1/responses/input_tokens": Operation.COUNT,
    }
    conversation = "input"
    recorded_path = re.compile(r"/responses(?:/compact)?\Z")
    response_sign = rb'"type"\s*:\s*"response\.|"object"\s*:\s*"response(?:\.compaction)?"'
    field_names = FIELD_NAMES

    def owns_request(self, members: Fields) -> bool:
        return "input" in members and "messages" not in members

    def owns_response(self, members: Fields) -> bool:
        kind = text_of_member(members, "type")
        return kind.startswith("response.") or text_of_member(members, "object") in ("response", "response.compaction")

    def transcript_reader(self) -> ResponseReader:
        return ResponseReader()

    def error_body(self, error: GatewayError, request_id: str) -> bytes:
        return error_body(error)

    def decode_request(self, fields: Fields, *, keep_extra: bool) -> Request:
        return decode_request(fields)

    def opened(self, fields: Fields, operation: Operation, sealer: Sealer, user: str) -> Fields:
        whole = compaction.with_trigger(fields) if operation is Operation.COMPACT else fields
        return compaction.opened(whole, sealer, user)

    def refuse_stored(self, fields: Fields, *, kept: bool) -> None:
        refuse_stored(fields, kept=kept)

    def truncated(self, fields: Fields, context: int | None) -> tuple[Fields, int]:
        return truncated(fields, context)

    def token_count(self, fields: Fields) -> bytes:
        counted = tokens.estimate(decode_request(fields))
        return _encode({"object": "response.input_tokens", "input_tokens": counted})

    def endpoint(self, path: str) -> Endpoint | None:
        kept = next((found for pattern, found in _KEPT if pattern.fullmatch(path)), None)
        return kept or super().endpoint(path)

    def owns_path(self, path: str) -> bool:
        return _OWN_PATH.match(path) is not None

    def response_context(self, fields: Fields, request: Request, context: ResponseContext) -> ResponsesContext:
        return context_of(fields, request, context)

    def writer(self, context: ResponseContext) -> ResponseWriter:
        ours = _ours(context)
        return CompactionWriter(ours) if ours.compacts else ResponseWriter(ours)

    def encode_response(self, response: Response, context: ResponseContext) -> bytes:
        writer = self.writer(context)
        for event in unfold(response):
            writer.write(event)
        if isinstance(writer, CompactionWriter):
            return writer.body()
        return _encode(writer.response)


def _ours(context: ResponseContext) -> ResponsesContext:
    assert isinstance(context, ResponsesContext)  # `context` has made it
    return context
