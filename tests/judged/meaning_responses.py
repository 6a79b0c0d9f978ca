"""What a Responses answer means, in the words of meaning.py."""

from __future__ import annotations

from collections.abc import Sequence

from openai.types.responses import (
    Response,
    ResponseFunctionToolCall,
    ResponseOutputItem,
    ResponseOutputMessage,
    ResponseReasoningItem,
    ResponseUsage,
)

from .meaning import Call, Meaning, Spent, merged, parsed, stop_of


def of_response(response: Response) -> Meaning:
    """What an answer means; one that failed has no meaning, and is an error of the test's."""
    assert response.error is None, response.error
    text, reasoning, kinds = "", "", []
    refused = False
    for item in response.output:
        if isinstance(item, ResponseOutputMessage):
            for part in item.content:
                said = part.refusal if part.type == "refusal" else part.text
                refused = refused or part.type == "refusal"
                text += said
                kinds += ["text"] if said else []
        elif isinstance(item, ResponseReasoningItem):
            thought = "".join(part.text for part in item.summary)
            reasoning += thought
            kinds += ["reasoning"] if thought else []
        else:
            kinds.append("tool")
    calls = calls_of(response.output)
    stop = "refusal" if refused else stop_of(_ended(response), calls)
    return Meaning(text, reasoning, calls, stop, merged(kinds), spent_of(response.usage))


def calls_of(output: Sequence[ResponseOutputItem]) -> tuple[Call, ...]:
    """The functions that are called."""
    return tuple(
        Call(item.name, item.call_id, parsed(item.arguments))
        for item in output
        if isinstance(item, ResponseFunctionToolCall)
    )


def _ended(response: Response) -> str:
    if response.status != "incomplete":
        return response.status or "missing"
    assert response.incomplete_details is not None, "incomplete, without a reason"
    return response.incomplete_details.reason or "missing"


def spent_of(usage: ResponseUsage | None) -> Spent | None:
    """The usage that an answer tells."""
    if usage is None:
        return None
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens
    return Spent(
        input=usage.input_tokens,
        output=usage.output_tokens,
        read=usage.input_tokens_details.cached_tokens,
        written=usage.input_tokens_details.cache_write_tokens,
        reasoning=usage.output_tokens_details.reasoning_tokens,
    )
