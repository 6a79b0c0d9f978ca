"""The error types and codes that OpenAI's API shows for HTTP statuses (OpenAI API reference, "Error codes")."""

from __future__ import annotations

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
