"""The Chat dialect: what a client of Chat Completions sees, and how ARGO's is called."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from ...errors import UNREADABLE, ContextOverflow, GatewayError, UpstreamError
from ...ir.request import Message, Request, Tool
from ...ir.response import Response
from ...sse import frame_of
from ..base import EmbeddingDialect, Fields, ResponseContext, UpstreamDialect
from ..openai.errors import ErrorBody, error_body, overflow_words
from ..openai.models import OpenAIModels
from ..shared.dropped_fields import DroppedFields
from ..shared.endpoints import Operation
from ..shared.lenient import Lenient
from ..shared.outline import Outline
from ..shared.raw_members import is_set, optional, text_of_member
from ..shared.usual import ReadsAtOnce
from ..shared.wrapped_errors import detail_in, has_error
from . import wire
from .decode_request import decode_request
from .decode_response import decode_response
from .decode_usual import read_usual
from .encode_messages import LONGEST_TOOL_NAME
from .encode_request import encode_request
from .encode_response import encode_response
from .field_names import FIELD_NAMES
from .stream_observer import PING, ChunkObserver, upstream_error
from .stream_reader import ChunkReader
from .stream_writer import ChunkWriter

_encode = msgspec.json.Encoder().encode
_ERROR_BODY = msgspec.json.Decoder(ErrorBody)
_OUTLINE = Lenient(wire.ResponseOutline)
_ERROR = Lenient(wire.ErrorOutline)


class _StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


_STREAM_OPTIONS = msgspec.json.Decoder(_StreamOptions | None)


class OpenAIChat(OpenAIModels, UpstreamDialect, EmbeddingDialect, ReadsAtOnce):
    """OpenAI Chat Completions."""

    name = "openai_chat"
    title = "OpenAI Chat"
    paths: Mapping[str, Operation] = {
        "/v1/chat/completions": Operation.GENERATE,
        "/v1/embeddings": Operation.EMBED,
    }
    conversation = "messages"
    recorded_path = re.compile(r"/chat/completions\Z")
    response_sign = rb'"object"\s*:\s*"chat\.completion|"choices"\s*:\s*\[\s*\{'
    max_tool_name_length = LONGEST_TOOL_NAME
    ping = PING
    path = "/chat/completions"
    field_names = FIELD_NAMES

    def owns_response(self, members: Fields) -> bool:
        return is_set(members, "choices") and not text_of_member(members, "object").startswith("text_completion")

    def credentials(self, user: str) -> dict[str, str]:
        return {"authorization": f"Bearer {user}"}

    def headers(self, client: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
        return {}, []

    def seal(self, fields: Fields, *, model: str, user: str, stream: bool) -> Fields:
        return {**fields, "model": msgspec.Raw(_encode(model)), "user": msgspec.Raw(_encode(user))}

    def decode_request(self, fields: Fields, *, keep_extra: bool) -> Request:
        return decode_request(fields, keep_extra=keep_extra)

    def read_usual(self, body: bytes) -> tuple[Fields, list[Message]] | None:
        return read_usual(body)

    def request_of(self, members: Fields, messages: Sequence[Message]) -> Request:
        return decode_request(members, keep_extra=False, messages=messages)

    def encode_request(
        self, request: Request, dropped: DroppedFields, *, max_tokens: int, stream: bool, outline: Outline | None = None
    ) -> Fields:
        return encode_request(request, dropped, stream=stream, outline=outline or Outline())

    def reader(self, *, keep_extra: bool) -> ChunkReader:
        return ChunkReader(keep_extra)

    def decode_response(self, body: bytes, *, keep_extra: bool) -> Response:
        return decode_response(body, keep_extra=keep_extra)

    def response_context(self, fields: Fields, request: Request, context: ResponseContext) -> ResponseContext:
        options = optional(fields, "stream_options", _STREAM_OPTIONS)
        free = frozenset(tool.name for tool in request.tools if isinstance(tool, Tool) and tool.custom)
        usage = options is not None and bool(options.include_usage)
        return msgspec.structs.replace(context, usage=usage, custom_tools=free)

    def embedding_request(self, fields: Fields, *, batch: bool) -> tuple[Fields, tuple[str, ...]]:
        return {name: value for name, value in fields.items() if name != "timeout"}, ()

    def embedding_response(self, body: bytes, vectors: Sequence[list[float] | str], *, batch: bool) -> bytes:
        return body

    def writer(self, context: ResponseContext) -> ChunkWriter:
        return ChunkWriter(context)

    def encode_response(self, response: Response, context: ResponseContext) -> bytes:
        return encode_response(response, context)

    def decode_error(self, status: int, body: bytes) -> tuple[str, UpstreamError]:
        detail = detail_in(_ERROR.decode(body).error)
        if detail is None:
            raise msgspec.ValidationError("no error is in it")
        return _as_written(body), upstream_error(detail, status or None)

    def classify_body(self, body: bytes) -> tuple[bool, bool]:
        outline = _OUTLINE.decode(body)
        return has_error(outline.error), bool(outline.choices)

    def text_of(self, body: bytes) -> str:
        choices = _OUTLINE.decode(body).choices or ()
        return "".join(choice.message.text for choice in choices if choice.message is not None)

    def error_body(self, error: GatewayError, request_id: str) -> bytes:
        return error_body(error)

    def knows_overflow(self, error: ContextOverflow) -> bool:
        return b"context_length_exceeded" in (error.body or b"") and overflow_words(error) == error.message

    def error_frame(self, error: GatewayError, request_id: str) -> bytes:
        return frame_of(error_body(error))

    def choices(self, fields: Fields) -> int:
        try:
            return max(1, msgspec.json.decode(fields.get("n", b"null"), type=int | None) or 1)
        except UNREADABLE:
            return 1  # the upstream's to refuse

    def observer(self, choices: int) -> ChunkObserver:
        return ChunkObserver(choices)


def _as_written(body: bytes) -> str:
    """The message of an error body that its own clients can read; nothing of any other."""
    try:
        return _ERROR_BODY.decode(body).error.message
    except UNREADABLE:
        return ""
