"""One connection to ARGO: it sends requests and tells what comes back, as it comes.

It is an asyncio protocol, so that nothing stands between the socket and whoever waits for the answer: no task, no
queue. It knows HTTP/1.1, and nothing of calls.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

from mitmproxy import connection
from mitmproxy.connection import ConnectionState

from .bodies import Body, BodyUntilClose, ChunkedBody, SizedBody
from .heads import END_OF_HEAD, LONGEST_END, MAX_HEAD, NotHttp, ResponseHead, response_head

AT_ONCE = 512 * 1024
"""Bytes of a request that are handed to the transport at a time."""
WITH_HEAD = 16 * 1024
"""The same of its body together with its head."""
_NOTHING = memoryview(b"")


class Asker(Protocol):
    """Who waits for an answer. After `on_end` or `on_failure` nothing more comes."""

    def on_upstream_bytes(self) -> None:
        """Something has come, whatever it is."""

    def on_head(self, head: ResponseHead) -> None:
        """The head of the answer."""

    def on_data(self, data: bytes) -> None:
        """The next bytes of its body, never none."""

    def on_end(self) -> None:
        """It is complete."""

    def on_failure(self, problem: str, *, unanswered: bool) -> None:
        """It breaks off. `unanswered` says that not a byte of it has come."""


class UpstreamConnection(asyncio.Protocol):
    """A connection on which one answer at a time is waited for."""

    def __init__(self, server: connection.Server, on_lost: Callable[[UpstreamConnection], None]) -> None:
        """`server` is what mitmproxy's flows say of it; `on_lost` is called when it has ended."""
        self.server = server
        self._on_lost = on_lost
        self._asker: Asker | None = None
        self._transport: asyncio.Transport | None = None
        self._rest = _NOTHING  # of a large request, still to be sent
        self._is_full = False  # the transport wants no more for now
        self._body: Body | None = None
        self._head = b""  # the beginning of one
        self._looked = 0
        self._reusable = True
        self._unanswered = True
        self.used = 0
        """How many requests it has served."""
        self.idle_since = 0.0
        """When its last answer was complete: a reading of time.monotonic()."""

    @property
    def usable(self) -> bool:
        """Whether it can take a request."""
        return self._asker is None and self._reusable and self._transport is not None

    @property
    def _is_sending(self) -> bool:
        """Whether the request is not out yet: who has answered it by now may never read the rest."""
        return bool(self._rest) or (self._transport is not None and self._transport.get_write_buffer_size() > 0)

    def ask(self, asker: Asker, head: bytes, body: bytes) -> None:
        """Sends a request; its answer goes to the asker."""
        assert self.usable
        assert self._transport is not None
        self._asker = asker
        self._unanswered = True
        self.used += 1
        if len(body) <= WITH_HEAD:
            self._transport.write(head + body)
        else:
            self._transport.write(head + body[:WITH_HEAD])
            self._rest = memoryview(body)[WITH_HEAD:]
            self._send_rest()

    def _send_rest(self) -> None:
        """Sends what is next of a large request: a copy of all of it, or its encryption, would hold up all else."""
        if self._transport is None or self._transport.is_closing():
            self._rest = _NOTHING
        if self._transport is None or not self._rest or self._is_full:
            return
        piece, self._rest = self._rest[:AT_ONCE], self._rest[AT_ONCE:]
        self._transport.write(piece)
        if self._rest:
            asyncio.get_running_loop().call_soon(self._send_rest)

    def pause_writing(self) -> None:
        """The upstream does not keep up."""
        self._is_full = True

    def resume_writing(self) -> None:
        """It does again."""
        self._is_full = False
        self._send_rest()

    def leave(self) -> None:
        """Ends the connection; the asker hears nothing more."""
        asker, self._asker = self._asker, None
        self._reusable = False
        if self._transport is None:
            return
        if asker is not None or self._is_sending:
            self._transport.abort()  # else it would go on sending, and over TLS wait for the other side's consent
        else:
            self._transport.close()

    def abort(self) -> None:
        """The same at once: the loop may not run long enough for TLS to say good-bye."""
        self._asker, self._reusable = None, False
        if self._transport is not None:
            self._transport.abort()

    def pause(self) -> None:
        """Takes nothing from the upstream until `resume`."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Goes on."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    # What asyncio tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is there; over TLS, once that is verified."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        now = time.time()
        server = self.server
        server.state = ConnectionState.OPEN
        server.timestamp_tcp_setup = server.timestamp_tcp_setup or now
        server.peername = transport.get_extra_info("peername")
        server.sockname = transport.get_extra_info("sockname")
        if (tls := transport.get_extra_info("ssl_object")) is not None:
            server.timestamp_tls_setup = now
            server.tls_version = tls.version()
            server.cipher = tls.cipher()[0]

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        asker = self._asker
        if asker is None:  # nobody has asked: it cannot be trusted with a request any more
            self.leave()
            return
        self._unanswered = False
        asker.on_upstream_bytes()
        if self._body is None:
            self._take_head(asker, data)
        else:
            self._take(asker, self._body, data)

    def _take_head(self, asker: Asker, data: bytes) -> None:
        data, start = self._head + data, 0
        while True:
            end = END_OF_HEAD.search(data, max(start, self._looked))
            if end is None:
                self._head, self._looked = data[start:], max(0, len(data) - start - LONGEST_END + 1)
                if len(self._head) > MAX_HEAD:
                    self._fail(f"the answer's head has more than {MAX_HEAD} bytes")
                return
            self._head, self._looked = b"", 0
            try:
                head = response_head(data[start : end.start()])
            except NotHttp as problem:
                self._fail(f"the answer is not valid HTTP/1.1: {problem}")
                return
            start = end.end()
            if head.status >= 200 or head.status == 101:
                break
            if start == len(data):  # an interim answer, and nothing more
                return
        rest = data[start:]
        self._reusable = not head.closes and head.status != 101
        self._body = body = _body_of(head)
        if isinstance(body, BodyUntilClose):
            self._reusable = False
        asker.on_head(head)
        if self._asker is asker and (rest or body.done):
            self._take(asker, body, rest)

    def _take(self, asker: Asker, body: Body, data: bytes) -> None:
        if data and (piece := body.feed(data)):
            asker.on_data(piece)
            if self._asker is not asker or self._body is not body:
                return  # it was left meanwhile
        if body.done:
            self._complete(asker, body)
        elif body.fault is not None:
            self._fail(f"the answer is not valid HTTP/1.1: {body.fault}")

    def _complete(self, asker: Asker, body: Body) -> None:
        self._asker = self._body = None
        if body.rest or not self._reusable or self._is_sending:
            self.leave()
        else:
            self.resume()  # whoever asked may have been held up until the end
            self.idle_since = time.monotonic()
        asker.on_end()

    def _fail(self, problem: str) -> None:
        asker, unanswered = self._asker, self._unanswered
        self._body = None
        self.leave()
        if asker is not None:
            asker.on_failure(problem, unanswered=unanswered)

    def connection_lost(self, problem: Exception | None) -> None:
        """It has ended."""
        self._transport, self._rest = None, _NOTHING
        self._reusable = False
        self.server.state = ConnectionState.CLOSED
        self.server.timestamp_end = time.time()
        self._on_lost(self)
        asker, body = self._asker, self._body
        if asker is None:
            return
        if body is not None:
            body.close()
            if body.done:
                self._complete(asker, body)
                return
        said = str(problem) if problem is not None else "the server closed the connection"
        if body is not None and body.fault is not None:
            said = f"{said}: {body.fault}"
        self._fail(said)


def _body_of(head: ResponseHead) -> Body:
    if head.status in (101, 204, 304):  # what we have not asked for has no body that we could read
        return SizedBody(0)
    if head.chunked:
        return ChunkedBody()
    return BodyUntilClose() if head.length is None else SizedBody(head.length)
