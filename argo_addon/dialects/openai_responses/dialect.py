"""The Responses dialect: what a client of the Responses API sees. ARGO has no endpoint of it."""

from __future__ import annotations

import msgspec

from ...errors import GatewayError
from ...ir.fold import unfold
from ...ir.request import Request
from ...ir.response import Response
from ..base import Fields, ModelDialect, ResponseContext
from ..openai.errors import error_body
from ..openai.models import OpenAIModels
from .decode_request import decode_request, refuse_stored
from .field_names import PLACES
from .response_context import ResponsesContext, asked_of
from .stream_writer import ResponseWriter

_encode = msgspec.json.Encoder().encode


class OpenAIResponses(OpenAIModels, ModelDialect):
    """OpenAI Responses."""

    name = "openai_responses"
    field_names = PLACES

    def error_body(self, error: GatewayError, request_id: str) -> bytes:
        return error_body(error)

    def decode_request(self, fields: Fields, *, keep: bool) -> Request:
        return decode_request(fields)

    def refuse_stored(self, fields: Fields) -> None:
        refuse_stored(fields)

    def response_context(self, fields: Fields, request: Request, asked: ResponseContext) -> ResponsesContext:
        return asked_of(fields, request, asked)

    def writer(self, asked: ResponseContext) -> ResponseWriter:
        return ResponseWriter(_ours(asked))

    def encode_answer(self, response: Response, asked: ResponseContext) -> bytes:
        writer = ResponseWriter(_ours(asked))
        for event in unfold(response):
            writer.write(event)
        return _encode(writer.response)


def _ours(asked: ResponseContext) -> ResponsesContext:
    assert isinstance(asked, ResponsesContext)  # `asked` has made it
    return asked
