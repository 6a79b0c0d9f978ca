"""Tables between HTTP statuses and the Messages API's error types (docs.anthropic.com, "Errors")."""

from __future__ import annotations

from ...errors import ContextOverflow
from ...ir.response import FinishReason

KIND_OF_STATUS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    413: "request_too_large",
    422: "invalid_request_error",
    429: "rate_limit_error",
    500: "api_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}

STATUS_OF_KIND = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


def kind_of(status: int, reported: str | None) -> str:
    """The error type to show: what was reported, if this dialect knows the word, else the status's own."""
    if reported in STATUS_OF_KIND:
        return reported
    return KIND_OF_STATUS.get(status, "invalid_request_error" if status < 500 else "api_error")


REASON_OF_STOP = {
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP_SEQUENCE,
    "tool_use": FinishReason.TOOL_CALLS,
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.CONTEXT,
    "pause_turn": FinishReason.PAUSE,
    "refusal": FinishReason.REFUSAL,
}
"""Stop reasons (Messages API reference); pitfalls 2.2."""

STOP_OF_REASON = {
    FinishReason.STOP: "end_turn",
    FinishReason.STOP_SEQUENCE: "stop_sequence",
    FinishReason.TOOL_CALLS: "tool_use",
    FinishReason.LENGTH: "max_tokens",
    FinishReason.CONTEXT: "model_context_window_exceeded",
    FinishReason.PAUSE: "pause_turn",
    FinishReason.REFUSAL: "refusal",
}


def overflow_words(error: ContextOverflow) -> str:
    """A prompt that is too long, in the words that Claude Code looks for (pitfalls 7.2, 7.3)."""
    if "prompt is too long" in error.message or "exceed context limit" in error.message:
        return error.message
    if error.limit is None:
        return f"prompt is too long: {error.message}"
    if error.prompt is not None and error.answer and error.prompt <= error.limit:
        sum_of = f"{error.prompt} + {error.answer} > {error.limit}"
        return f"input length and `max_tokens` exceed context limit: {sum_of}, decrease input length or `max_tokens`"
    return f"prompt is too long: {error.prompt or error.limit + 1} tokens > {error.limit} maximum"
