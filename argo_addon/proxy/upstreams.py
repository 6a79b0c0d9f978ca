"""The connections to ARGO, opened when they are needed and kept for the next call, whoever's it is.

A tool that comes back after a pause, or a script that opens a connection for each call, pays no new handshake with
ARGO. mitmproxy's own upstream connections end with their client's. Certificates and names are verified by Python's
`ssl`; an HTTP proxy on the way is asked for a tunnel.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from mitmproxy import connection
from mitmproxy.proxy import server_hooks

from ..settings.upstream_proxy import ProxyServer
from .heads import END_OF_HEAD, MAX_HEAD, NotHttp, response_head
from .hooks import Hooks
from .upstream_connection import UpstreamConnection

KEPT = 55.0
"""Seconds that a connection without a call is kept: a little less than what servers usually allow."""
MOST_KEPT = 64
"""Connections without a call that are kept for one place."""


class Target(NamedTuple):
    """Where a connection leads: `name` is what its certificate must be for, `host` what is connected to."""

    scheme: str
    host: str
    port: int
    name: str
    proxy: ProxyServer | None = None


class Refused(OSError):
    """The HTTP proxy on the way does not let us through; the text says why."""


class Upstreams:
    """All connections to ARGO of one gateway."""

    def __init__(self, trusted: Callable[[], ssl.SSLContext]) -> None:
        """`trusted` makes the context by which certificates are verified; it is called once, when it is needed."""
        self._trusted = trusted
        self._context: ssl.SSLContext | None = None
        self._idle: dict[Target, list[UpstreamConnection]] = {}
        self._open: set[UpstreamConnection] = set()
        self._sweeping: asyncio.TimerHandle | None = None

    @property
    def count(self) -> int:
        """How many connections there are."""
        return len(self._open)

    def take(self, target: Target) -> UpstreamConnection | None:
        """A connection that is kept for a place, the one used last; None where there is none."""
        kept = self._idle.get(target)
        while kept:
            found = kept.pop()
            if found.usable and time.monotonic() - found.idle_since < KEPT:
                return found
            found.leave()
        return None

    def keep(self, target: Target, used: UpstreamConnection) -> None:
        """Takes back a connection whose answer is complete."""
        if not used.usable:
            return
        kept = self._idle.setdefault(target, [])
        if len(kept) >= MOST_KEPT:
            kept.pop(0).leave()
        kept.append(used)
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(KEPT / 2, self._sweep)

    def _sweep(self) -> None:
        """Ends what has been kept for too long."""
        oldest = time.monotonic() - KEPT
        for target, kept in list(self._idle.items()):
            for one in kept:
                if one.idle_since < oldest:
                    one.leave()
            self._idle[target] = [one for one in kept if one.usable]
            if not self._idle[target]:
                del self._idle[target]
        loop = asyncio.get_running_loop()
        self._sweeping = loop.call_later(KEPT / 2, self._sweep) if self._idle else None

    def _lost(self, one: UpstreamConnection) -> None:
        self._open.discard(one)

    def close(self) -> None:
        """Ends all of them."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            self._sweeping = None
        self._idle.clear()
        for one in list(self._open):
            one.abort()

    # New ones

    async def reach(self, target: Target) -> UpstreamConnection:
        """A new connection that is for no client, and of which no addon hears. Raises OSError."""
        made = UpstreamConnection(connection.Server(address=(target.host, target.port)), self._lost)
        await self._connect(target, made)
        self._open.add(made)
        if not made.usable:
            raise OSError("the server closed the connection at once")
        return made

    async def open(self, target: Target, client: connection.Client, hooks: Hooks) -> UpstreamConnection:
        """A new connection, for a call of this client. Raises OSError, of which ssl.SSLError and Refused are kinds."""
        via = None if target.proxy is None else (target.proxy.scheme, (target.proxy.host, target.proxy.port))
        server = connection.Server(address=(target.host, target.port), via=via, timestamp_start=time.time())
        if target.scheme == "https":
            server.tls, server.sni = True, target.name
        data = server_hooks.ServerConnectionHookData(server=server, client=client)
        await hooks.wait(server_hooks.ServerConnectHook(data))
        made = UpstreamConnection(server, self._lost)
        try:
            if server.error is not None:
                raise OSError(f"killed by an addon: {server.error}")
            await self._connect(target, made)
        except OSError as problem:
            server.error = str(problem)
            await hooks.wait(server_hooks.ServerConnectErrorHook(data))
            raise
        self._open.add(made)
        try:
            await hooks.wait(server_hooks.ServerConnectedHook(data))
        except BaseException:
            made.leave()  # its client has left
            raise
        if not made.usable:
            raise OSError("the server closed the connection at once")
        return made

    async def _connect(self, target: Target, made: UpstreamConnection) -> None:
        loop = asyncio.get_running_loop()
        context = self._tls() if target.scheme == "https" else None
        name = target.name if context is not None else None
        if (proxy := target.proxy) is None:
            await loop.create_connection(lambda: made, target.host, target.port, ssl=context, server_hostname=name)
            return
        outer = self._tls() if proxy.scheme == "https" else None
        tunnel = _Tunnel(target)
        transport, _ = await loop.create_connection(
            lambda: tunnel, proxy.host, proxy.port, ssl=outer, server_hostname=proxy.host if outer else None
        )
        try:
            await tunnel.ready
        except BaseException:
            transport.abort()
            raise
        if context is None:
            transport.set_protocol(made)
            made.connection_made(transport)
            return
        if sys.version_info < (3, 11):  # whose asyncio does TLS within TLS, but does not say so
            transport._start_tls_compatible = True  # type: ignore[attr-defined]
        inner = await loop.start_tls(transport, made, context, server_hostname=name)
        assert inner is not None
        made.connection_made(inner)

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = self._trusted()
        return self._context


class _Tunnel(asyncio.Protocol):
    """Asks an HTTP proxy for a way to a place (RFC 9110, 9.3.6)."""

    def __init__(self, target: Target) -> None:
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ready.add_done_callback(lambda ready: ready.cancelled() or ready.exception())  # if nobody waits any more
        self._target = target
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        host = f"[{self._target.host}]" if ":" in self._target.host else self._target.host
        where = f"{host}:{self._target.port}"
        lines = [f"CONNECT {where} HTTP/1.1", f"host: {where}"]
        if self._target.proxy is not None and self._target.proxy.authorization is not None:
            lines.append(f"proxy-authorization: {self._target.proxy.authorization}")
        transport.write("\r\n".join([*lines, "", ""]).encode())

    def data_received(self, data: bytes) -> None:
        self._head += data
        end = END_OF_HEAD.search(self._head)
        if self.ready.done() or (end is None and len(self._head) < MAX_HEAD):
            return
        try:
            head = response_head(self._head[: end.start()] if end is not None else self._head[:100])
        except NotHttp as problem:
            self.ready.set_exception(Refused(f"it does not speak HTTP/1.1: {problem}"))
            return
        if 200 <= head.status < 300:
            self.ready.set_result(None)
        else:
            self.ready.set_exception(Refused(f"it answered {head.status} {head.reason.decode('latin-1')}"))

    def connection_lost(self, problem: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(Refused("it closed the connection" if problem is None else str(problem)))
