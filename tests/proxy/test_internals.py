"""What is relied upon of mitmproxy beneath its documented interface: argo_addon/proxy/internals.py says what."""

from __future__ import annotations

import ast
import asyncio
import dataclasses
import inspect
import socket
from pathlib import Path

import pytest
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.proxy import server
from mitmproxy.proxy.layers.http import _hooks
from mitmproxy.proxy.mode_servers import AsyncioServerInstance

import argo_addon.proxy
from argo_addon.proxy import internals

from ..running import Proxy, raw_exchange

ROOM = Path(argo_addon.proxy.__file__).parent


def test_connections_have_their_handlers_by_id_and_a_handler_its_streams(gateway: Proxy) -> None:
    """Asked of a live connection, whose client is in the middle of a head."""

    async def look() -> list[tuple[str, type, type, int]]:
        found = internals.proxyserver_of(gateway.master).connections
        return [
            ((key == one.client.id and type(one.layer).__name__) or "", type(io.reader), type(io.writer),
             one.timeout_watchdog.timeout)
            for key, one in found.items() for io in [one.transports[one.client]]
        ]  # fmt: skip

    with socket.create_connection(("127.0.0.1", gateway.port)) as client:
        client.sendall(b"GET / HT")
        for _ in range(100):
            told = asyncio.run_coroutine_threadsafe(look(), gateway.loop).result(5)
            if told:
                break
    assert told == [("ClientConnection", asyncio.StreamReader, asyncio.StreamWriter, 10**8)]


def test_a_read_takes_so_much_at_most() -> None:
    source = inspect.getsource(server.ConnectionHandler.handle_connection)
    assert f".read({internals.READ_AT_ONCE})" in source


def test_the_names_are_there() -> None:
    assert {"client", "layer", "transports", "timeout_watchdog"} <= set(
        inspect.getsource(server.ConnectionHandler.__init__).replace("self.", " ").replace("=", " ").split()
    )
    assert {field.name for field in dataclasses.fields(server.ConnectionIO)} >= {"handler", "reader", "writer"}
    assert callable(server.ConnectionHandler.close_connection)
    assert callable(server.ConnectionHandler.handle_hook)
    assert "handle_stream" in dir(AsyncioServerInstance)
    assert "listen_addrs" in dir(Proxyserver)
    for name in ("RequestHeaders", "Request", "ResponseHeaders", "Response", "Error"):
        assert getattr(_hooks, f"Http{name}Hook").name == name.lower()


def test_nothing_else_private_is_used() -> None:
    """mitmproxy's modules whose names begin with an underscore: the hooks' own is the only one."""
    used = set()
    for path in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            used |= {name for name in names if name.startswith("mitmproxy") and "._" in name}
    assert used == {"mitmproxy.proxy.layers.http._hooks"}


HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"


@pytest.mark.parametrize("size", [65534, 65535, 65536, 2 * 65535, 200_000])
def test_a_request_of_as_many_bytes_as_are_read_at_a_time_arrives_whole(gateway: Proxy, size: int) -> None:
    body = b'{"x":"%b"}' % (b"a" * (size - len(HEAD % size) - len(b'{"x":""}')))
    answer = raw_exchange(gateway.port, HEAD % len(body) + body)
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"model" in answer
