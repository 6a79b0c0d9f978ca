"""A connection of the gateway to itself, inside the process: it is there also when nothing is listened on any more."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""Serves a connection until it ends: mitmproxy's `handle_stream`."""
Address = tuple[object, ...]


def name_both_ends(writer: asyncio.StreamWriter, address: Address) -> None:
    """Gives a connection that has no addresses of its own this one, for mitmproxy wants some."""
    given = writer.get_extra_info
    names = {"peername": address, "sockname": address}
    vars(writer)["get_extra_info"] = lambda name, default=None: names.get(name) or given(name, default)


@asynccontextmanager
async def own_connection(
    serve: Serve, address: Address
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection as if it had been accepted at an address, until the end of the block."""
    here, there = socket.socketpair()
    served = await asyncio.open_connection(sock=there)
    name_both_ends(served[1], address)
    serving = asyncio.ensure_future(serve(*served))
    reader, writer = await asyncio.open_connection(sock=here)
    try:
        yield reader, writer
    finally:
        writer.close()
        _ENDING.add(serving)
        serving.add_done_callback(_ENDING.discard)


_ENDING: set[asyncio.Future[None]] = set()
"""What is still served after whoever asked has left, which asyncio itself would forget."""
