"""Between mitmproxy's messages and the gateway's: requests, replies, headers, bodies, and failures as statuses."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from http.client import responses
from typing import NamedTuple

from mitmproxy import http
from mitmproxy.net.http.url import hostport
from mitmproxy.proxy.layers.http._events import ResponseProtocolError

from ..gateway.messages import ClientRequest, Reply, UpstreamRequest
from .compression import decompressed

MAX_ANSWER = 100_000_000
"""Bytes of the largest answer of ARGO's that is not streamed."""
_NO_ANSWER = (444, 499)  # how mitmproxy 11 says that the client is gone; 12 says it by a code without a status


def as_response(reply: Reply, *, close: bool = False, more: Mapping[str, str] = {}) -> http.Response:
    """A reply as mitmproxy's response; `close` announces that the connection ends with it, `more` are more headers."""
    headers = {"content-type": "application/json", **reply.headers, **more}
    if close:
        headers["connection"] = "close"
    fields = [(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in headers.items()]
    fields.append((b"content-length", b"%d" % len(reply.body)))
    reason = responses.get(reply.status, "").encode()  # mitmproxy's own table has gaps
    now = time.time()
    return http.Response(b"HTTP/1.1", reply.status, reason, http.Headers(fields), reply.body, None, now, now)


def status_of(event: ResponseProtocolError) -> int | None:
    """The HTTP status of a failure; None if nobody is left to tell. mitmproxy 11 has numbers there, 12 an enum."""
    code: object = event.code
    told = getattr(code, "http_status_code", None)
    if callable(told):
        status = told()
        return status if isinstance(status, int) else None
    return code if isinstance(code, int) and code not in _NO_ANSWER else None


def client_request(flow: http.HTTPFlow, most: int) -> ClientRequest:
    """The flow's request, decompressed, of so many bytes at the most. Raises ClientError."""
    headers = headers_of(flow.request)
    body = decompressed(flow.request.raw_content or b"", headers.get("content-encoding", ""), most)
    return ClientRequest(flow.request.method, flow.request.path, headers, body)


def headers_of(message: http.Message) -> dict[str, str]:
    """The headers with lower-case names, those that occur twice joined."""
    found: dict[str, str] = {}
    for field, text in message.headers.fields:
        name, value = field.decode("utf-8", "surrogateescape").lower(), text.decode("utf-8", "surrogateescape")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def content_of(response: http.Response) -> bytes:
    """The body, decompressed where it can be."""
    return response.get_content(strict=False) or b""


class Place(NamedTuple):
    """Where a URL leads: `host` is what is connected to, `name` what the Host header says."""

    scheme: bytes
    host: str
    port: int
    path: bytes
    name: bytes


class Places:
    """Where the URLs of the settings lead. `override` gives another address for a host and a port, or None."""

    def __init__(self, override: Callable[[str, int], str | None]) -> None:
        self._override = override
        self._known: dict[str, Place] = {}

    def direct(self, request: http.Request, upstream: UpstreamRequest) -> None:
        """Makes a flow's request the one that goes upstream."""
        place = self._known.get(upstream.url)
        if place is None:
            place = self._known[upstream.url] = self._place(upstream.url)
        data = request.data
        data.scheme, data.host, data.port, data.path, data.authority = *place[:4], b""
        fields = [(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in upstream.headers.items()]
        fields += ((b"host", place.name), (b"content-length", b"%d" % len(upstream.body)))
        data.headers = http.Headers(fields)
        data.content = upstream.body

    def _place(self, url: str) -> Place:
        parsed = http.Request.make("POST", url)
        # Here and not in server_connect, where it would break the connection's reuse.
        host = self._override(parsed.host, parsed.port) or parsed.host
        name = hostport(parsed.scheme, parsed.host, parsed.port)
        return Place(parsed.data.scheme, host, parsed.port, parsed.data.path, name.encode())
