"""Clients that are let go: one whose request is refused before its body is there, and one that does not speak HTTP."""

from __future__ import annotations

import logging

from mitmproxy import http
from mitmproxy.proxy import commands, events, layer

Commands = layer.CommandGenerator[None]

MAX_REFUSED_BODY = 1024 * 1024 * 1024
"""Bytes of a refused body that are read before the connection is cut after all."""


class NotHttp(layer.Layer):
    """A client that speaks TLS to a port that does not: it is let go at once, and the log says why."""

    def _handle_event(self, event: events.Event) -> Commands:
        if isinstance(event, events.DataReceived):
            yield commands.Log("a client spoke TLS: this port speaks plain http://, not https://", logging.ERROR)
            yield commands.CloseConnection(self.context.client)


class Refused:
    """How much of a refused request has been read. `silent` is reset by each piece."""

    def __init__(self, request: http.Request | None, taken: int) -> None:
        length = request.headers.get("content-length", "") if request is not None else ""
        self._left = (int(length) if length.isdecimal() else MAX_REFUSED_BODY) - taken
        self._last = b"0\r\n\r\n" if request is not None else b"\r\n\r\n"
        self._tail = b""
        self.silent = True

    def take(self, data: bytes) -> None:
        """Notes what has been read of it."""
        self._left -= len(data)
        self._tail = (self._tail + data[-5:])[-5:]
        self.silent = False

    @property
    def over(self) -> bool:
        """It is complete (a chunked body ends in an empty chunk, a head in a blank line), or beyond all measure."""
        return self._left <= 0 or self._tail.endswith(self._last)
