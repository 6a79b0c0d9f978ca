"""Calls to the gateway itself, by HTTP, as if they came where a client has come in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager

import h11
import msgspec

from ..errors import UNREADABLE
from ..proxy.own_connection import Address, Serve, own_connection
from ..proxy.trace import WAY, Way

_OF_HOP = frozenset(
    {"connection", "upgrade", "content-length", "content-type", "content-encoding", "accept-encoding", "te", "expect",
     "transfer-encoding", "keep-alive"}
)  # fmt: skip
_AT_ONCE = 65536


class BrokenOff(Exception):
    """A call ended before its answer was complete."""


class OwnReply:
    """The answer to a call, as it comes."""

    def __init__(self, head: h11.Response, pieces: AsyncGenerator[bytes, None]) -> None:
        """`pieces` are the body's."""
        self.status_code = head.status_code
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
        self.pieces = pieces

    async def read(self) -> bytes:
        """The whole body. Raises BrokenOff."""
        return b"".join([piece async for piece in self.pieces])


class OwnCalls:
    """How a client's calls are made to the gateway itself, as if they came where the client has come in."""

    def __init__(self, serve: Serve, address: Address, path: str) -> None:
        """`serve` takes a connection that came in at `address`; `path` is what is called."""
        self._serve = serve
        self._address = address
        self._path = path

    @asynccontextmanager
    async def post(self, body: bytes, headers: Mapping[str, str]) -> AsyncIterator[OwnReply]:
        """The answer to a call, which ends with the block. Raises BrokenOff."""
        async with own_connection(self._serve, self._address) as (reader, writer):
            spoken = h11.Connection(h11.CLIENT)
            head = {"host": "localhost", **headers, "content-length": str(len(body)), "connection": "close"}
            asked = (h11.Request(method="POST", target=self._path, headers=list(head.items())), h11.Data(body))
            writer.write(b"".join(spoken.send(event) or b"" for event in (*asked, h11.EndOfMessage())))
            begun = await _next(spoken, reader)
            while isinstance(begun, h11.InformationalResponse):
                begun = await _next(spoken, reader)
            if not isinstance(begun, h11.Response):
                raise BrokenOff("there was no answer")
            async with aclosing(_pieces(spoken, reader)) as pieces:
                yield OwnReply(begun, pieces)


async def _pieces(spoken: h11.Connection, reader: asyncio.StreamReader) -> AsyncGenerator[bytes, None]:
    while isinstance(event := await _next(spoken, reader), h11.Data):
        yield bytes(event.data)


async def _next(spoken: h11.Connection, reader: asyncio.StreamReader) -> h11.Event:
    try:
        while (event := spoken.next_event()) is h11.NEED_DATA:
            spoken.receive_data(await reader.read(_AT_ONCE))
    except (OSError, h11.RemoteProtocolError) as problem:
        raise BrokenOff(str(problem) or type(problem).__name__) from problem
    assert not isinstance(event, type)  # it is PAUSED where a second answer comes, which none does
    return event


def call_headers(headers: Mapping[str, str], way: Way) -> dict[str, str]:
    """The headers of a call that is made for a client, given those with which it came and how."""
    passed = {
        name: value for name, value in headers.items() if name not in _OF_HOP and not name.startswith("sec-websocket-")
    }
    return {**passed, "content-type": "application/json", WAY: way}


class ToldError(msgspec.Struct):
    """An error as the gateway tells it."""

    message: str = ""
    type: str | None = None
    code: str | int | None = None
    param: str | None = None


class _ErrorBody(msgspec.Struct):
    error: ToldError


_ERROR = msgspec.json.Decoder(_ErrorBody)


def error_in(status: int, body: bytes) -> ToldError:
    """The error that a call was answered with."""
    try:
        return _ERROR.decode(body).error
    except UNREADABLE:
        return ToldError(f"The call was answered with {status}.")
