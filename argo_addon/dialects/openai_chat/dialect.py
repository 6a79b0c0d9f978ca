"""The Chat dialect: what a client of Chat Completions sees, and how ARGO's is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from ...errors import UNREADABLE, GatewayError, UpstreamError
from ...sse import frame_of
from ..base import Fields, ListedModel, UpstreamDialect
from . import wire
from .maps import CODE_OF_STATUS, kind_of
from .stream import ChunkWatch, reported_error

_encode = msgspec.json.Encoder().encode
_ERROR_BODY = msgspec.json.Decoder(wire.ErrorBody)
_REPLY = msgspec.json.Decoder(wire.ReplyBody)


class OpenAIChat(UpstreamDialect):
    """OpenAI Chat Completions."""

    name = "openai_chat"
    path = "/chat/completions"

    def credentials(self, user: str) -> dict[str, str]:
        return {"authorization": f"Bearer {user}"}

    def headers(self, client: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
        return {}, []

    def stamp(self, fields: Fields, *, model: str, user: str, stream: bool) -> Fields:
        return {**fields, "model": msgspec.Raw(_encode(model)), "user": msgspec.Raw(_encode(user))}

    def reported(self, status: int, body: bytes) -> tuple[str, UpstreamError]:
        detail = _ERROR_BODY.decode(body).error
        return detail.message, reported_error(detail, status)

    def holds(self, body: bytes) -> tuple[bool, bool]:
        reply = _REPLY.decode(body)
        return bytes(reply.error) not in (b"", b"null"), bool(reply.choices)

    def text_of(self, body: bytes) -> str:
        choices = _REPLY.decode(body).choices or ()
        return "".join(choice.message.text for choice in choices if choice.message is not None)

    def error_body(self, error: GatewayError, request_id: str) -> bytes:
        kind = error.kind if error.kind and not error.kind.endswith("Error") else kind_of(error.status)
        code = error.code or CODE_OF_STATUS.get(error.status)
        return _encode(wire.ErrorBody(wire.ErrorDetail(error.message, kind, error.param, code)))

    def error_frame(self, error: GatewayError, request_id: str) -> bytes:
        return frame_of(self.error_body(error, request_id))

    def choices(self, fields: Fields) -> int:
        try:
            return max(1, msgspec.json.decode(fields.get("n", b"null"), type=int | None) or 1)
        except UNREADABLE:
            return 1  # the upstream's to refuse

    def watch(self, choices: int) -> ChunkWatch:
        return ChunkWatch(choices)

    def model_list(self, models: Sequence[ListedModel]) -> bytes:
        return _encode(wire.ModelPage([_entry(model) for model in models]))

    def model_entry(self, model: ListedModel) -> bytes:
        return _encode(_entry(model))


def _entry(model: ListedModel) -> wire.ModelEntry:
    return wire.ModelEntry(id=model.id, created=model.created, owned_by=model.owned_by, display_name=model.display_name)
