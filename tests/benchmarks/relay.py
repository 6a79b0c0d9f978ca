"""A floor for `make bench`: bytes relayed by asyncio, each client with a connection of its own to the upstream.

`python tests/benchmarks/relay.py PORT http://HOST:PORT`
"""

from __future__ import annotations

import asyncio
import sys
from urllib.parse import urlsplit


class Side(asyncio.Protocol):
    """One end of a relayed connection."""

    def __init__(self) -> None:
        self.other: Side | None = None
        self.waiting: list[bytes] = []
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is there."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.writelines(self.waiting)
        self.waiting.clear()

    def data_received(self, data: bytes) -> None:
        """Hands on what comes."""
        if self.other is not None:
            self.other.send(data)

    def send(self, data: bytes) -> None:
        """Sends, at once or as soon as it is there."""
        if self.transport is None:
            self.waiting.append(data)
        else:
            self.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side ends too."""
        other, self.other = self.other, None
        if other is not None and other.transport is not None:
            other.transport.close()


class Accepted(Side):
    """A client."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__()
        self._upstream = host, port
        self._opening: asyncio.Task[object] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.other = Side()
        self.other.other = self
        other = self.other
        self._opening = asyncio.ensure_future(
            asyncio.get_running_loop().create_connection(lambda: other, *self._upstream)
        )


async def relay(port: int, url: str) -> None:
    """Serves until it is ended."""
    to = urlsplit(url)
    host, to_port = to.hostname or "", to.port or 80
    server = await asyncio.get_running_loop().create_server(lambda: Accepted(host, to_port), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(relay(int(sys.argv[1]), sys.argv[2]))
