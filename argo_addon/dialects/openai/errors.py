"""Errors as OpenAI's APIs tell them: Chat Completions and Responses alike. It knows neither.

Source: the OpenAI API reference ("Error codes"), and the codes that Codex knows (pitfalls 7.4, 7.6).
"""

from __future__ import annotations

import msgspec

from ...errors import ContextOverflow, GatewayError

_encode = msgspec.json.Encoder().encode


class ErrorDetail(msgspec.Struct):
    """`error` within an error body or event."""

    message: str
    type: str | None = None
    param: str | None = None
    code: str | int | None = None


class ErrorBody(msgspec.Struct):
    """An error, as an answer's body or as the data of an event."""

    error: ErrorDetail


KIND_OF_STATUS = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
}
CODE_OF_STATUS = {
    401: "invalid_api_key",
    429: "rate_limit_exceeded",
    529: "server_is_overloaded",
}
_FAILURES = {429: "rate_limit_exceeded", 503: "server_is_overloaded", 529: "server_is_overloaded"}


def error_body(error: GatewayError) -> bytes:
    """The body of an error answer."""
    kind = error.kind if error.kind and not error.kind.endswith("Error") else _kind_of(error.status)
    code = error.code or CODE_OF_STATUS.get(error.status)
    return _encode(ErrorBody(ErrorDetail(message_of(error), kind, error.param, code)))


def failure_of(error: GatewayError) -> dict[str, object]:
    """The `error` of a response that failed midway: codes that tell clients whether to try again."""
    fallback = "invalid_prompt" if 400 <= error.status < 500 else "server_error"
    code = error.code if error.code == "context_length_exceeded" else _FAILURES.get(error.status, fallback)
    return {"code": code, "message": message_of(error)}


def _kind_of(status: int) -> str:
    return KIND_OF_STATUS.get(status, "invalid_request_error" if status < 500 else "server_error")


def message_of(error: GatewayError) -> str:
    """What the error says, a prompt that is too long in OpenAI's words (pitfalls 7.2)."""
    return overflow_words(error) if isinstance(error, ContextOverflow) else error.message


def overflow_words(error: ContextOverflow) -> str:
    """A prompt that is too long, in OpenAI's words."""
    if "maximum context length" in error.message or error.limit is None:
        return error.message
    text = f"This model's maximum context length is {error.limit} tokens. However, "
    if error.prompt is None:
        return f"{text}your messages resulted in more. Please reduce the length of the messages."
    if error.answer:
        parts = f"({error.prompt} in the messages, {error.answer} in the completion)"
        total = error.prompt + error.answer
        return f"{text}you requested {total} tokens {parts}. Please reduce the length of the messages or completion."
    return f"{text}your messages resulted in {error.prompt} tokens. Please reduce the length of the messages."
