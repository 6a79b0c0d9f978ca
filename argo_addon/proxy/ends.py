"""How a client's connection ends: who sends no more, who sends nothing, and who takes too long over a request's head.

A client may close its sending half behind its last request: it still gets what it asked for, as long as somebody is
there to read it (peers.py). mitmproxy takes the first FIN for the client's end.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from mitmproxy.connection import ConnectionState
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.context import Context

from .door import DoorHttp1Server, Doorkeeper

Commands = layer.CommandGenerator[None]

SOON, LATER = 0.05, 1.0
"""Seconds until it is looked again whether a client that sends no more is there: first, and from then on."""
HEAD_TIME = 30.0
"""Seconds for a request's head to come in, from the connection's begin or the last answer's end."""
BODY_SILENCE = 60.0
"""Seconds between two pieces of a request's body."""
MOST_AHEAD = 1_000_000
"""Bytes that a client may send behind a request whose answer is under way."""


class EndingHttp1Server(DoorHttp1Server):
    """The server side of one client connection, as far as its end goes."""

    def __init__(self, context: Context, doorkeeper: Doorkeeper, has_left: Callable[[], bool]) -> None:
        """`has_left` tells whether a client that sends no more reads no more either."""
        super().__init__(context, doorkeeper)
        self._has_left = has_left
        self._sends_no_more = False
        self._since = time.monotonic()  # when the wait for a head began, or the last piece of a body came

    @property
    def answers_last(self) -> bool:
        """Whether nothing can be asked behind the request under way."""
        return self._sends_no_more and not self.buf

    @property
    def is_idle(self) -> bool:
        """Whether the next request's head is waited for."""
        return bool(self.state == self.read_headers)

    def overdue(self, now: float) -> bool:
        """Whether the client has taken too long over its next request, the head of it or the body."""
        if self.state == self.wait:
            return False
        return now - self._since > (HEAD_TIME if self.state == self.read_headers else BODY_SILENCE)

    def read_body(self, event: events.Event) -> Commands:
        self._since = time.monotonic()
        yield from super().read_body(event)

    def wait(self, event: events.Event) -> Commands:
        if len(self.buf) > MOST_AHEAD:
            yield from super().wait(events.ConnectionClosed(self.conn))
            return
        half = isinstance(event, events.ConnectionClosed) and event.connection.state is ConnectionState.CAN_WRITE
        if half and not self._has_left():
            self._sends_no_more = True
            yield commands.RequestWakeup(SOON)
        else:
            yield from super().wait(event)

    def look_again(self) -> Commands:
        """Ends the call under way if its client, which sends no more, has left by now."""
        if not self._sends_no_more or self.state != self.wait:
            return
        if self._has_left():
            yield from super().wait(events.ConnectionClosed(self.conn))
        else:
            yield commands.RequestWakeup(LATER)

    def mark_done(self, *, request: bool = False, response: bool = False) -> Commands:
        yield from super().mark_done(request=request, response=response)
        if self.state == self.read_headers:
            self._since = time.monotonic()
            if self._sends_no_more and self.conn.state is not ConnectionState.CLOSED:
                yield commands.CloseConnection(self.conn)
                self.state = self.done
