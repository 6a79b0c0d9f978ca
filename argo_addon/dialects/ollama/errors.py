"""Errors as Ollama's clients expect them: one member with the message, in a body or as a stream's last line."""

from __future__ import annotations

import msgspec

from ...errors import GatewayError
from . import wire

_encode = msgspec.json.Encoder().encode


def error_body(error: GatewayError) -> bytes:
    """The body of an error answer."""
    return _encode(wire.ErrorBody(error.message))
