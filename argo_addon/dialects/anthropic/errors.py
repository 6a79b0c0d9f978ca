"""Errors as the Messages API's clients expect them."""

from __future__ import annotations

import msgspec

from ...errors import ContextOverflow, GatewayError
from ...sse import frame_of
from . import wire
from .maps import kind_of, overflow_words

THREADLESS = "thread_unsupported_request"
"""What tells Anthropic's SDK (2.12) to send the whole conversation in place of a thread."""
_encode = msgspec.json.Encoder().encode


def error_body(error: GatewayError, request_id: str) -> bytes:
    """The body of an error answer."""
    message = overflow_words(error) if isinstance(error, ContextOverflow) else error.message
    kind = kind_of(error.status, error.kind)
    unsupported: dict[str, str | list[str]] = {"error_code": THREADLESS, "unsupported": ["thread"]}
    detail = unsupported if error.code == THREADLESS else msgspec.UNSET
    return _encode(wire.ErrorBody(wire.ErrorDetail(message, kind, detail), request_id=request_id))


def error_frame(error: GatewayError, request_id: str) -> bytes:
    """The event that tells a streaming client of an error (pitfalls 7.4)."""
    return frame_of(error_body(error, request_id), event="error")
