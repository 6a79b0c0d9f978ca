"""The error types and codes that OpenAI's API shows for HTTP statuses (OpenAI API reference, "Error codes")."""

from __future__ import annotations

from ...errors import ContextOverflow
from ...ir.response import FinishReason

KIND_OF_STATUS = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
}

CODE_OF_STATUS = {
    401: "invalid_api_key",
    429: "rate_limit_exceeded",
}


def kind_of(status: int) -> str:
    """The error type of a status."""
    return KIND_OF_STATUS.get(status, "invalid_request_error" if status < 500 else "server_error")


REASON_OF_FINISH = {
    "stop": FinishReason.STOP,
    "tool_calls": FinishReason.TOOL_CALLS,
    "function_call": FinishReason.TOOL_CALLS,
    "length": FinishReason.LENGTH,
    "content_filter": FinishReason.REFUSAL,
}
"""Finish reasons (OpenAI API reference); pitfalls 2.2."""

FINISH_OF_REASON = {
    FinishReason.STOP: "stop",
    FinishReason.STOP_SEQUENCE: "stop",
    FinishReason.TOOL_CALLS: "tool_calls",
    FinishReason.LENGTH: "length",
    FinishReason.CONTEXT: "length",
    FinishReason.PAUSE: "stop",
    FinishReason.REFUSAL: "content_filter",
}


def overflow_words(error: ContextOverflow) -> str:
    """A prompt that is too long, in OpenAI's words (pitfalls 7.2)."""
    if "maximum context length" in error.message or error.limit is None:
        return error.message
    said = f"This model's maximum context length is {error.limit} tokens. However, "
    if error.prompt is None:
        return f"{said}your messages resulted in more. Please reduce the length of the messages."
    if error.answer:
        parts = f"({error.prompt} in the messages, {error.answer} in the completion)"
        total = error.prompt + error.answer
        return f"{said}you requested {total} tokens {parts}. Please reduce the length of the messages or completion."
    return f"{said}your messages resulted in {error.prompt} tokens. Please reduce the length of the messages."
