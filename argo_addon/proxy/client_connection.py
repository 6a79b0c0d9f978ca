"""A client's connection: HTTP/1.1 on mitmproxy's layer interface, one request after the other.

mitmproxy accepts the connection, tells addons of it and ends it. Once its reader has been emptied for the first time,
what the client sends comes to us from asyncio's transport straight: a request needs no task then. It knows requests
and answers, and nothing of what they say.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from mitmproxy import http
from mitmproxy.proxy import commands, events, layer

from ..errors import ClientError, GatewayError
from ..gateway.messages import Reply
from .crowd import Seldom
from .heads import RequestHead
from .hooks import Hooks, HooksOfMitmproxy
from .interfaces import Handler
from .internals import READ_AT_ONCE, Transport, put_layer
from .messages import as_response, head_bytes, request_of
from .output import Output
from .refused import Refused
from .request_reader import RequestReader
from .targets import path_of
from .transaction import Transaction
from .upstreams import Upstreams

if TYPE_CHECKING:
    from mitmproxy.proxy.mode_servers import ProxyConnectionHandler

    from .web_socket import WebSocket

logger = logging.getLogger(__name__)

PATIENCE = 2.0
"""Seconds in which a refused client must have sent a good part of its body (refused.py)."""
HEAD_TIME = 30.0
"""Seconds for a request's head to come in, from the connection's begin or the last answer's end."""
BODY_SILENCE = 60.0
"""Seconds between two pieces of a request's body."""
MOST_AHEAD = 256 * 1024
"""Bytes of further requests that are taken while one is answered."""
SPOKE_TLS = Seldom()  # whoever can connect could fill the log
SOON, LATER = 0.05, 1.0
"""Seconds until it is looked again whether a client that sends no more is there: first, and from then on."""


class ClientConnection(layer.Layer):
    """The layer of one client connection.

    Its `last_…` are readings of time.monotonic() (interfaces.py).
    """

    def __init__(
        self, mitmproxys: ProxyConnectionHandler, handler: Handler, hooks: Hooks | None, upstreams: Upstreams
    ) -> None:
        """Takes over a connection that mitmproxy has accepted, from mitmproxy's handler of it.

        `hooks` says how hooks are called, mitmproxy's own way if not.
        """
        super().__init__(mitmproxys.layer.context)
        self._mitmproxys = mitmproxys
        put_layer(mitmproxys, self)
        self._handler = handler
        self._hooks = hooks or HooksOfMitmproxy(mitmproxys)
        self._upstreams = upstreams
        self._reader = RequestReader(handler.max_body, handler.max_head)
        self._transport: Transport | None = None
        self._coming: http.HTTPFlow | None = None  # a request whose body is not whole yet
        self.transaction: Transaction | None = None
        """The request that is being answered."""
        self._refused: Refused | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._output: Output  # there from the connection's start
        self._web_socket: WebSocket | None = None
        self._advancing = False
        self._closes = False  # with the end of the answer under way
        self._sends_no_more = False
        self._reading_paused = False
        self._continued = False
        self.answer_headers: Mapping[str, str] = {}
        """What goes out with the answer under way: a browser is told that a page may read it."""
        self.chunks = True
        self.last_upstream_activity = self.last_client_activity = time.monotonic()
        self._waiting_since = self.last_sent = self.last_client_activity

    @property
    def is_idle(self) -> bool:
        """Whether the next request's head is waited for, or nothing more is said."""
        waits = self._refused is not None or self._reader.head is None
        return waits and not (self._transport is None or self.transaction or self._web_socket)

    # From mitmproxy

    def handle_event(self, event: events.Event) -> Iterable[commands.Command]:  # type: ignore[override]
        """Takes what mitmproxy's handler of the connection has to tell; nothing is asked of it in return."""
        if type(event) is events.DataReceived:
            assert self._transport is not None
            if len(event.data) < READ_AT_ONCE:  # else there may be more of it in mitmproxy's reader
                self._transport.deliver_to(self)
            self.data_received(event.data)
        elif type(event) is events.ConnectionClosed:
            self._ended()
        elif type(event) is events.Start:
            self._transport = Transport(self._mitmproxys, self.context.client)
            self._output = Output(self._transport)
            self._timer = asyncio.get_running_loop().call_later(HEAD_TIME, self._look)
        return ()

    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        yield from ()  # the class is abstract without it

    # From the client

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        try:
            self._take(data)
        except Exception:
            logger.exception("a fault of argo-proxy's own in a connection")
            self.drop()

    def _take(self, data: bytes) -> None:
        self.last_sent = time.monotonic()
        if self._refused is not None:
            self._refused.take(data)
            if self._refused.over:
                self._close()
            return
        if self._web_socket is not None:
            self._web_socket.receive(data)
            return
        if self._transport is None:
            return
        if not self._reader.started and data.startswith(b"\x16\x03"):
            if SPOKE_TLS.is_due():
                logger.error("a client spoke TLS: this port speaks plain http://, not https://")
            self.drop()
            return
        self._reader.feed(data)
        if self.transaction is None:
            self._advance()
        elif self._reader.waiting > MOST_AHEAD:
            self._transport.pause_reading()
            self._reading_paused = True

    def _advance(self) -> None:
        """Begins what has come, one request after the other."""
        if self._advancing:
            return
        self._advancing = True
        try:
            while self.transaction is None and self._refused is None and self._transport is not None:
                if not self._begin_next():
                    break
        finally:
            self._advancing = False

    def _begin_next(self) -> bool:
        """Begins a request, if it is whole. Whether it may come in is asked once its head is there."""
        reader = self._reader
        try:
            head = reader.read_head()
            if head is None:
                return False
            if self._coming is None and not self._admit(head):
                return False
            body = reader.read_body()
        except ClientError as error:
            self._refuse(self._handler.refusal(self._coming or self._unadmitted(), error))
            return False
        flow = self._coming
        assert flow is not None
        if body is None:
            if head.waits and not self._continued and not reader.taken:
                self._continued = True
                self._output.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return False
        flow.request.data.content, flow.request.data.timestamp_end = body, time.time()
        self._coming = None
        self.chunks = head.version != b"HTTP/1.0"
        self._closes = head.closes
        self._continued = False
        reader.next()
        self.transaction = Transaction(flow, self, self._handler, self._hooks, self._upstreams)
        self._output.sender = self.transaction
        self.transaction.begin()
        return True

    def _admit(self, head: RequestHead) -> bool:
        """Makes the flow of a request that may come in; turns away one that may not. Raises ClientError."""
        flow = self._flow(head, path_of(head, self._handler.hosts))
        reply, self.answer_headers = self._handler.admit(flow.request, self.context.client)
        if reply is not None:
            self._refuse(reply)
            return False
        self._coming = flow
        return True

    def _unadmitted(self) -> http.HTTPFlow | None:
        head = self._reader.head
        return None if head is None else self._flow(head, head.target)

    def _flow(self, head: RequestHead, path: bytes) -> http.HTTPFlow:
        flow = http.HTTPFlow(self.context.client, self.context.server, live=True)
        flow.request = request_of(head, path, self.context.server, self._reader.started)
        return flow

    def _refuse(self, reply: Reply) -> None:
        """Answers a request that is none, or may not come in, and reads on until the client has stopped sending.

        A client that is cut off while it sends never reads the answer.
        """
        reader, flow, self._coming = self._reader, self._coming, None  # what has not come in is not recorded
        response = as_response(reply, close=True)
        body = b"" if reader.for_head else response.raw_content or b""
        if flow is not None:
            self._handler.on_client_head(flow, response)
            self._handler.on_client_data(flow, body)
            self._handler.on_client_end(flow)
        self.write_head(response, body, close=True)
        if self._sends_no_more:
            self._close()
            return
        head = reader.head
        self._refused = Refused(None if head is None else head.length, reader.taken, has_head=head is not None)
        self._refused.take(reader.discard())
        if self._refused.over:
            self._close()
            return
        self._set_timer(PATIENCE)

    def _refuse_with(self, status: int, message: str) -> None:
        self._refuse(self._handler.refusal(self._coming or self._unadmitted(), ClientError(status, message)))

    # To the client (transaction.py)

    def write_head(self, response: http.Response, body: bytes = b"", *, close: bool = False) -> None:
        """Sends a head, and what is known of the body."""
        close = close or self._closes or not self.chunks or self._handler.draining
        close = close or (self._sends_no_more and not self._reader.waiting)
        headers, framed = response.headers, "transfer-encoding" in response.headers
        close = close or not (framed or "content-length" in headers or response.status_code in (101, 204, 304))
        if self.answer_headers:
            headers.update(self.answer_headers)
        if close:
            headers["connection"] = "close"
            self._closes = True
        if framed or not self.chunks:
            self._output.stream(head_bytes(response), framed=framed)
            self.write(body)
        else:
            self._output.write(head_bytes(response) + body)

    def write(self, data: bytes) -> None:
        """Sends bytes of a body."""
        if data:
            self._output.body(data)

    def switch(self, flow: http.HTTPFlow) -> None:
        """Speaks WebSocket with the client from now on."""
        from .web_socket import WebSocket  # not at the top: few clients want one, and it takes as long as a call

        handler = self._handler
        self._web_socket = WebSocket(handler.open_session(flow), handler.max_body, self._output.write, self._close)

    async def say(self, text: str, code: int | None) -> None:
        """Sends a text to a WebSocket's client, if it is there; with a code, as the last. Waits for a slow one."""
        if self._web_socket is not None:
            self._web_socket.say(text, code)
            await self.kept_up()

    async def kept_up(self) -> None:
        """Waits for a client that does not keep up."""
        await self._output.kept_up()

    def finished(self, *, close: bool = False) -> None:
        """The answer is complete; with `close` it is the connection's last."""
        self._output.sender = None
        self._output.end()
        self.transaction = None
        if close or self._closes:
            self._close()
            return
        self._waiting_since = time.monotonic()
        if self._reading_paused and self._transport is not None:
            self._reading_paused = False
            self._transport.resume_reading()
        if self._web_socket is not None:
            self._web_socket.receive(self._reader.discard())
        elif self._reader.waiting:
            self._advance()
        if self._sends_no_more and not self._advancing:
            self._say_that_it_breaks_off()

    # Its end

    def drop(self) -> None:
        """Ends the connection at once."""
        if self.transaction is not None:
            self.transaction.cancel()
            self.transaction = None
        self._close()

    def _close(self) -> None:
        transport, self._transport = self._transport, None
        web_socket, self._web_socket = self._web_socket, None
        if web_socket is not None:
            web_socket.close()
        if self._timer is not None:
            self._timer.cancel()
        if transport is not None:
            self._output.sender = None  # and no proper end: what breaks off is not to look whole
            transport.close()

    def _ended(self) -> None:
        """The client has ended its side, or all of it."""
        if (transport := self._transport) is None:
            return
        if transport.lost:
            self.drop()
            return
        self._sends_no_more = True
        if self._web_socket is not None:
            self._close()
        elif self.transaction is None:
            self._say_that_it_breaks_off()
        else:
            self._set_timer(SOON)
            if transport.left:
                self.drop()

    def _say_that_it_breaks_off(self) -> None:
        """Ends the connection of a client that sends no more, unless it is being answered."""
        if self.transaction is not None or self._transport is None:
            return
        if self._reader.started and self._refused is None:
            what = "head" if self._reader.head is None else "body"
            self._refuse_with(400, f"The request's {what} cannot be read: it breaks off.")
        else:
            self._close()

    # Time

    def _set_timer(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        """Looks after a connection that may have been idle for too long."""
        if self._transport is None:
            return
        if self._refused is not None:
            if self._refused.goes_on():
                self._set_timer(PATIENCE)
            else:
                self._close()
        elif self.transaction is not None or self._web_socket is not None:
            if self._sends_no_more and self._transport.left:
                self.drop()
            else:
                self._set_timer(LATER if self._sends_no_more else HEAD_TIME)
        else:
            in_head = self._reader.head is None
            since, time_for_it = (self._waiting_since, HEAD_TIME) if in_head else (self.last_sent, BODY_SILENCE)
            left = since + time_for_it - time.monotonic()
            if left > 0:
                self._set_timer(left)
            elif self._reader.started:
                self._refuse_with(408, "The request did not come to its end in time.")
            else:
                self._close()

    # While a request is answered (calls.py)

    def interrupt(self, flow: http.HTTPFlow, error: GatewayError) -> None:
        """Ends the answer under way, for a reason that lies outside it."""
        if self.transaction is not None and self.transaction.flow is flow:
            self._guarded(lambda transaction: transaction.fail(error, close=True))

    def keep_alive(self, flow: http.HTTPFlow) -> None:
        """The client has waited for so long that it needs a sign of life."""
        if self.transaction is not None and self.transaction.flow is flow:
            self._guarded(Transaction.keep_alive)

    def _guarded(self, step: Callable[[Transaction], None]) -> None:
        assert self.transaction is not None
        try:
            step(self.transaction)
        except Exception:
            logger.exception("a fault of argo-proxy's own in a connection")
            self.drop()
