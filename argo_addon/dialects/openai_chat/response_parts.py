"""What answers of Chat Completions are made of, whole or in pieces, read into the neutral form."""

from __future__ import annotations

import msgspec

from ...errors import UNREADABLE
from ...ir.parts import GEMINI_MARK, Citation, Extra
from ...ir.response import Finish, FinishReason, Usage
from ..shared.lenient import Lenient
from . import wire
from .maps import REASON_OF_FINISH

_TEXT = msgspec.json.Decoder(str)
_PART = Lenient(wire.ContentItem)
_DETAIL = Lenient(wire.ReasoningDetail)
_EXTRA = msgspec.json.Decoder(wire.ExtraContent | None)
_ANNOTATION = Lenient(wire.Annotation)


class MessageContent(msgspec.Struct):
    """What a message or delta says: thoughts, their signature, what came encrypted in their place, and text."""

    thought: str = ""
    signature: str = ""
    redacted: tuple[str, ...] = ()
    text: str = ""


def content_of(message: wire.ResponseMessage, thought_before: bool = False) -> MessageContent:
    """What a message or delta says, wherever its vendor puts it: thoughts have four places (pitfalls 5.10).

    `thought_before` says that earlier deltas had the thoughts elsewhere than in `reasoning_details`, which some fill
    as well.
    """
    content = MessageContent(thought=_thought(message))
    if isinstance(message.content, str):
        content.text = message.content
    else:
        for part in _PART.objects(message.content):
            if part.type == "thinking":
                inner = (
                    part.thinking if isinstance(part.thinking, str) else "".join(t.text for t in part.thinking or ())
                )
                content.thought += inner
            else:
                content.text += part.text or ""
    details = ""
    for detail in _DETAIL.objects(message.reasoning_details):
        content.signature += detail.signature or ""
        if detail.type == "reasoning.encrypted" and detail.data:
            content.redacted += (detail.data,)
        elif detail.text and not (thought_before or content.thought):
            details += detail.text
    content.thought += details
    return content


def _thought(message: wire.ResponseMessage) -> str:
    if message.reasoning_content:
        return message.reasoning_content
    written = bytes(message.reasoning)
    return _TEXT.decode(written) if written.startswith(b'"') else ""


def arguments_of(function: wire.FunctionDelta | None) -> str:
    """A call's arguments, or a piece of them, as text; some vendors write the object itself."""
    written = b"null" if function is None else bytes(function.arguments)
    if written == b"null":
        return ""
    return _TEXT.decode(written) if written.startswith(b'"') else written.decode()


def citation_of(raw: msgspec.Raw) -> Citation:
    """An annotation as a citation."""
    about = _ANNOTATION.decode(raw).url_citation or wire.UrlCitation()
    return Citation(raw, about.url, about.title, start=about.start_index, end=about.end_index)


def signature_of(extra: msgspec.Raw) -> str | None:
    """What Gemini signed a call with, marked as that."""
    try:
        content = _EXTRA.decode(extra)
    except UNREADABLE:
        return None
    signature = None if content is None or content.google is None else content.google.thought_signature
    return None if signature is None else GEMINI_MARK + signature


def finish_of(word: str | None) -> Finish:
    """How a choice ended; a reason that is not known is an ordinary end."""
    return Finish(REASON_OF_FINISH.get(word or "", FinishReason.STOP), word or "")


def usage_of(counts: wire.Counts | None, written: Extra) -> Usage | None:
    """The tokens, and the figures as they were written; None where there are none."""
    if counts is None or (counts.prompt_tokens is None and counts.completion_tokens is None):
        return None
    details = counts.prompt_tokens_details or wire.PromptDetails()
    spent = counts.completion_tokens_details or wire.CompletionDetails()
    figures = (details.cached_tokens, counts.cached_tokens, counts.prompt_cache_hit_tokens)
    return Usage(
        input=_whole(counts.prompt_tokens) or 0,
        output=_answered(counts, spent),
        cache_read=_whole(next((figure for figure in figures if figure is not None), None)),
        cache_write=_whole(details.cache_write_tokens),
        reasoning=_whole(spent.reasoning_tokens),
        extra=written,
    )


def _answered(counts: wire.Counts, spent: wire.CompletionDetails) -> int:
    """The answer's tokens, thoughts included: some (xAI, Google) count those only in the total."""
    completion, thought = counts.completion_tokens or 0, spent.reasoning_tokens or 0
    apart = counts.total_tokens == (counts.prompt_tokens or 0) + completion + thought
    return int(completion + thought if apart else completion)


def _whole(figure: float | None) -> int | None:
    """A figure as a whole number, which some write with a point."""
    return None if figure is None else int(figure)
