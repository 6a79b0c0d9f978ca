"""What a GenAI answer means, in the words of meaning.py: a plain one, or the chunks of a stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from google.genai.types import FunctionCall, GenerateContentResponse, GenerateContentResponseUsageMetadata

from .meaning import Call, Meaning, Spent, merged, spelled, stop_of


def of_candidates(chunks: Sequence[GenerateContentResponse]) -> Meaning:
    """What the first candidate means, put together from the chunks."""
    text, reasoning, stop = "", "", None
    kinds: list[str] = []
    calls: list[Call] = []
    usage: GenerateContentResponseUsageMetadata | None = None
    for chunk in chunks:
        usage = chunk.usage_metadata or usage
        for candidate in (chunk.candidates or [])[:1]:
            stop = candidate.finish_reason.value if candidate.finish_reason is not None else stop
            for part in (candidate.content.parts if candidate.content is not None else None) or ():
                if part.function_call is not None:
                    calls.append(_call(part.function_call))
                    kinds.append("tool")
                elif part.text and part.thought:
                    reasoning += part.text
                    kinds.append("reasoning")
                elif part.text:
                    text += part.text
                    kinds.append("text")
    return Meaning(text, reasoning, tuple(calls), stop_of(stop, calls), merged(kinds), spent_of(usage))


def _call(call: FunctionCall) -> Call:
    return Call(call.name or "", call.id or "", spelled(call.args))


def spent_of(usage: GenerateContentResponseUsageMetadata | None) -> Spent | None:
    """The usage that an answer tells: what is thought is no part of what the candidates say (pitfalls 3.25)."""
    if usage is None:
        return None
    thoughts = usage.thoughts_token_count
    spent = Spent(
        input=usage.prompt_token_count or 0,
        output=(usage.candidates_token_count or 0) + (thoughts or 0),
        read=usage.cached_content_token_count or 0,
        reasoning=thoughts,
    )
    assert usage.total_token_count == spent.input + spent.output
    return spent


def sayable(meaning: Meaning, *, thoughts: bool) -> Meaning:
    """What of a meaning Google has words for: no cache that is written, and thoughts only if they are asked for."""
    spent = None if meaning.spent is None else replace(meaning.spent, written=0)
    if thoughts:
        return replace(meaning, spent=spent)
    order = merged(kind for kind in meaning.order if kind != "reasoning")
    return replace(meaning, spent=spent, reasoning="", order=order)
