"""What answers of the GenAI API are made of: parts, usage and the reason of the end (pitfalls 2.2, 3.22, 3.25)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ...ir.fold import arguments_object
from ...ir.parts import ReasoningPart, ToolCallPart
from ...ir.response import FinishReason, Usage
from ..base import ResponseContext
from ..shared.object_answers import Wrapping
from ..shared.sealed_reasoning import sealed

Json = dict[str, object]

FINISH_OF_REASON = {
    FinishReason.STOP: "STOP",
    FinishReason.STOP_SEQUENCE: "STOP",
    FinishReason.TOOL_CALLS: "STOP",
    FinishReason.LENGTH: "MAX_TOKENS",
    FinishReason.CONTEXT: "MAX_TOKENS",
    FinishReason.PAUSE: "STOP",
    FinishReason.REFUSAL: "SAFETY",
}


class GoogleContext(ResponseContext, frozen=True):
    """`events` says that a stream goes out as events (`alt=sse`), `thoughts` that the client wants to see them.

    `wrapping` is how the answer was wrapped into an object, since its form is to be none: `bare` is a word of an enum.
    """

    events: bool = False
    thoughts: bool = False
    wrapping: Wrapping | None = None


def call_part(part: ToolCallPart, thoughts: Sequence[ReasoningPart], context: ResponseContext) -> Json:
    """A whole call; the thoughts before it go along sealed, since only that comes back (pitfalls 3.23, 5.7)."""
    arguments = (
        msgspec.json.encode({"input": part.arguments}) if part.custom else bytes(arguments_object(part.arguments))
    )
    call: Json = {"id": part.id, "name": context.client_tool_name(part.name), "args": msgspec.Raw(arguments)}
    envelope = sealed(thoughts)
    return {"functionCall": call} if envelope is None else {"functionCall": call, "thoughtSignature": envelope}


def finish_word(reason: FinishReason, visible: bool) -> str:
    """Why an answer ended; one that ended well but shows nothing is `OTHER`."""
    word = FINISH_OF_REASON[reason]
    return "OTHER" if word == "STOP" and not visible else word


def usage_of(usage: Usage) -> Json:
    """The figures: what was thought is counted apart from what was said."""
    written: Json = {
        "promptTokenCount": usage.input,
        "candidatesTokenCount": max(usage.output - (usage.reasoning or 0), 0),
        "totalTokenCount": usage.input + usage.output,
    }
    if usage.cache_read is not None:
        written["cachedContentTokenCount"] = usage.cache_read
    if usage.reasoning is not None:
        written["thoughtsTokenCount"] = usage.reasoning
    return written
