"""What goes to a client: heads, bodies in chunks or not, and who waits while the client does not keep up."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Protocol

from .internals import Transport

HIGH_WATER = 256 * 1024
"""Bytes that may wait for a slow client before no more are taken from ARGO."""


class Sender(Protocol):
    """Whoever makes what is sent."""

    def pause(self) -> None:
        """No more, until `resume`."""

    def resume(self) -> None:
        """The client has read what was sent."""


class Output:
    """The bytes of one client's answers."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._pending = b""  # a head that goes out with what follows
        self._framed = False  # the answer under way is in chunks
        self._draining: asyncio.Task[None] | None = None
        self.sender: Sender | None = None
        """Who is to wait for a client that does not keep up."""

    def stream(self, head: bytes, *, framed: bool) -> None:
        """Begins an answer that comes in pieces; its head goes out with the first of them."""
        self._pending, self._framed = head, framed

    def body(self, data: bytes) -> None:
        """Sends bytes of a body, never none."""
        self.write(b"%x\r\n%b\r\n" % (len(data), data) if self._framed else data)

    def end(self) -> None:
        """The answer is complete."""
        end, self._framed = b"0\r\n\r\n" if self._framed else b"", False
        if end or self._pending:
            self.write(end)

    def write(self, data: bytes) -> None:
        """Sends bytes as they are."""
        if self._pending:
            data, self._pending = self._pending + data, b""
        self._transport.write(data)
        if self._transport.unsent > HIGH_WATER and self.sender is not None:
            self.sender.pause()
            if self._draining is None:
                self._draining = asyncio.ensure_future(self._drain())

    async def kept_up(self) -> None:
        """Waits for a client that does not keep up."""
        if self._transport.unsent > HIGH_WATER:
            with suppress(OSError):  # it is gone, which is told elsewhere
                await self._transport.drained()

    async def _drain(self) -> None:
        try:
            await self._transport.drained()
        except OSError:
            return  # it is gone, which is told elsewhere
        finally:
            self._draining = None
        if self.sender is not None:  # by now, it may be another's turn than when the client fell behind
            self.sender.resume()
