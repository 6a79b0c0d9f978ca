"""The sockets that are listened on: a restart's or systemd's in the place of mitmproxy's own, and how they are left.

It relies on `AsyncioServerInstance.listen` of mitmproxy's `mode_servers` (tests/shell/test_handover.py).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Sequence
from typing import Any

from mitmproxy.proxy.mode_servers import AsyncioServerInstance, ServerInstance

ACCEPTING = 20
"""Turns of the event loop until mitmproxy has a connection that asyncio accepts among its own; it takes five."""


def install(sockets: Sequence[socket.socket]) -> None:
    """Has mitmproxy's server listen on these in this process, whatever address it is given."""

    async def listen(self: AsyncioServerInstance[Any], host: str, port: int) -> list[asyncio.Server]:
        return [await asyncio.start_server(self.handle_stream, sock=one) for one in sockets]

    AsyncioServerInstance.listen = listen  # type: ignore[method-assign,assignment]


def descriptors(servers: Iterable[ServerInstance[Any]]) -> list[int]:
    """The descriptors of the sockets that mitmproxy's servers listen on."""
    running = [one for instance in servers if isinstance(instance, AsyncioServerInstance) for one in instance._servers]
    return [one.fileno() for server in running if isinstance(server, asyncio.Server) for one in server.sockets]


async def accept_no_more(descriptors: Iterable[int]) -> None:
    """Takes nothing more out of these sockets' queues, and waits until what was taken is among mitmproxy's connections.

    asyncio loses a connection that it has accepted where its server is closed before it has made a transport of it.
    """
    for descriptor in descriptors:
        asyncio.get_running_loop().remove_reader(descriptor)
    for _ in range(ACCEPTING):
        await asyncio.sleep(0)
