"""A plain answer of Ollama's API, and one to a call that asks nothing of its model."""

from __future__ import annotations

import msgspec

from ...ir.fold import unfold
from ...ir.response import Response
from .response_parts import Json, OllamaContext, time_of
from .stream_writer import LineWriter

_encode = msgspec.json.Encoder().encode


def encode_response(response: Response, context: OllamaContext) -> bytes:
    """The body of a plain answer."""
    writer = LineWriter(context)
    for event in unfold(response):
        writer.write(event)
    return _encode(writer.body)


def idle_body(model: str, created: int, *, generates: bool, put_away: bool) -> bytes:
    """The body that says that a model is ready, or put away, which is also a whole stream."""
    said: Json = {"response": ""} if generates else {"message": {"role": "assistant", "content": ""}}
    reason = "unload" if put_away else "load"
    return (
        _encode({"model": model, "created_at": time_of(created), **said, "done": True, "done_reason": reason}) + b"\n"
    )
