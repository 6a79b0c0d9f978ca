"""A client's WebSocket, which ends here: frames to messages and back. What a message means is its session's to say.

RFC 6455, without extensions.
"""

from __future__ import annotations

from collections.abc import Callable

from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, TextMessage
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import RemoteProtocolError

from ..errors import ClientError
from .opening_web_sockets import Session

_SHOWN = 100_000
"""Characters that are told of a message that is too long."""


class WebSocket:
    """The server's side of a WebSocket."""

    def __init__(self, session: Session, most: int, write: Callable[[bytes], None], end: Callable[[], None]) -> None:
        """Messages may have `most` characters. `write` sends bytes to the client, `end` ends the connection."""
        self._session = session
        self._most = most
        self._write = write
        self._end_connection = end
        self._spoken = Connection(ConnectionType.SERVER)
        self._said: list[str] = []
        self._size = 0  # characters of it
        self._over = False

    def say(self, text: str, code: int | None) -> None:
        """Sends a text; with a code and nothing more to come, the WebSocket's end."""
        if self._over:
            return
        if text:
            self._send(TextMessage(text))
        if code is not None:
            self._end(code)

    def receive(self, data: bytes) -> None:
        """Takes what has come from the client."""
        if self._over or not data:
            return
        try:
            self._spoken.receive_data(data)
            for event in self._spoken.events():
                self._take(event)
        except RemoteProtocolError as problem:
            if problem.event_hint is not None:
                self._send(problem.event_hint)
            self._end(None)

    def close(self) -> None:
        """The connection has ended."""
        if not self._over:
            self._over = True
            self._session.close()

    def _take(self, event: Event) -> None:
        if self._over:
            return
        if isinstance(event, TextMessage):
            if event.data:
                self._said.append(event.data)
                self._size += len(event.data)
            if self._size > self._most:
                said = "".join(self._said)[:_SHOWN]
                much = f"The message has more than {self._most:,} characters (max_body_size)."
                self._session.refused(said, ClientError(413, much))
                self._end(CloseReason.MESSAGE_TOO_BIG)
            elif event.message_finished:
                text, self._said, self._size = "".join(self._said), [], 0
                self._session.take(text)
        elif isinstance(event, BytesMessage):
            self._session.refused("", ClientError(400, "A message of bytes: a text is expected, which is JSON."))
            self._end(CloseReason.UNSUPPORTED_DATA)
        elif isinstance(event, Ping):
            self._send(event.response())
        elif isinstance(event, CloseConnection):
            self._send(event.response())
            self._end(None)

    def _send(self, event: Event) -> None:
        self._write(self._spoken.send(event))

    def _end(self, code: int | None) -> None:
        """Ends the WebSocket, with a word of why where the client has not ended it itself."""
        self._over = True
        if code is not None:
            self._send(CloseConnection(code))
        self._session.close()
        self._end_connection()
