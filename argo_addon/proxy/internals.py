"""What is relied upon of mitmproxy beneath its documented interface, in one place (tests/proxy/test_internals.py).

`Proxyserver.connections` has the handler of each client by its id; a handler has `layer`, which is to take its events,
`transports` with asyncio's streams of each connection, `timeout_watchdog`, and `close_connection`. It reads 65,535
bytes at most at a time. Messages check the type of each member in `MessageData.__post_init__`, which costs a fifth of a
small call; they are made by code that is type-checked, and the check is left out, as Python's -O does.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from mitmproxy import connection, http
from mitmproxy.proxy import layer

from .peers import has_left
from .unix_socket import NAME

if TYPE_CHECKING:
    from mitmproxy.addons.proxyserver import Proxyserver
    from mitmproxy.master import Master
    from mitmproxy.proxy.mode_servers import ProxyConnectionHandler

READ_AT_ONCE = 65535
"""Bytes that mitmproxy reads at most at a time: with fewer, its reader is empty."""
_NEVER = 10**8  # seconds


def proxyserver_of(master: Master) -> Proxyserver:
    """mitmproxy's addon that accepts connections."""
    from mitmproxy.addons.proxyserver import Proxyserver  # not at the top: the master loads it, without all the others

    found = master.addons.get("proxyserver")
    assert isinstance(found, Proxyserver), "mitmproxy without its proxy server"
    return found


def put_layer(handler: ProxyConnectionHandler, ours: layer.Layer) -> None:
    """Has a connection's events go to a layer of ours, and no limit of mitmproxy's end it."""
    handler.layer = ours
    handler.timeout_watchdog.timeout = _NEVER


class Receiver(Protocol):
    """What takes a client's bytes."""

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""

    def drop(self) -> None:
        """Ends the connection; it may be gone by itself."""


class Transport:
    """The way to a client, and from it."""

    def __init__(self, handler: ProxyConnectionHandler, client: connection.Client) -> None:
        self._handler = handler
        self._client = client
        writer = handler.transports[client].writer
        assert isinstance(writer, asyncio.StreamWriter)  # in reverse mode, clients come by TCP
        self._writer = writer
        assert isinstance(writer.transport, asyncio.Transport)
        self._transport = writer.transport
        self.lost = False
        """Whether the connection is gone, rather than ended on the client's side only."""

    @property
    def left(self) -> bool:
        """Whether a client that sends no more reads no more either; False as long as that is not known."""
        connected = self._transport.get_extra_info("socket")
        return self._transport.is_closing() or connected is None or has_left(connected)

    def deliver_to(self, receiver: Receiver) -> None:
        """Has what comes from the client go to a receiver straight; mitmproxy's reader is empty."""
        protocol = self._transport.get_protocol()
        if not isinstance(protocol, _Straight) and not self._transport.is_closing():
            self._transport.set_protocol(_Straight(self, receiver, protocol))

    def write(self, data: bytes) -> None:
        """Sends bytes, or keeps them until they can be sent."""
        if not self._transport.is_closing():
            self._transport.write(data)

    @property
    def unsent(self) -> int:
        """Bytes that are kept."""
        return self._transport.get_write_buffer_size()

    async def drained(self) -> None:
        """Waits until nearly nothing is kept. Raises OSError if the client is gone."""
        await self._writer.drain()

    def pause_reading(self) -> None:
        """Takes nothing more from the client."""
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Goes on."""
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self) -> None:
        """Ends the connection once what was written has been sent."""
        if self._client in self._handler.transports:
            self._handler.close_connection(self._client)
        self._transport.close()  # mitmproxy's task does so, but not if it is ended before it has begun


class _Straight(asyncio.Protocol):
    """Stands in the place of asyncio's stream protocol, which goes on to hear of all but the data."""

    def __init__(self, transport: Transport, receiver: Receiver, streams: asyncio.BaseProtocol) -> None:
        self._transport = transport
        self._receiver: Receiver | None = receiver
        assert isinstance(streams, asyncio.Protocol)
        self._streams = streams

    def data_received(self, data: bytes) -> None:
        if self._receiver is not None:
            self._receiver.data_received(data)

    def eof_received(self) -> bool | None:
        return self._streams.eof_received()

    def pause_writing(self) -> None:
        self._streams.pause_writing()

    def resume_writing(self) -> None:
        self._streams.resume_writing()

    def connection_lost(self, problem: Exception | None) -> None:
        self._transport.lost = True
        receiver, self._receiver = self._receiver, None
        self._streams.connection_lost(problem)
        if receiver is not None:
            receiver.drop()


def leave_checks_out() -> None:
    """Has mitmproxy's messages made without the check of each member's type, in this process."""
    http.MessageData.__post_init__ = _nothing  # type: ignore[method-assign]


def _nothing(message: http.MessageData) -> None:
    pass


def listening_hosts(server: Proxyserver | None, client: connection.Client | None) -> tuple[list[str], bool]:
    """The addresses that are listened on, and whether that is all of them for good.

    mitmproxy serves clients some moments before it tells where it listens; then a client's own mode says what it can.
    """
    if server is not None and (addresses := server.listen_addrs()):
        return [str(address[0]) for address in addresses], True
    host = "" if client is None else client.proxy_mode.custom_listen_host or ""
    return [host] if host else [], False


def local_address(client: connection.Client) -> str | None:
    """The address of this machine's own that a client has connected to; None for a socket in the file system."""
    return None if client.sockname == NAME else client.sockname[0]
