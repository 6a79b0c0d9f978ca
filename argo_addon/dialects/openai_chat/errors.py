"""Errors as the clients of Chat Completions expect them."""

from __future__ import annotations

import msgspec

from ...errors import ContextOverflow, GatewayError
from ...sse import frame_of
from . import wire
from .maps import CODE_OF_STATUS, kind_of, overflow_words

_encode = msgspec.json.Encoder().encode


def error_body(error: GatewayError) -> bytes:
    """The body of an error answer."""
    kind = error.kind if error.kind and not error.kind.endswith("Error") else kind_of(error.status)
    code = error.code or CODE_OF_STATUS.get(error.status)
    message = overflow_words(error) if isinstance(error, ContextOverflow) else error.message
    return _encode(wire.ErrorBody(wire.ErrorDetail(message, kind, error.param, code)))


def error_frame(error: GatewayError) -> bytes:
    """The event that tells a streaming client of an error (pitfalls 7.4)."""
    return frame_of(error_body(error))
