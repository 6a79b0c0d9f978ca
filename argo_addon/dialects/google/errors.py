"""Errors as the GenAI API's clients expect them: google.rpc.Status (pitfalls 7.1, 7.6)."""

from __future__ import annotations

import msgspec

from ...errors import ContextOverflow, GatewayError
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
_RETRY = "type.googleapis.com/google.rpc.RetryInfo"


def error_body(error: GatewayError) -> bytes:
    """The body of an error answer, or the chunk that ends a stream."""
    fallback = "INVALID_ARGUMENT" if error.status < 500 else "INTERNAL"
    status = STATUS_NAMES.get(error.status, fallback)
    message = overflow_words(error) if isinstance(error, ContextOverflow) else error.message
    after = error.headers.get("retry-after", "")
    details = [{"@type": _RETRY, "retryDelay": f"{after}s"}] if error.status == 429 and after.isdecimal() else []
    return _encode(wire.ErrorBody(wire.ErrorDetail(error.status, message, status, details)))


def overflow_words(error: ContextOverflow) -> str:
    """A prompt that is too long, in Google's words (pitfalls 7.2)."""
    if "input token count" in error.message or error.limit is None:
        return error.message
    prompt = (error.prompt or error.limit) + (error.answer or 0)
    count = max(prompt, error.limit + 1)
    return f"The input token count ({count}) exceeds the maximum number of tokens allowed ({error.limit})."
