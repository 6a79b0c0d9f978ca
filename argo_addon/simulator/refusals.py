"""Refusals, and ARGO's way to wrap them: the vendor's error as a Python repr in the message (argo.md, "Errors come
wrapped"). Knows no rule.
"""

from __future__ import annotations

from typing import Literal

from argo_addon.simulator.jsons import JsonObject

Layout = Literal["anthropic", "openai", "google"]
"""Whose error it is inside. Google's is wrapped as OpenAI's, since ARGO serves Gemini there."""

# HTTP status -> Anthropic's error type; any other 4xx is invalid_request_error, any other 5xx api_error.
_ANTHROPIC_TYPES = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
# HTTP status -> the exception class of OpenAI's SDK, which ARGO names as the outer type.
_SDK_TYPES = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
}
_OPENAI_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_GOOGLE_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}

REQUEST_ID = "req_vrtx_011CSimulatedRequest"


class Refusal(Exception):
    """A request that ARGO does not answer with a 200."""

    def __init__(
        self,
        message: str,
        status: int = 400,
        *,
        kind: str | None = None,
        param: str | None = None,
        code: str | None = None,
        plain: bool = False,
        told: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        """The vendor's error type, if not the one of the status."""
        self.param = param
        self.code = code
        self.plain = plain
        """ARGO's own fault: there is no vendor's error inside to wrap."""
        self.told = told
        """Asked for by a behaviour: nothing is wrong with the request."""


def anthropic_kind(status: int) -> str:
    """Anthropic's error type for an HTTP status."""
    return _ANTHROPIC_TYPES.get(status, "invalid_request_error" if status < 500 else "api_error")


def _inner(refusal: Refusal, layout: Layout) -> JsonObject:
    """The vendor's own error body."""
    if layout == "anthropic":
        error: JsonObject = {"type": refusal.kind or anthropic_kind(refusal.status), "message": refusal.message}
        return {"type": "error", "error": error, "request_id": REQUEST_ID}
    if layout == "google":
        status = _GOOGLE_STATUS.get(refusal.status, "INVALID_ARGUMENT" if refusal.status < 500 else "INTERNAL")
        return {"error": {"code": refusal.status, "message": refusal.message, "status": status}}
    kind = refusal.kind or _OPENAI_TYPES.get(
        refusal.status, "invalid_request_error" if refusal.status < 500 else "server_error"
    )
    return {"error": {"message": refusal.message, "type": kind, "param": refusal.param, "code": refusal.code}}


def body(refusal: Refusal, layout: Layout, *, inner_status: int | None = None) -> JsonObject:
    """The error body that ARGO sends. `inner_status` is the vendor's, where ARGO answers with another one."""
    status = inner_status or refusal.status
    told = Refusal(refusal.message, status, kind=refusal.kind, param=refusal.param, code=refusal.code)
    message = refusal.message if refusal.plain else f"Error code: {status} - {_inner(told, layout)!r}"
    if layout == "anthropic":
        kind = refusal.kind or anthropic_kind(refusal.status)
        return {"type": "error", "error": {"type": kind, "message": message}}
    outer = _SDK_TYPES.get(refusal.status, "InternalServerError" if refusal.status >= 500 else "APIStatusError")
    return {"error": {"message": message, "type": outer, "code": "internal_error"}}
