"""A plain answer in the neutral form, written for clients of the Messages API."""

from __future__ import annotations

import msgspec
from typing_extensions import assert_never

from ...ir.fold import arguments_object
from ...ir.parts import OUR_MARK, OpaquePart, ReasoningPart, TextPart, ToolCallPart
from ...ir.response import Finish, FinishReason, Response, ResponsePart, Usage
from ..base import ResponseContext
from .citations import as_written
from .maps import STOP_OF_REASON

_encode = msgspec.json.Encoder().encode
_OBJECT = msgspec.json.Decoder(dict[str, object])
Json = dict[str, object]


def encode_response(response: Response, context: ResponseContext) -> bytes:
    """The body of a plain answer; of several choices, the first."""
    choice = response.choices[0] if response.choices else None
    parts = choice.parts if choice is not None else ()
    blocks = [block for part in parts if (block := _block(part, context)) is not None]
    finish = choice.finish if choice is not None else Finish(FinishReason.STOP)
    body: Json = {
        **message_of(context, response.id, response.model),
        "content": blocks or ([] if context.same_dialect else [{"type": "text", "text": ""}]),
        **stop_of(finish, context.same_dialect),
        "usage": usage_of(response.usage),
        **(response.extra if context.same_dialect else {}),
        **(choice.extra if context.same_dialect and choice is not None else {}),
    }
    return _encode(body)


def message_of(context: ResponseContext, identifier: str, model: str) -> Json:
    """What a message begins with."""
    return {
        "id": identifier or f"msg_{context.id}",
        "type": "message",
        "role": "assistant",
        "model": context.model if context.model is not None else model,
    }


def stop_of(finish: Finish, own: bool) -> Json:
    """Why a message ended."""
    reason = finish.raw if own and finish.raw else STOP_OF_REASON[finish.reason]
    stop: Json = {"stop_reason": reason, "stop_sequence": finish.stop_sequence}
    return {**stop, **finish.extra} if own else stop


def usage_of(usage: Usage | None) -> Json:
    """The figures; zeros where the upstream told none, since the member must be there (pitfalls 3.4, 6.1)."""
    if usage is None:
        usage = Usage()
    if usage.extra:
        return dict(usage.extra)
    written: Json = {
        "input_tokens": max(usage.input - (usage.cache_read or 0) - (usage.cache_write or 0), 0),
        "cache_creation_input_tokens": usage.cache_write or 0,
        "cache_read_input_tokens": usage.cache_read or 0,
        "output_tokens": usage.output,
    }
    if usage.reasoning is not None:
        written["output_tokens_details"] = {"thinking_tokens": usage.reasoning}
    return written


def _block(part: ResponsePart, context: ResponseContext) -> Json | None:
    """A whole block; None for what this dialect cannot say."""
    block = begun(part, context)
    match part:
        case ToolCallPart() if block is not None:
            return {**block, "input": {"input": part.arguments} if part.custom else arguments_object(part.arguments)}
        case ReasoningPart() if block is not None and part.redacted is None:
            unsigned = "" if context.same_dialect else OUR_MARK
            return {**block, "thinking": part.text, "signature": part.signature or unsigned}
        case TextPart() if block is not None:
            written = [as_written(citation, own=context.same_dialect) for citation in part.citations]
            citations: Json = {"citations": known} if (known := [one for one in written if one is not None]) else {}
            return {**block, "text": part.text, **citations}
    return block


def begun(part: ResponsePart, context: ResponseContext) -> Json | None:
    """A block as it begins: without a word (pitfalls 3.6)."""
    extra = {} if isinstance(part, OpaquePart) or not context.same_dialect else part.extra
    match part:
        case TextPart():
            return {"type": "text", "text": "", **extra}
        case ReasoningPart():
            if part.redacted is not None:
                return {"type": "redacted_thinking", "data": part.redacted, **extra}
            return {"type": "thinking", "thinking": "", "signature": "", **extra}
        case ToolCallPart():
            name = context.client_tool_name(part.name)
            return {"type": "tool_use", "id": part.id, "name": name, "input": {}, **extra}
        case OpaquePart():
            return _OBJECT.decode(part.raw) if context.same_dialect else None
        case _:
            assert_never(part)
