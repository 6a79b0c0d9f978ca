"""A plain answer in the neutral form, written for clients of Chat Completions.

Thoughts, for which the API has no word, go where most clients look for them: their text in `reasoning_content`, what a
provider has signed in `reasoning_details`, which some send back (pitfalls 5.7, 5.10).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ...ir.fold import MESSAGE_EXTRA
from ...ir.parts import Citation, ReasoningPart, TextPart, ToolCallPart
from ...ir.response import Choice, Finish, Response, ResponsePart, Usage
from ..base import ResponseContext
from ..shared.free_text_tools import free_text
from ..shared.raw_members import with_others
from .maps import FINISH_OF_REASON

_encode = msgspec.json.Encoder().encode
_ANY_OBJECT = msgspec.json.Decoder(dict[str, object])
Json = dict[str, object]
SIGNED = "anthropic-claude-v1"
"""How OpenRouter calls the form of the details that a Claude has signed."""


def encode_response(response: Response, context: ResponseContext) -> bytes:
    """The body of a plain answer."""
    body: Json = {
        "id": response.id or f"chatcmpl-{context.id}",
        "object": "chat.completion",
        "created": context.created if response.created is None else response.created,
        "model": context.model if context.model is not None else response.model,
        "choices": [_choice(choice, context) for choice in response.choices],
    }
    if response.usage is not None:
        body["usage"] = usage_of(response.usage)
    return _encode({**body, **response.extra} if context.same_dialect else body)


def _choice(choice: Choice, context: ResponseContext) -> Json:
    extra, message_extra = extras_in(choice.extra) if context.same_dialect else ({}, {})
    message = _message(choice.parts, choice.finish, context)
    if context.same_dialect:  # as it came, but for what the neutral form carries
        carried = {name: value for name, value in message.items() if value}
        message = {**message_extra, **carried, "role": message_extra.get("role", "assistant")}
    return {
        "index": choice.index,
        "message": message,
        "logprobs": None,
        "finish_reason": word_for(choice.finish, context.same_dialect),
        **extra,
    }


def extras_in(extra: dict[str, msgspec.Raw]) -> tuple[Json, Json]:
    """What was kept of a choice, and of its message or delta."""
    message_extra = _ANY_OBJECT.decode(extra[MESSAGE_EXTRA]) if MESSAGE_EXTRA in extra else {}
    return {name: value for name, value in extra.items() if name != MESSAGE_EXTRA}, message_extra


def word_for(finish: Finish, own: bool) -> str:
    """The finish reason in this dialect's word."""
    return finish.raw if own and finish.raw else FINISH_OF_REASON[finish.reason]


def _message(parts: tuple[ResponsePart, ...], finish: Finish, context: ResponseContext) -> Json:
    texts = [part for part in parts if isinstance(part, TextPart)]
    thoughts = [part for part in parts if isinstance(part, ReasoningPart)]
    calls = [part for part in parts if isinstance(part, ToolCallPart)]
    content = "".join(part.text for part in texts if not part.refusal)
    refusal = "".join(part.text for part in texts if part.refusal) or finish.explanation
    message: Json = {"role": "assistant", "content": content or (None if calls or refusal else ""), "refusal": refusal}
    if thought := "".join(part.text for part in thoughts):
        message["reasoning_content"] = thought
    if details := [detail for number, part in enumerate(thoughts) for detail in details_of(part, number)]:
        message["reasoning_details"] = details
    if calls:
        message["tool_calls"] = [call_of(part, context) for part in calls]
    if annotations := _annotations(texts):
        message["annotations"] = annotations
    return message


def details_of(part: ReasoningPart, index: int) -> list[Json]:
    """What a provider has signed or encrypted of a thought, so that it can come back."""
    about: Json = {"format": SIGNED, "index": index}
    if part.redacted is not None:
        return [{"type": "reasoning.encrypted", "data": part.redacted, **about}]
    if part.signature is None:
        return []
    return [{"type": "reasoning.text", "text": part.text, "signature": part.signature, **about}]


def call_of(part: ToolCallPart, context: ResponseContext) -> Json:
    """A whole call."""
    name = context.client_tool_name(part.name)
    extra = part.extra if context.same_dialect else {}
    if part.custom or name in context.custom_tools:
        custom: Json = {"name": name, "input": free_text(part)}
        return with_others({"id": part.id, "type": "custom", "custom": custom}, extra)
    function: Json = {"name": name, "arguments": part.arguments if part.arguments.strip() else "{}"}
    return with_others({"id": part.id, "type": "function", "function": function}, extra)


def _annotations(texts: Iterable[TextPart]) -> list[object]:
    """The citations, by characters of all the text."""
    written: list[object] = []
    position = 0
    for part in texts:
        if part.refusal:
            continue
        for citation in part.citations:
            if (annotation := annotation_of(citation, position, position + len(part.text))) is not None:
                written.append(annotation)
        position += len(part.text)
    return written


def annotation_of(citation: Citation, start: int, end: int) -> Json | None:
    """A citation of a page, for the text between two characters; this dialect has no other kind."""
    if citation.url is None:
        return None
    about: Json = {
        "url": citation.url,
        "title": citation.title or citation.url,
        "start_index": start if citation.start is None else citation.start,
        "end_index": end if citation.end is None else citation.end,
    }
    return {"type": "url_citation", "url_citation": about}


def usage_of(usage: Usage) -> Json:
    """The figures: the prompt's hold what was read from and written to a cache (pitfalls 6.1)."""
    if usage.extra:
        return dict(usage.extra)
    prompt: Json = {"cached_tokens": usage.cache_read or 0}
    if usage.cache_write is not None:
        prompt["cache_write_tokens"] = usage.cache_write
    written: Json = {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": prompt,
    }
    if usage.reasoning is not None:
        written["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning}
    return written
