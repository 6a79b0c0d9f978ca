"""The blocks that answers of the Messages API are made of, read into the neutral form."""

from __future__ import annotations

import msgspec

from ...ir.parts import OpaquePart, ReasoningPart, TextPart, ToolCallPart
from ...ir.response import Finish, FinishReason, ResponsePart, Usage
from ...translation.identifiers import made_up_id
from ..shared.lenient import Lenient
from ..shared.raw_members import Shape
from . import wire
from .citations import cited
from .maps import REASON_OF_STOP

_TYPE = Lenient(wire.BlockType)
_TEXT_BLOCK = Lenient(wire.TextBlock)
_TOOL_USE_BLOCK = Lenient(wire.ToolUseBlock)
_THINKING_BLOCK = Lenient(wire.ThinkingBlock)
_REDACTED_BLOCK = Lenient(wire.RedactedBlock)
_TEXT = Shape(wire.TextBlock)
_TOOL_USE = Shape(wire.ToolUseBlock)
_THINKING = Shape(wire.ThinkingBlock)
_REDACTED = Shape(wire.RedactedBlock)


def parts_in(raw: msgspec.Raw, keep_extra: bool, response_id: str, number: int) -> ResponsePart:
    """The block of an answer, which is its block of that number. Raises msgspec.MsgspecError if it is none."""
    kind = _TYPE.decode(raw).type
    match kind:
        case "text":
            text = _TEXT_BLOCK.decode(raw)
            citations = tuple(cited(citation) for citation in text.citations or ())
            return TextPart(text.text, citations=citations, extra=_TEXT.others(raw) if keep_extra else {})
        case "tool_use":
            call = _TOOL_USE_BLOCK.decode(raw)
            extra = _TOOL_USE.others(raw) if keep_extra else {}
            identifier = call.id or made_up_id(response_id, number)
            return ToolCallPart(identifier, call.name, bytes(call.input).decode(), extra=extra)
        case "thinking":
            thought = _THINKING_BLOCK.decode(raw)
            extra = _THINKING.others(raw) if keep_extra else {}
            return ReasoningPart(thought.thinking, thought.signature or None, extra=extra)
        case "redacted_thinking":
            redacted = _REDACTED_BLOCK.decode(raw)
            return ReasoningPart("", redacted=redacted.data, extra=_REDACTED.others(raw) if keep_extra else {})
    return OpaquePart(kind, raw)


def finish_of(end: wire.ResponseBody | wire.EndDelta) -> Finish:
    """How an answer ended; a reason that is not known is an ordinary end."""
    word = end.stop_reason or ""
    explanation = None if end.stop_details is None else end.stop_details.explanation
    reason = REASON_OF_STOP.get(word, FinishReason.STOP)
    return Finish(reason, word, end.stop_sequence, explanation)


def usage_of(counts: wire.Counts) -> Usage | None:
    """The tokens; None where neither side was counted. What is read from and written to a cache is input too."""
    if counts.input_tokens is None and counts.output_tokens is None:
        return None
    read, write = counts.cache_read_input_tokens, counts.cache_creation_input_tokens
    details = counts.output_tokens_details
    return Usage(
        input=(counts.input_tokens or 0) + (read or 0) + (write or 0),
        output=counts.output_tokens or 0,
        cache_read=read,
        cache_write=write,
        reasoning=None if details is None else details.thinking_tokens,
    )


def later(before: wire.Counts, after: wire.Counts) -> wire.Counts:
    """Figures with later ones in their place, where there are any: they are totals, not additions."""
    known = {name: value for name, value in msgspec.structs.asdict(after).items() if value is not None}
    return msgspec.structs.replace(before, **known)
