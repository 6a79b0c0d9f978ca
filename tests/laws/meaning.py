"""What an answer in the neutral form means to clients of a dialect: what it can say of it, in one spelling."""

from __future__ import annotations

import json
from typing import Any

from argo_addon.dialects import UPSTREAM
from argo_addon.dialects.base import ResponseContext
from argo_addon.ir.parts import OUR_MARK, OpaquePart, ReasoningPart, TextPart, ToolCallPart
from argo_addon.ir.response import FinishReason, Response, ResponsePart, Usage

from .making import Name

_AS_CHAT_SAYS = {
    FinishReason.STOP_SEQUENCE: FinishReason.STOP,
    FinishReason.CONTEXT: FinishReason.LENGTH,
    FinishReason.PAUSE: FinishReason.STOP,
}


def meant(answer: Response, name: Name) -> dict[str, Any]:
    """What an answer says to a client of this dialect."""
    (choice,) = answer.choices
    told = [part for part in choice.parts if part != TextPart("") and part != ReasoningPart("")]
    parts = list(map(_part, told)) if name == "anthropic" else _in_chat(told)
    reason, sequence = choice.finish.reason, choice.finish.stop_sequence
    if name == "openai_chat":
        reason, sequence = _AS_CHAT_SAYS.get(reason, reason), None
    spent = spent_of(answer.usage)
    if name == "anthropic":
        spent = spent or spent_of(Usage())  # the member must be there
    return {"id": answer.id, "parts": parts, "reason": reason, "sequence": sequence, "spent": spent}


def told_to_its_own(answer: Response, name: Name) -> dict[str, Any]:
    """What an answer that was read to be kept says once it has gone out to a client of its own dialect."""
    spoken = UPSTREAM[name]
    body = spoken.encode_response(answer, ResponseContext(None, "00", 1, same_dialect=True))
    return meant(spoken.decode_response(body, keep_extra=False), name)


def _part(part: ResponsePart) -> Any:
    match part:
        case TextPart():
            return ("text", part.text)
        case ReasoningPart():
            signature = part.signature if part.signature and not part.signature.startswith(OUR_MARK) else None
            return ("reasoning", part.text, signature, part.redacted)
        case ToolCallPart():
            return ("call", part.id, part.name, json.loads(part.arguments))
        case OpaquePart():
            raise AssertionError(part)


def _in_chat(parts: list[ResponsePart]) -> Any:
    """Chat tells no order between kinds, and what belongs to one kind runs together."""
    thoughts = [part for part in parts if isinstance(part, ReasoningPart)]
    texts = [part for part in parts if isinstance(part, TextPart)]
    return {
        "thought": "".join(part.text for part in thoughts),
        "signatures": "".join(signature for part in thoughts if (signature := part.signature)),
        "redacted": [part.redacted for part in thoughts if part.redacted is not None],
        "text": "".join(part.text for part in texts if not part.refusal),
        "refusal": "".join(part.text for part in texts if part.refusal),
        "calls": [_part(part) for part in parts if isinstance(part, ToolCallPart)],
    }


def spent_of(usage: Usage | None) -> Any:
    """The tokens; a cache that is not spoken of has done nothing."""
    if usage is None:
        return None
    return (usage.input, usage.output, usage.cache_read or 0, usage.cache_write or 0, usage.reasoning)
