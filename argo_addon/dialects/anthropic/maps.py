"""Tables between HTTP statuses and the Messages API's error types (docs.anthropic.com, "Errors")."""

from __future__ import annotations

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
