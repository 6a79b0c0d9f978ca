"""A Unix socket on which the gateway is served, beside its port or instead of it, by mitmproxy's own stack.

mitmproxy listens on TCP alone, but what serves a connection takes any streams of asyncio's. The socket's mode is 0600
from its first moment: whoever can connect to it is its owner, or root.
"""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from contextlib import suppress
from pathlib import Path

from .own_connection import Serve, name_both_ends

NAME = ("localhost", 80)
"""The address of both ends, where mitmproxy wants one; a TCP connection's are numbers."""


class UnixSocket:
    """The socket at a path, as long as it is listened on."""

    def __init__(self, path: Path, listening: asyncio.Server) -> None:
        self._path = path
        self._listening = listening
        self._inode = path.stat().st_ino

    @classmethod
    async def open(cls, path: Path, serve: Serve, *, replace: bool = False) -> UnixSocket:
        """Listens at a path; what a process that is gone has left there is replaced. Raises OSError.

        With `replace` so is the socket of one that listens, from one moment to the next.
        """
        if not replace:
            await asyncio.to_thread(_make_way, path)
        draft = path.with_name(f"{path.name}.{os.getpid()}") if replace else path
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            bound.bind(str(draft))
        except OSError:
            bound.close()
            raise
        finally:
            os.umask(before)

        async def named(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            name_both_ends(writer, NAME)
            await serve(reader, writer)

        listening = await asyncio.start_unix_server(named, sock=bound)
        if replace:
            os.replace(draft, path)
        return cls(path, listening)

    @property
    def descriptors(self) -> list[int]:
        """The descriptor of the socket, in a list as those of mitmproxy's servers are."""
        return [one.fileno() for one in self._listening.sockets]

    def close(self) -> None:
        """Takes no more connections, and takes the file away if it is still this socket's."""
        self._listening.close()
        with suppress(OSError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()


def _make_way(path: Path) -> None:
    """Makes the folder, and removes a socket on which nobody listens any more. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise FileExistsError(None, "something else than a socket is there", str(path))
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
        except FileNotFoundError:
            return
    raise FileExistsError(None, "another program listens on it", str(path))
