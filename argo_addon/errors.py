"""The error tree. It imports nothing of ours and knows no dialect.

    GatewayError            something that ends in an error answer; carries the HTTP status and the message
    ├── ClientError         the caller's request is at fault (4xx): the message names the place and the remedy
    └── UpstreamError       ARGO, or the way to it, is at fault: what it said, or what became of it
        └── ContextOverflow the prompt is too long for the model; each dialect has its own words for it

An error is raised where it is known and rendered to the caller's dialect in one place, `Dialect.error_body`.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding JSON raises for what is not as it should be: wrong types, broken text, nesting beyond measure."""


class GatewayError(Exception):
    """An error that the caller is going to see.

    `status` is the HTTP status; `code` is a machine-readable reason where one is known (`model_not_found`,
    `context_length_exceeded`); `param` is the JSON path at fault, such as `messages[3].content`; `kind` is the error
    type in the words of the dialect that reported it, when it came from upstream; `headers` go out with the answer
    (`retry-after`, `allow`).
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.kind = kind
        self.headers: dict[str, str] = dict(headers or {})


class ClientError(GatewayError):
    """The request cannot be served as it stands."""


class UpstreamError(GatewayError):
    """The upstream refused, or failed to answer.

    `body` is what it answered, where that is already a proper error of its dialect: a client of the same dialect gets
    it as it is.
    """

    body: bytes | None = None


class ContextOverflow(UpstreamError):
    """The prompt is too long. The figures are tokens, None where the upstream did not tell.

    `answer` is what the answer may have, where the prompt alone would fit.
    """

    def __init__(
        self,
        message: str,
        *,
        prompt: int | None = None,
        answer: int | None = None,
        limit: int | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(
            400, message, kind="invalid_request_error", code="context_length_exceeded", param=param or "messages"
        )
        self.prompt = prompt
        self.answer = answer
        self.limit = limit
