"""The door of a client's connection: whether a request may come in is asked once its head is there, before its body.

It knows heads and answers; whom to let in is the handler's to say.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Protocol

from mitmproxy import connection, http
from mitmproxy.proxy import events, layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http._base import ReceiveHttp
from mitmproxy.proxy.layers.http._events import HttpEvent, RequestHeaders, ResponseHeaders
from mitmproxy.proxy.layers.http._http1 import Http1Server

from ..gateway.messages import Reply
from .unix_socket import NAME

Commands = layer.CommandGenerator[None]


class Doorkeeper(Protocol):
    """Whom the door asks."""

    def admit(self, request: http.Request, client: connection.Client) -> tuple[Reply | None, Mapping[str, str]]:
        """The reply to a request that goes no further, None if it may come in; and headers for whatever answer."""


class DoorHttp1Server(Http1Server):
    """mitmproxy's server side of a connection, with the door."""

    def __init__(self, context: Context, doorkeeper: Doorkeeper) -> None:
        super().__init__(context)
        self._doorkeeper = doorkeeper
        self.answer_headers: Mapping[str, str] = {}
        """What goes out with the answer under way: a browser is told that a page may read it."""

    @abstractmethod
    def _answer(self, reply: Reply, *, close: bool) -> Commands:
        """Sends a whole answer; with `close` as the connection's last, what the client is still sending read first."""

    @abstractmethod
    def _discard(self, event: events.Event) -> Commands:
        """Reads on what a refused client is still sending."""

    def read_headers(self, event: events.ConnectionEvent) -> Commands:
        for command in super().read_headers(event):
            if type(command) is ReceiveHttp and type(command.event) is RequestHeaders:
                assert isinstance(self.conn, connection.Client)
                reply, self.answer_headers = self._doorkeeper.admit(command.event.request, self.conn)
                if reply is not None:
                    self.request_done = command.event.end_stream
                    self.state = self.done if self.request_done else self._discard
                    yield from self._answer(reply, close=True)
                    return
            yield command

    def send(self, event: HttpEvent) -> Commands:
        if self.answer_headers and isinstance(event, ResponseHeaders):
            event.response.headers.update(self.answer_headers)
        yield from super().send(event)


def local_address(client: connection.Client) -> str | None:
    """The address of this machine's own that a client has connected to; None for a socket in the file system."""
    return None if client.sockname == NAME else client.sockname[0]
