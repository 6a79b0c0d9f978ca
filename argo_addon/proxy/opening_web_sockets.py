"""How a client's WebSocket is opened (RFC 6455, 4), and who speaks on it. Its frames are web_socket.py's."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Protocol

from mitmproxy import http

from ..errors import ClientError
from .messages import headers_of

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""What RFC 6455 has the server put behind the client's key."""
GOING_AWAY = 1001
"""The code with which a process that ends closes a WebSocket (RFC 6455, 7.4.1)."""


class Session(Protocol):
    """Who speaks with a WebSocket's client."""

    def take(self, text: str) -> None:
        """The client has said this."""

    def refused(self, text: str, problem: ClientError) -> None:
        """The client has said this, which ends the WebSocket."""

    def close(self) -> None:
        """The client is gone."""


def is_upgrade(request: http.Request) -> bool:
    """Whether a request asks for a WebSocket; without the wish in `Connection` it does not (RFC 9110, 7.8)."""
    if not any(name.lower() == b"upgrade" for name, _ in request.headers.fields):
        return False
    headers = headers_of(request)
    wishes = headers.get("connection", "").lower().split(",")
    return "websocket" in headers.get("upgrade", "").lower() and "upgrade" in map(str.strip, wishes)


def handshake(request: http.Request) -> http.Response:
    """The answer that opens a WebSocket. Raises ClientError for a request that RFC 6455 does not know."""
    key = request.headers.get("sec-websocket-key", "")
    asks = request.method == "GET" and request.http_version == "HTTP/1.1"
    if request.headers.get("sec-websocket-version", "") != "13" or not _is_key(key) or not asks:
        message = "A WebSocket is opened by GET in HTTP/1.1 with sec-websocket-version 13 and a sec-websocket-key."
        raise ClientError(426, message, headers={"sec-websocket-version": "13"})
    accept = base64.b64encode(hashlib.sha1(key.encode() + _MAGIC, usedforsecurity=False).digest()).decode()
    response = http.Response.make(
        101, b"", {"upgrade": "websocket", "connection": "Upgrade", "sec-websocket-accept": accept}
    )
    del response.headers["content-length"]  # RFC 9110, 8.6
    return response


def _is_key(text: str) -> bool:
    """Whether this is 16 bytes in base64 (RFC 6455, 4.1)."""
    try:
        return len(base64.b64decode(text, validate=True)) == 16
    except binascii.Error:
        return False
