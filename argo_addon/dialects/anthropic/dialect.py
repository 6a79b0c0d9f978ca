"""The Anthropic dialect: what a client of the Messages API sees, and how ARGO's is called."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timezone

import msgspec

from ...errors import UNREADABLE, ClientError, ContextOverflow, GatewayError, UpstreamError
from ...ir.request import Message, Request
from ...ir.response import Response
from ...translation import tokens
from ..base import CountingDialect, Fields, ResponseContext, UpstreamDialect
from ..shared.dropped_fields import DroppedFields
from ..shared.endpoints import Operation
from ..shared.lenient import Lenient
from ..shared.listed_model import ListedModel
from ..shared.outline import Outline
from ..shared.raw_members import text_of_member
from ..shared.usual import ReadsAtOnce
from ..shared.wrapped_errors import detail_in, has_error
from . import wire
from .decode_request import decode_request, with_roles
from .decode_response import MessageReader, decode_response
from .decode_usual import read_usual
from .encode_messages import LONGEST_TOOL_NAME
from .encode_request import encode_request
from .encode_response import encode_response
from .errors import THREADLESS, error_body, error_frame
from .field_names import FIELD_NAMES
from .maps import overflow_words
from .stream_observer import PING, MessageAssembler, MessageObserver, ModelRenamer, upstream_error
from .stream_repairer import LeakRepairer
from .stream_writer import MessageWriter

_encode = msgspec.json.Encoder().encode
_ERROR_BODY = msgspec.json.Decoder(wire.WrittenError)
_OUTLINE = Lenient(wire.ResponseOutline)
_ERROR = Lenient(wire.ErrorOutline)
_METADATA = msgspec.json.Decoder(dict[str, msgspec.Raw] | None)

_CLAUDE = "claude-"
VERSION = "2023-06-01"
CLAUDE_CODE = ("claude-cli/", "claude-code/")
"""How Claude Code's user agent begins."""
KNOWN_VERSIONS = frozenset({"2023-01-01", VERSION})
"""What ARGO's Claude path is known to take; a newer SDK may name a version that it does not (pitfalls 1.6)."""


class Anthropic(UpstreamDialect, CountingDialect, ReadsAtOnce):
    """Anthropic Messages."""

    name = "anthropic"
    title = "Anthropic"
    paths: Mapping[str, Operation] = {
        "/v1/messages": Operation.GENERATE,
        "/v1/messages/count_tokens": Operation.COUNT,
    }
    conversation = "messages"
    recorded_path = re.compile(r"/messages\Z|:(?:streamR|r)awPredict\Z")
    response_sign = rb'"type"\s*:\s*"message_start"|"stop_reason"\s*:'
    other_layouts = ("openai_chat",)  # argo.md, "What each model takes"
    max_tool_name_length = LONGEST_TOOL_NAME
    ping = PING
    path = "/v1/messages"
    field_names = FIELD_NAMES

    def owns_path(self, path: str) -> bool:
        return path.startswith("/v1/messages")

    def owns_headers(self, headers: Mapping[str, str]) -> bool:
        return "anthropic-version" in headers

    def owns_response(self, members: Fields) -> bool:
        return text_of_member(members, "type").startswith(("message", "content_block", "ping"))

    def credentials(self, user: str) -> dict[str, str]:
        return {"x-api-key": user}

    def headers(self, client: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
        version = client.get("anthropic-version", VERSION)
        if version in KNOWN_VERSIONS:
            return {"anthropic-version": version}, []
        return {"anthropic-version": VERSION}, [f"header anthropic-version: {version} (sent: {VERSION})"]

    def seal(self, fields: Fields, *, model: str, user: str, stream: bool) -> Fields:
        name = msgspec.Raw(_encode(user))
        changed = {
            **fields,
            "model": msgspec.Raw(_encode(model)),
            "metadata": msgspec.Raw(_encode({**_metadata(fields), "user_id": name})),
            "user": name,
        }
        return {**changed, "stream": msgspec.Raw(b"true")} if stream else changed

    def decode_request(self, fields: Fields, *, keep_extra: bool) -> Request:
        return decode_request(fields, keep_extra=keep_extra)

    def read_usual(self, body: bytes) -> tuple[Fields, list[Message]] | None:
        return read_usual(body)

    def request_of(self, members: Fields, messages: Sequence[Message]) -> Request:
        return decode_request(members, keep_extra=False, messages=messages)

    def encode_request(
        self, request: Request, dropped: DroppedFields, *, max_tokens: int, stream: bool, outline: Outline | None = None
    ) -> Fields:
        return encode_request(request, dropped, max_tokens=max_tokens, stream=stream, outline=outline or Outline())

    def reader(self, *, keep_extra: bool) -> MessageReader:
        return MessageReader(keep_extra)

    def decode_response(self, body: bytes, *, keep_extra: bool) -> Response:
        return decode_response(body, keep_extra=keep_extra)

    def refuse_stored(self, fields: Fields, *, kept: bool) -> None:
        if bytes(fields.get("thread", b"null")) != b"null":
            message = (
                "thread: needs a store of earlier answers, which is not here: send the whole conversation as messages"
            )
            raise ClientError(400, message, param="thread", code=THREADLESS)

    def response_context(self, fields: Fields, request: Request, context: ResponseContext) -> ResponseContext:
        return context

    def token_count(self, fields: Fields) -> bytes:
        counted = decode_request(with_roles(fields), keep_extra=True)  # whatever it holds counts
        return _encode({"input_tokens": tokens.estimate(counted)})

    def writer(self, context: ResponseContext) -> MessageWriter:
        return MessageWriter(context)

    def encode_response(self, response: Response, context: ResponseContext) -> bytes:
        return encode_response(response, context)

    def decode_error(self, status: int, body: bytes) -> tuple[str, UpstreamError]:
        detail = detail_in(_ERROR.decode(body).error)
        if detail is None:
            raise msgspec.ValidationError("no error is in it")
        return _as_written(body), upstream_error(detail, status)

    def classify_body(self, body: bytes) -> tuple[bool, bool]:
        outline = _OUTLINE.decode(body)
        return has_error(outline.error), outline.content is not None

    def text_of(self, body: bytes) -> str:
        return "".join(block.text for block in _OUTLINE.decode(body).content or ())

    def error_body(self, error: GatewayError, request_id: str) -> bytes:
        return error_body(error, request_id)

    def knows_overflow(self, error: ContextOverflow) -> bool:
        return overflow_words(error) == error.message

    def error_frame(self, error: GatewayError, request_id: str) -> bytes:
        return error_frame(error, request_id)

    def renamer(self, client: Mapping[str, str], context: str) -> ModelRenamer | None:
        """Claude Code sends signed thinking back only if the answer's model is the one that it asked for.

        Seen on 2.1.197: with another name there, it leaves the thinking out, and a tool loop with thinking ends in
        "Expected `thinking`, but found `tool_use`" (docs/decisions/0005).
        """
        return ModelRenamer(context) if client.get("user-agent", "").startswith(CLAUDE_CODE) else None

    def observer(self, choices: int) -> MessageObserver:
        return MessageObserver()

    def stream_repairer(self, names: Set[str]) -> LeakRepairer:
        return LeakRepairer(names)

    def assembler(self) -> MessageAssembler:
        return MessageAssembler()

    def listed_names(self, names: Sequence[str]) -> Sequence[str]:
        """Each with `argo:`, and one that begins with `claude-` for every family: Claude Code's model picker keeps only
        those (pitfalls 8.4). Claude's have dashes: one with a dot is an unknown, old model to Claude Code (11.4).
        """
        if not names[0].startswith(_CLAUDE):
            return [*super().listed_names(names), _CLAUDE + names[0]]
        dashed = [name.replace(".", "-") for name in names]
        return [*super().listed_names(dashed), dashed[0]]

    def model_list(self, models: Sequence[ListedModel]) -> bytes:
        entries = [_entry(model) for model in models]
        first, last = (entries[0].id, entries[-1].id) if entries else (None, None)
        return _encode(wire.ModelPage(entries, first_id=first, last_id=last))

    def model_entry(self, model: ListedModel) -> bytes:
        return _encode(_entry(model))


def _as_written(body: bytes) -> str:
    """The message of an error body that its own clients can read; nothing of any other."""
    try:
        return _ERROR_BODY.decode(body).error.message
    except UNREADABLE:
        return ""


def _metadata(fields: Fields) -> dict[str, msgspec.Raw]:
    """The client's own `metadata`; ARGO's user id is put into it."""
    try:
        return _METADATA.decode(fields.get("metadata", b"null")) or {}
    except UNREADABLE as error:
        raise ClientError(400, f"metadata: expected an object ({error})", param="metadata") from error


def _entry(model: ListedModel) -> wire.ModelEntry:
    created = datetime.fromtimestamp(model.created, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return wire.ModelEntry(
        id=model.id,
        display_name=model.display_name,
        created_at=created,
        max_input_tokens=model.context,
        max_tokens=model.max_output,
    )
