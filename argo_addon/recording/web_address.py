"""Where recordings are shown in the browser: the address and its token, there before mitmweb is loaded.

That takes a second or more; a browser that comes earlier waits in the line. It knows nothing of mitmproxy.
"""

from __future__ import annotations

import errno
import secrets
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

HOST, USUAL_PORT = "127.0.0.1", 8081
_WAITING = 128


class CannotListen(Exception):
    """There is no port. Its text is meant for a terminal."""


class Address(NamedTuple):
    """A socket that listens, and who may come in."""

    listening: socket.socket
    token: str

    @property
    def port(self) -> int:
        """The number that it has, or was given."""
        return int(self.listening.getsockname()[1])

    @property
    def url(self) -> str:
        """With the token."""
        return f"http://{HOST}:{self.port}/?token={self.token}"


def listen(port: int | None) -> Address:
    """Listens on a port, or without one on mitmweb's usual one, or on any if that is taken. Raises CannotListen."""
    for tried in (USUAL_PORT, 0) if port is None else (port,):
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.setblocking(False)
            listening.bind((HOST, tried))
            listening.listen(_WAITING)
        except OSError as error:
            listening.close()
            if error.errno != errno.EADDRINUSE or port is not None:
                raise CannotListen(f"cannot listen on {HOST} port {tried}: {error.strerror}") from error
        else:
            return Address(listening, secrets.token_urlsafe(32))
    raise CannotListen(f"{HOST} has no free port")


def ends() -> list[signal.Signals]:
    """The signals that end it: also that of a terminal that is closed, unless nohup is to keep it."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    return [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]


@contextmanager
def until_told_to_end() -> Iterator[None]:
    """While files are read and mitmweb is loaded, before there is an event loop: a signal ends it, and is no fault."""
    for number in ends():
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        return
