"""Calls to the gateway itself, by HTTP, on the address at which a client has reached it."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
import msgspec

from ..errors import UNREADABLE
from ..proxy.trace import WAY, Way
from ..proxy.unix_socket import NAME

_OF_HOP = frozenset(
    {"connection", "upgrade", "content-length", "content-type", "content-encoding", "accept-encoding", "te", "expect",
     "transfer-encoding", "keep-alive"}
)  # fmt: skip


class OwnAddress(msgspec.Struct, frozen=True):
    """Where the gateway is reached: a URL, and the path of the Unix socket if it is reached by one."""

    url: str
    socket: str | None = None

    @classmethod
    def at(cls, address: tuple[str | int, ...], socket: str | None, path: str) -> OwnAddress:
        """The URL of a path at an address that was connected to; `socket` is that of the gateway, if any."""
        host, port = address[:2]
        if socket is not None and address == NAME:
            return cls(f"http://{host}{path}", socket)
        return cls(f"http://[{host}]:{port}{path}" if ":" in str(host) else f"http://{host}:{port}{path}")

    def client(self) -> httpx.AsyncClient:
        """A client for it, which waits as long as it takes."""
        transport = None if self.socket is None else httpx.AsyncHTTPTransport(uds=self.socket)
        return httpx.AsyncClient(trust_env=False, timeout=None, transport=transport)


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
