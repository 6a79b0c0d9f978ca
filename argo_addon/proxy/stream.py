"""mitmproxy's stream of one request and its answer, which may send the request a second time.

That happens in mitmproxy's own connection handling, so that the second answer streams, runs out of time, is recorded
and ends with its client as the first does. Whether and what to send is the addon's to say. The first connection is
left: what may still come on it is nobody's.
"""

from __future__ import annotations

from typing import Any, Protocol

from mitmproxy import connection, flow, http
from mitmproxy.proxy import events, layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import HttpLayer, HttpStream, SendHttp
from mitmproxy.proxy.layers.http._events import (
    RequestData,
    RequestEndOfMessage,
    RequestHeaders,
    RequestProtocolError,
    ResponseData,
    ResponseEndOfMessage,
    ResponseProtocolError,
    ResponseTrailers,
)
from mitmproxy.proxy.layers.http._hooks import HttpErrorHook
from mitmproxy.proxy.layers.http._http1 import Http1Client

from .web_socket import Session, WebSocketLayer

Commands = layer.CommandGenerator[None]

_NOBODY = -1
"""The id of a stream that does not exist: events for it are dropped by mitmproxy's HTTP layer."""

_TOO_LARGE: Any = 413
"""mitmproxy 12 has an enum of its own for it (messages.status_of takes both)."""

_OF_ANSWERS = (ResponseData, ResponseTrailers, ResponseEndOfMessage, ResponseProtocolError)


class Asker(Protocol):
    """What the stream asks of the addon."""

    max_body: int
    """Bytes of the largest body of a request."""

    def should_resend(self, flow: http.HTTPFlow) -> bool:
        """Whether the flow's request, as it now is, is to be sent once more in the place of the answer that came."""

    def open_session(self, flow: http.HTTPFlow) -> Session:
        """Who speaks with the client of a WebSocket that is open."""

    def sends_anew(self, flow: http.HTTPFlow) -> bool:
        """Whether the flow's request is sent once more, since its connection ended before it was answered."""


class Client(Protocol):
    """What the stream asks of the client's side of the connection."""

    def discard_held_head(self) -> None:
        """Forgets the head of an answer that was held back."""


class GatewayHttpStream(HttpStream):
    """One request of a client, and its answer."""

    def __init__(self, context: Context, stream_id: int, asker: Asker, client: Client) -> None:
        super().__init__(context, stream_id)
        self._asker = asker
        self._client = client
        self.attempt = 0
        """Which of its requests is under way: 1 for the second."""
        self._kept_ended = False

    @property
    def streams(self) -> bool:
        """Whether its answer is streamed just now, and nothing is waited for."""
        return not self._paused and self.server_state == self.state_stream_response_body

    def relayed(self, data: bytes) -> list[bytes]:
        """What the next bytes of the answer become."""
        assert self.flow.response is not None
        relay = self.flow.response.stream
        assert callable(relay)  # proxy/stream_body.py
        made = relay(data)
        return made if isinstance(made, list) else [made] if isinstance(made, bytes) else list(made)

    def state_stream_response_body(self, event: events.Event) -> Commands:
        yield from super().state_stream_response_body(event)
        if isinstance(event, ResponseData) and self._asker.should_resend(self.flow):
            yield from self._send_again()

    def send_response(self, already_streamed: bool = False) -> Commands:
        if self._asker.should_resend(self.flow):
            yield from self._send_again()
        else:
            yield from super().send_response(already_streamed)

    def handle_protocol_error(self, event: RequestProtocolError | ResponseProtocolError) -> Commands:
        if isinstance(event, ResponseProtocolError) and self._was_too_late() and self._asker.sends_anew(self.flow):
            yield from self._send_again()
        else:
            yield from super().handle_protocol_error(event)

    def _was_too_late(self) -> bool:
        """Whether the request went out on a kept connection that ended with no byte of an answer (decision 22)."""
        server, started = self.flow.server_conn, self.flow.request.timestamp_start
        if self._paused or self.server_state != self.state_wait_for_response_headers or self._kept_ended:
            return False
        if server.timestamp_start is None or server.timestamp_start > started or self._speaking(server).buf:
            return False
        self._kept_ended = True
        return True

    def check_body_size(self, request: bool) -> layer.CommandGenerator[bool]:
        """The parent has one limit for requests and answers."""
        if not request:
            return (yield from super().check_body_size(request))
        length = self.flow.request.headers.get("content-length", "")
        size = len(self.request_body_buf) or (int(length) if length.isdecimal() else 0)
        if size <= self._asker.max_body:
            return False
        self.flow.error = flow.Error("the request body is too large")
        yield HttpErrorHook(self.flow)
        told = ResponseProtocolError(self.stream_id, self.flow.error.msg, code=_TOO_LARGE)
        yield SendHttp(told, self.context.client)
        self.client_state = self.state_errored
        self.flow.live = False
        return True

    def flow_done(self) -> Commands:
        if self.flow.websocket is not None:
            self.child_layer = WebSocketLayer(self.context, self.flow, self._asker.open_session, self._asker.max_body)
            self._handle_event = self.passthrough
            yield from self.child_layer.handle_event(events.Start())
            yield SendHttp(ResponseEndOfMessage(self.stream_id), self.context.client)
            return
        yield from super().flow_done()
        self._let_go()

    def _let_go(self) -> None:
        """Takes apart the circles in which it holds itself, and with itself what was said."""
        self.client_state = self.server_state = _over
        self.context.layers.clear()

    def _send_again(self) -> Commands:
        self.attempt += 1
        left = self.flow.server_conn
        self.flow.response = None
        self.response_body_buf.clear()
        self._client.discard_held_head()
        yield from abandon_upstream(self.stream_id, left)
        self._disown(left)
        # A new one, so that it is seen that there is no connection yet.
        self.flow.server_conn = connection.Server(address=left.address, via=left.via)
        self.server_state = self.state_wait_for_response_headers
        connected = yield from self.make_server_connection()
        if not connected:
            return
        content = self.flow.request.raw_content or b""
        for part in (
            RequestHeaders(self.stream_id, self.flow.request, not content),
            RequestData(self.stream_id, content),
            RequestEndOfMessage(self.stream_id),
        ):
            yield SendHttp(part, self.context.server)

    def _disown(self, server: connection.Server) -> None:
        """Sees to it that what has come on a connection, read by now or not, is not taken for the next answer."""
        waiting = [event for event in self._paused_event_queue if not isinstance(event, _OF_ANSWERS)]
        self._paused_event_queue.clear()
        self._paused_event_queue.extend(waiting)
        self._speaking(server).stream_id = _NOBODY

    def _speaking(self, server: connection.Server) -> Http1Client:
        """The layer that speaks with the upstream on a connection."""
        http_layer = self.context.layers[self.context.layers.index(self) - 1]
        assert isinstance(http_layer, HttpLayer)
        speaking = http_layer.connections[server].context.layers[-1]
        assert isinstance(speaking, Http1Client)  # upstreams speak HTTP/1 to an HTTP/1 client
        return speaking


def _over(event: events.Event) -> Commands:
    """What becomes of events for a stream that is over."""
    yield from ()


def abandon_upstream(stream_id: int, server: connection.Server) -> Commands:
    """Ends a stream's upstream connection: what is still to come on it is of no use.

    This goes by way of the layers between, since the connection may lead through a tunnel.
    """
    yield SendHttp(RequestProtocolError(stream_id, "not needed", RequestProtocolError.code), server)
