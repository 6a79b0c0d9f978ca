"""The smallest mitmproxy that carries the addon: no event log, no views, no certificate store of its own.

It knows addresses and signals, and nothing of requests.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any, Protocol

from mitmproxy import options
from mitmproxy.addons import core, proxyserver
from mitmproxy.master import Master
from mitmproxy.proxy.mode_servers import ServerInstance
from mitmproxy.proxy.mode_specs import ProxyMode

from . import inherited, internals
from .calls import Calls
from .crowd import FullTable
from .hooks import Hooks, HooksInPlace
from .unix_socket import UnixSocket

GRACE = 60.0
"""Seconds that running calls get to end when the process is told to stop."""


class Gateway(Protocol):
    """The addon that is carried."""

    hooks: Hooks | None
    """How its hooks are called; the master says."""


class GatewayMaster(Master):
    """mitmproxy's event loop with the addon on one address, on a Unix socket, or on both."""

    def __init__(
        self,
        addon: Gateway,
        calls: Calls,
        upstream: str,
        host: str,
        port: int | None,
        path: str | None = None,
        *,
        follows: bool = False,
    ) -> None:
        """`upstream` is the base URL that mitmproxy's mode names; each flow says for itself where it goes.

        `calls` are those that the addon has under way; without a port it listens at the path of a socket alone.
        What listens at the path is replaced where this process `follows` another one.
        """
        logging.getLogger("mitmproxy").setLevel(logging.ERROR)
        scheme, _, rest = upstream.partition("://")
        mode = f"reverse:{scheme}://{rest.split('/')[0]}"
        super().__init__(options.Options(mode=[] if port is None else [f"{mode}@{host}:{port}"]))
        self._mode = mode
        self._path = None if path is None else Path(path)
        self._follows = follows
        self._socket: UnixSocket | None = None
        self._failure: Exception | None = None
        self._calls = calls
        self._full_table = FullTable()
        self._proxyserver = proxyserver.Proxyserver()
        self._stopping: asyncio.Task[None] | None = None
        internals.leave_checks_out()
        addon.hooks = HooksInPlace(self.addons)
        self.addons.add(core.Core(), self._proxyserver, addon)

    def _asyncio_exception_handler(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not self._full_table.explains(context):
            super()._asyncio_exception_handler(loop, context)

    @property
    def address(self) -> tuple[str, int] | None:
        """The host and port that are listened on; None before `running` or where that failed."""
        addresses = self._proxyserver.listen_addrs()
        return (addresses[0][0], addresses[0][1]) if addresses else None

    @property
    def descriptors(self) -> list[int]:
        """The descriptors of the sockets that are listened on."""
        here = [] if self._socket is None else self._socket.descriptors
        return [*inherited.descriptors(self._proxyserver.servers), *here]

    @property
    def listens(self) -> bool:
        """Whether it listens wherever it is to."""
        ports = self.options.mode == [] or self.address is not None
        return ports and (self._path is None or self._socket is not None)

    async def running(self) -> None:
        await super().running()
        if self._path is None or self._stopping is not None:
            return
        instance: ServerInstance[ProxyMode] = ServerInstance.make(self._mode, self._proxyserver)
        try:
            self._socket = await UnixSocket.open(self._path, instance.handle_stream, replace=self._follows)
        except OSError as error:
            self._failure = OSError(error.errno, error.strerror or str(error), str(self._path))

    @property
    def failure(self) -> Exception | None:
        """Why nothing is listened on."""
        if self._failure is not None:
            return self._failure
        return next((server.last_exception for server in self._proxyserver.servers if server.last_exception), None)

    def stop(self) -> None:
        """Takes no more connections and stops once the running calls have ended; called twice, at once."""
        if self._stopping is None:
            self._stopping = asyncio.get_running_loop().create_task(self._stop())
        else:
            self._calls.hurry()

    async def _stop(self) -> None:
        await inherited.accept_no_more(self.descriptors)
        self.options.update(server=False)
        if self._socket is not None:
            self._socket.close()
        try:
            await self._calls.drain(GRACE)
        finally:
            self.shutdown()
