"""Between mitmproxy's messages, the gateway's, and what is sent: requests, replies, headers, bodies."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import NamedTuple

from mitmproxy import connection, http
from mitmproxy.net.http.url import hostport

from ..errors import UpstreamError
from ..gateway.messages import ClientRequest, Reply, UpstreamRequest
from ..settings.upstream_proxy import ProxyServer
from .compression import Spoilt, TooMuch, UnknownCoding, decompressed, inflated
from .heads import RequestHead
from .upstreams import Target

MAX_ANSWER = 100_000_000
"""Bytes of the largest answer of ARGO's that is not streamed, decompressed."""


_REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}


def as_response(reply: Reply, *, close: bool = False, more: Mapping[str, str] = {}) -> http.Response:
    """A reply as mitmproxy's response; `close` announces that the connection ends with it, `more` are more headers."""
    headers = {"content-type": "application/json", **reply.headers, **more}
    if close:
        headers["connection"] = "close"
    fields = [(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in headers.items()]
    fields.append((b"content-length", b"%d" % len(reply.body)))
    reason = _REASONS.get(reply.status, b"")  # mitmproxy's own table has gaps
    now = time.time()
    return http.Response(b"HTTP/1.1", reply.status, reason, http.Headers(fields), reply.body, None, now, now)


def head_bytes(response: http.Response) -> bytes:
    """A response's head as it is sent."""
    data = response.data
    lines = [b"HTTP/1.1 %d %b" % (data.status_code, data.reason)]
    lines += [b"%b: %b" % field for field in data.headers.fields]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def request_head(request: http.Request) -> bytes:
    """A request's head as it is sent."""
    data = request.data
    lines = [b"%b %b HTTP/1.1" % (data.method, data.path)]
    lines += [b"%b: %b" % field for field in data.headers.fields]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def request_of(head: RequestHead, path: bytes, server: connection.Server, started: float) -> http.Request:
    """A client's request as mitmproxy's, its body still to come.

    `started` is when its first byte came, in seconds since 1970.
    """
    host, port = server.address or ("", 0)
    headers = http.Headers(head.fields)
    return http.Request(host, port, head.method, b"http", b"", path, head.version, headers, None, None, started, None)


def client_request(flow: http.HTTPFlow, most: int) -> ClientRequest:
    """The flow's request, decompressed, of so many bytes at the most. Raises ClientError."""
    headers = headers_of(flow.request)
    body = decompressed(flow.request.raw_content or b"", headers.get("content-encoding", ""), most)
    return ClientRequest(flow.request.method, flow.request.path, headers, body, flow.id)


def headers_of(message: http.Message) -> dict[str, str]:
    """The headers with lower-case names, those that occur twice joined."""
    found: dict[str, str] = {}
    again: dict[str, list[str]] = {}
    for field, text in message.headers.fields:
        name, value = field.decode("utf-8", "surrogateescape").lower(), text.decode("utf-8", "surrogateescape")
        if name in found:
            again.setdefault(name, [found[name]]).append(value)
        else:
            found[name] = value
    for name, values in again.items():
        found[name] = ", ".join(values)
    return found


def content_of(response: http.Response) -> bytes:
    """The body, decompressed; text that is not compressed at all stays as it is, whatever its head says.

    Raises UpstreamError where it is more than any answer may be, or cannot be decompressed.
    """
    packed = response.raw_content or b""
    coding = response.headers.get("content-encoding", "")
    try:
        return inflated(packed, coding, MAX_ANSWER)
    except TooMuch:
        raise answer_too_large() from None
    except (Spoilt, UnknownCoding) as problem:
        try:
            packed.decode()
        except UnicodeDecodeError:
            why = (
                "which is not known here" if isinstance(problem, UnknownCoding) else f"and is no such thing: {problem}"
            )
            status = response.status_code if response.status_code >= 400 else 502
            raise UpstreamError(status, f"ARGO's answer is said to be {coding[:40]!r}, {why}.") from problem
        return packed


def answer_too_large() -> UpstreamError:
    """The error for an answer that is larger than any."""
    return UpstreamError(502, f"ARGO's answer is larger than {MAX_ANSWER / 1e6:g} MB, the most that is taken here.")


class Place(NamedTuple):
    """Where a URL leads, its path there, and what the Host header says."""

    target: Target
    path: bytes
    host: bytes


class Places:
    """Where the URLs of the settings lead."""

    def __init__(self, override: Callable[[str, int], str | None], proxy: Callable[[str], ProxyServer | None]) -> None:
        """`override` gives a host and port another address, or None, `proxy` the HTTP proxy on the way to a URL."""
        self._override = override
        self._proxy = proxy
        self._known: dict[str, Place] = {}

    def direct(self, request: http.Request, upstream: UpstreamRequest) -> Target:
        """Makes a flow's request the one that goes upstream, and tells where that is."""
        place = self.of(upstream.url)
        target = place.target
        data = request.data
        data.scheme, data.host, data.port, data.path = target.scheme.encode(), target.host, target.port, place.path
        fields = [(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in upstream.headers.items()]
        fields += ((b"host", place.host), (b"content-length", b"%d" % len(upstream.body)))
        data.headers = http.Headers(fields)
        data.content = upstream.body
        return target

    def of(self, url: str) -> Place:
        """Where a URL leads. Raises ValueError for what is none."""
        place = self._known.get(url)
        if place is None:
            place = self._known[url] = self._place(url)
        return place

    def _place(self, url: str) -> Place:
        parsed = http.Request.make("POST", url)
        host = self._override(parsed.host, parsed.port) or parsed.host
        target = Target(parsed.scheme, host, parsed.port, parsed.host, self._proxy(url))
        return Place(target, parsed.data.path, hostport(parsed.scheme, parsed.host, parsed.port).encode())


def bare_path(flow: http.HTTPFlow) -> str:
    """A request's path without its query, which may hold a key."""
    return flow.request.path.split("?", 1)[0]
