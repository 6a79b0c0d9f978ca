"""The dialect of legacy Completions: what its clients see. ARGO has no endpoint of it."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from ...errors import GatewayError
from ...ir.request import Request
from ...ir.response import Response
from ..base import Fields, ModelDialect, ResponseContext
from ..openai.errors import error_body
from ..openai.models import OpenAIModels
from ..shared.endpoints import Operation
from ..shared.raw_members import optional, text_of_member
from .decode_request import decode_request, echoed
from .encode_response import CompletionContext, CompletionWriter, encode_response
from .stream_reader import CompletionReader

_encode = msgspec.json.Encoder().encode


class _StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


_STREAM_OPTIONS = msgspec.json.Decoder(_StreamOptions | None)


class OpenAICompletions(OpenAIModels, ModelDialect):
    """OpenAI's legacy Completions."""

    name = "openai_completions"
    title = "OpenAI Completions"
    paths: Mapping[str, Operation] = {"/v1/completions": Operation.GENERATE}
    conversation = "prompt"
    recorded_path = re.compile(r"(?<!/chat)/completions\Z")
    response_sign = rb'"object"\s*:\s*"text_completion'

    def owns_request(self, members: Fields) -> bool:
        return "prompt" in members and "messages" not in members

    def owns_response(self, members: Fields) -> bool:
        return text_of_member(members, "object").startswith("text_completion")

    def transcript_reader(self) -> CompletionReader:
        return CompletionReader()

    def error_body(self, error: GatewayError, request_id: str) -> bytes:
        return error_body(error)

    def decode_request(self, fields: Fields, *, keep_extra: bool) -> Request:
        return decode_request(fields)

    def user_turn(self, text: str) -> None:
        return None

    def response_context(self, fields: Fields, request: Request, context: ResponseContext) -> CompletionContext:
        options = optional(fields, "stream_options", _STREAM_OPTIONS)
        about = {**msgspec.structs.asdict(context), "usage": options is not None and bool(options.include_usage)}
        return CompletionContext(**about, echo=echoed(fields))

    def writer(self, context: ResponseContext) -> CompletionWriter:
        return CompletionWriter(_ours(context))

    def encode_response(self, response: Response, context: ResponseContext) -> bytes:
        return encode_response(response, _ours(context))


def _ours(context: ResponseContext) -> CompletionContext:
    assert isinstance(context, CompletionContext)  # `context` has made it
    return context
