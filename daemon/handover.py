"""The sockets that a gateway listens on, handed over to the one that follows it, so that no connection is refused.

The gateway offers them at a socket in the state folder (mode 0600 in a folder of mode 0700); whoever restarts it takes
them from there, and gives them to the new process. Both accept from the same queue then, until the old one is told to
stop, so that nothing in it is lost, as it would be with two sockets on one port (SO_REUSEPORT).
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from .paths import handover_socket

if TYPE_CHECKING:
    import asyncio

_PATIENCE = 2.0
"""Seconds in which a gateway that is well hands its sockets over."""
_LONGEST_PATH = 100
_MOST_SOCKETS = 16


class Offer:
    """The offer of this process, in its event loop. Raises OSError where it cannot be made."""

    def __init__(self, descriptors: list[int], loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._descriptors = descriptors
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        draft = f"{handover_socket()}.{os.getpid()}"
        before = os.umask(0o177)
        try:
            with _short(draft) as name:
                self._listening.bind(name)
            self._inode = os.stat(draft).st_ino
            os.replace(draft, handover_socket())  # what a process that is gone has left, or the one that is followed
        except OSError:
            self._listening.close()
            raise
        finally:
            os.umask(before)
        self._listening.listen()
        self._listening.setblocking(False)
        self._loop.add_reader(self._listening.fileno(), self._give)

    def _give(self) -> None:
        with suppress(OSError):
            taker, _ = self._listening.accept()
            with taker:
                taker.settimeout(_PATIENCE)
                socket.send_fds(taker, [b"."], self._descriptors)

    def close(self) -> None:
        """Takes the offer back."""
        self._loop.remove_reader(self._listening.fileno())
        self._listening.close()
        with suppress(OSError):
            if os.stat(handover_socket()).st_ino == self._inode:
                os.unlink(handover_socket())


def taken() -> list[int]:
    """The descriptors of the sockets that the gateway which runs listens on; none where they are not to be had."""
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as giver:
        giver.settimeout(_PATIENCE)
        with _short(handover_socket()) as name:
            giver.connect(name)
        return socket.recv_fds(giver, 1, _MOST_SOCKETS)[1]
    return []


def fit(sockets: Sequence[socket.socket], host: str, port: int | None) -> bool:
    """Whether these sockets listen at just this address."""
    try:
        wanted = {found[4][:2] for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
        return bool(sockets) and all(one.getsockname()[:2] in wanted for one in sockets)
    except OSError:
        return False


@contextmanager
def _short(path: str) -> Iterator[str]:
    """A name for a path that fits into a socket's address; on Linux there is one for each."""
    if len(os.fsencode(path)) <= _LONGEST_PATH or not os.path.isdir("/proc/self/fd"):
        yield path
        return
    folder = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{folder}/{os.path.basename(path)}"
    finally:
        os.close(folder)
