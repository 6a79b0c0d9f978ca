"""How ARGO says no: the error, and its wrapping (argo.md, "Errors come wrapped")."""

from __future__ import annotations

import json
from typing import Any

ANTHROPIC_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}
_SDK_NAMES = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    413: "RequestTooLargeError",
    429: "RateLimitError",
}


class Refused(Exception):
    """A request that ARGO does not serve, in the words of the provider behind it."""

    def __init__(self, message: str, status: int = 400, *, kind: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        self.code = code


def wrapped(path: str, refused: Refused) -> dict[str, Any]:
    """The error body that the endpoint at `path` answers with: the provider's own, as a Python repr, in ARGO's."""
    status = refused.status
    kind = refused.kind or ANTHROPIC_KINDS.get(status, "api_error")
    if path.endswith("/v1/messages"):
        inner: dict[str, Any] = {
            "type": "error",
            "error": {"type": kind, "message": refused.message},
            "request_id": "req_vrtx_011CSimulated",
        }
        return {"type": "error", "error": {"type": kind, "message": f"Error code: {status} - {inner!r}"}}
    detail = {"message": refused.message, "type": kind, "param": None, "code": refused.code}
    message = f"Error code: {status} - { ({'error': detail})!r}"
    name = _SDK_NAMES.get(status, "InternalServerError")
    return {"error": {"message": message, "type": name, "code": "internal_error"}}


def body_of(path: str, refused: Refused) -> bytes:
    """The same as bytes."""
    return json.dumps(wrapped(path, refused)).encode()
