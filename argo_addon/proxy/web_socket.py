"""A client's WebSocket, which ends here: frames to messages and back. What a message means is its session's to say.

mitmproxy's own layer relays to an upstream's WebSocket; ARGO has none. RFC 6455, without extensions.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mitmproxy import http
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.context import Context
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, TextMessage
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import RemoteProtocolError

from ..errors import ClientError

Commands = layer.CommandGenerator[None]
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""What RFC 6455 has the server put behind the client's key."""


class Session(Protocol):
    """Who speaks with a WebSocket's client."""

    def take(self, text: str) -> None:
        """The client has said this."""

    def close(self) -> None:
        """The client is gone."""


Open = Callable[[http.HTTPFlow], Session]


@dataclass
class Outgoing(events.MessageInjected[str]):
    """A text for a WebSocket's client; with a code and nothing more to come, the WebSocket's end."""

    code: int | None = None


def is_upgrade(headers: dict[str, str]) -> bool:
    """Whether a request asks for a WebSocket."""
    return "websocket" in headers.get("upgrade", "").lower()


def handshake(request: http.Request) -> http.Response:
    """The answer that opens a WebSocket. Raises ClientError for a request that RFC 6455 does not know."""
    key = request.headers.get("sec-websocket-key", "")
    if request.headers.get("sec-websocket-version", "") != "13" or not key or request.method != "GET":
        message = "A WebSocket is opened by GET with sec-websocket-key and sec-websocket-version 13."
        raise ClientError(426, message, headers={"sec-websocket-version": "13"})
    accept = base64.b64encode(hashlib.sha1(key.encode() + _MAGIC, usedforsecurity=False).digest()).decode()
    return http.Response.make(
        101, b"", {"upgrade": "websocket", "connection": "Upgrade", "sec-websocket-accept": accept}
    )


class WebSocketLayer(layer.Layer):
    """The server's side of a WebSocket."""

    def __init__(self, context: Context, flow: http.HTTPFlow, opened: Open, most: int) -> None:
        """`opened` makes the session; messages may have `most` characters."""
        super().__init__(context)
        self._flow = flow
        self._opened = opened
        self._most = most
        self._spoken = Connection(ConnectionType.SERVER)
        self._session: Session | None = None
        self._said: list[str] = []
        self._over = False

    def _handle_event(self, event: events.Event) -> Commands:
        if isinstance(event, events.Start):
            self._session = self._opened(self._flow)
        elif self._over:
            return
        elif isinstance(event, Outgoing):
            if event.message:
                yield self._send(TextMessage(event.message))
            if event.code is not None:
                yield from self._end(event.code)
        elif isinstance(event, events.DataReceived):
            yield from self._received(event.data)
        elif isinstance(event, events.ConnectionClosed):
            yield from self._end(None)

    def _received(self, data: bytes) -> Commands:
        try:
            self._spoken.receive_data(data)
            for event in self._spoken.events():
                yield from self._take(event)
                if self._over:
                    return
        except RemoteProtocolError as problem:
            reply = problem.event_hint
            if reply is not None:
                yield self._send(reply)
            yield from self._end(None)

    def _take(self, event: Event) -> Commands:
        assert self._session is not None  # it starts first
        if isinstance(event, TextMessage):
            self._said.append(event.data)
            if sum(map(len, self._said)) > self._most:
                yield from self._end(CloseReason.MESSAGE_TOO_BIG)
            elif event.message_finished:
                text, self._said = "".join(self._said), []
                self._session.take(text)
        elif isinstance(event, BytesMessage):
            yield from self._end(CloseReason.UNSUPPORTED_DATA)
        elif isinstance(event, Ping):
            yield self._send(event.response())
        elif isinstance(event, CloseConnection):
            yield self._send(event.response())
            yield from self._end(None)

    def _send(self, event: Event) -> commands.SendData:
        return commands.SendData(self.context.client, self._spoken.send(event))

    def _end(self, code: int | None) -> Commands:
        """Ends the WebSocket, with a word of why where the client has not ended it itself."""
        self._over = True
        if code is not None:
            yield self._send(CloseConnection(code))
        if self._session is not None:
            self._session.close()
        yield commands.CloseConnection(self.context.client)


def own_url(flow: http.HTTPFlow, path: str) -> str:
    """The URL at which a flow's client has reached us."""
    host, port = flow.client_conn.sockname[:2]
    return f"http://[{host}]:{port}{path}" if ":" in host else f"http://{host}:{port}{path}"
