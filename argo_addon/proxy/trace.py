"""What passed for one request of a client, noted on its way: what it sent and got, and what went to ARGO and came back.

Noting keeps references to what is there anyway, so that a stream is not held up. It knows mitmproxy's messages, and
nothing of files.
"""

from __future__ import annotations

import time
import uuid
from typing import Literal

from mitmproxy import connection, http

from ..gateway.messages import UpstreamRequest

HeaderFields = tuple[tuple[bytes, bytes], ...]
Way = Literal["", "websocket", "background"]
"""How a call came that the gateway makes to itself for a client."""
WAY = "argo-proxy-way"
"""The header that says so. It goes no further, and is believed: it is for whoever looks at a recording."""

MOST_KEPT = 64 * 1024 * 1024
"""Bytes that are kept of a body; more than any answer has, so that a runaway stream does not fill the memory."""


class ResponseTrace:
    """An answer as far as it came. Times are in seconds since 1970."""

    __slots__ = ("cut", "fields", "first", "last", "pieces", "reason", "silence", "size", "status")

    def __init__(self) -> None:
        self.status = 0
        self.reason = ""
        self.fields: HeaderFields = ()
        self.pieces: list[bytes] = []
        self.size = 0
        self.cut = 0
        """Bytes that were not kept."""
        self.first = self.last = self.silence = 0.0
        """When the first and the last bytes came, and the longest time between two pieces."""

    def head(self, response: http.Response) -> None:
        """The answer's head."""
        self.status, self.reason, self.fields = response.status_code, response.reason, response.headers.fields

    def data(self, data: bytes) -> None:
        """The next bytes of its body."""
        now = time.time()
        if not self.first:
            self.first = self.last = now
        if now - self.last > self.silence:
            self.silence = now - self.last
        self.last = now
        self.size += len(data)
        if self.size > MOST_KEPT:
            self.cut += len(data)
        else:
            self.pieces.append(data)

    def whole(self, body: bytes) -> None:
        """All of its body, if it did not come in pieces."""
        if not self.pieces and body:
            self.data(body)

    @property
    def body(self) -> bytes:
        """What was kept of the body."""
        return b"".join(self.pieces)


class UpstreamAttempt:
    """One request to ARGO, and what came back."""

    __slots__ = ("answer", "error", "request", "sent", "server")

    def __init__(self, request: UpstreamRequest) -> None:
        self.request = request
        self.sent = time.time()
        self.answer = ResponseTrace()
        self.error = ""
        self.server: connection.Server | None = None


class ExchangeTrace:
    """One exchange."""

    __slots__ = (
        "answer",
        "attempts",
        "body",
        "client",
        "ended",
        "fields",
        "flow",
        "host",
        "id",
        "method",
        "port",
        "started",
        "target",
    )

    def __init__(self, flow: http.HTTPFlow) -> None:
        request = flow.request
        self.id = uuid.uuid4().hex
        self.flow = flow.id
        self.client = flow.client_conn
        self.method, self.target = request.method, request.path
        self.host, self.port = flow.client_conn.sockname[:2]  # mitmproxy has put the upstream's in the request
        self.fields = request.headers.fields
        self.body = request.raw_content or b""
        self.started = request.timestamp_start
        self.ended = self.started
        self.attempts: list[UpstreamAttempt] = []
        self.answer = ResponseTrace()

    @property
    def attempt(self) -> UpstreamAttempt | None:
        """The request to ARGO that is under way."""
        return self.attempts[-1] if self.attempts else None
