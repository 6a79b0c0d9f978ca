"""The Google dialect, as a client sees it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ...errors import GatewayError
from ..base import Dialect, ListedModel
from . import wire

_encode = msgspec.json.Encoder().encode

STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "INVALID_ARGUMENT",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
    529: "UNAVAILABLE",
}
"""google.rpc.Code, by HTTP status."""

ACTIONS = ["generateContent", "streamGenerateContent", "countTokens"]


class Google(Dialect):
    """Google GenAI."""

    name = "google"

    def error_body(self, error: GatewayError, request_id: str) -> bytes:
        fallback = "INVALID_ARGUMENT" if error.status < 500 else "INTERNAL"
        status = STATUS_NAMES.get(error.status, fallback)
        return _encode(wire.ErrorBody(wire.ErrorDetail(error.status, error.message, status)))

    def model_list(self, models: Sequence[ListedModel]) -> bytes:
        return _encode(wire.ModelPage([_entry(model) for model in models]))

    def model_entry(self, model: ListedModel) -> bytes:
        return _encode(_entry(model))


def _entry(model: ListedModel) -> wire.ModelEntry:
    return wire.ModelEntry(
        name=f"models/{model.id}",
        display_name=model.display_name,
        base_model_id=model.id,
        supported_generation_methods=ACTIONS,
        supported_actions=ACTIONS,
    )
