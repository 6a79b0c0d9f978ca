"""Images fetched from the web, from public addresses only. It knows no dialect and nothing of requests.

Whoever may write a URL into a request could otherwise have this machine look into its own network: the name is looked
up once, every address that it has is checked, and the address that was checked is the one that is connected to; the
same for each redirection. Nothing of the client's goes along.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable

import httpx

from .. import __version__
from ..settings.model import trust_variables
from ..settings.trust import Trust, certificate_problem, client_context, trust_of

MAX_DOWNLOAD = 32 * 1024 * 1024
"""Bytes that an image from the web may have."""
MAX_REDIRECTS = 4
_LONGEST_URL = 8192
_KINDS = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_REDIRECTS = (301, 302, 303, 307, 308)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Awaitable[Iterable[str]]]
"""Looks up a host, given its name and the port: the addresses that it has. Raises OSError."""


class NoImage(Exception):
    """There is no image to be had, in words for the client."""


def kind_of(data: bytes) -> str | None:
    """The media type of an image that models take, by how it begins; None for anything else."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for beginning, kind in _KINDS if data.startswith(beginning)), None)


def is_public(address: Address) -> bool:
    """Whether an address is one of the open network: not of this machine, a private network, or no host at all."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address.teredo is not None:
            inner = address.teredo[1]
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    if isinstance(address, ipaddress.IPv6Address) and (address.is_site_local or _is_isatap(address)):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _is_isatap(address: ipaddress.IPv6Address) -> bool:
    """Whether an address leads to an IPv4 one of the own network: its interface begins with 0000:5efe (RFC 5214)."""
    return (int(address) >> 32) & 0xFDFFFFFF == 0x00005EFE


async def looked_up(host: str, port: int) -> list[str]:
    """The addresses of a host, as this machine's own resolver tells them. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class Downloads:
    """Fetches images, so many at once for all requests together.

    `seconds` is how long one may take, redirections included; `resolve` looks names up, `allowed` tells the addresses
    that may be connected to.
    """

    def __init__(
        self,
        seconds: float,
        at_once: int,
        resolve: Resolver = looked_up,
        allowed: Callable[[Address], bool] = is_public,
        trust: Trust | None = None,
    ) -> None:
        self._trust = trust or trust_of(None, trust_variables())
        self._seconds = seconds
        self._free = asyncio.Semaphore(at_once)
        self.share = max(1, at_once // 2)
        """How many may be fetched at once for one request."""
        self._resolve = resolve
        self._allowed = allowed
        self._trusted: ssl.SSLContext | None = None

    async def fetch(self, url: str) -> bytes:
        """The image's bytes. Raises NoImage."""
        try:
            async with self._free:
                return await asyncio.wait_for(self._follow(url), self._seconds)
        except asyncio.TimeoutError:
            raise NoImage(f"it did not come within {self._seconds:g} s (image_timeout)") from None
        except (httpx.HTTPError, OSError) as error:
            said = str(error) or type(error).__name__
            raise NoImage(f"it cannot be fetched: {certificate_problem(said, self._trust) or said}") from error
        except (httpx.InvalidURL, ValueError) as error:
            raise NoImage("its URL is none that can be read") from error

    async def _follow(self, url: str) -> bytes:
        if self._trusted is None:
            self._trusted = await asyncio.to_thread(client_context, self._trust)
        async with httpx.AsyncClient(timeout=self._seconds, trust_env=False, verify=self._trusted) as client:
            for _ in range(MAX_REDIRECTS + 1):
                there = _checked(url)
                answer = await client.send(await self._request(client, there), stream=True)
                try:
                    if answer.status_code not in _REDIRECTS or "location" not in answer.headers:
                        return await _image(answer)
                    url = str(there.join(answer.headers["location"]))
                finally:
                    await answer.aclose()
        raise NoImage(f"it is redirected more than {MAX_REDIRECTS} times")

    async def _request(self, client: httpx.AsyncClient, url: httpx.URL) -> httpx.Request:
        """The request, to an address that was checked, by the host's own name."""
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            addresses = [ipaddress.ip_address(url.host)]
        except ValueError:
            found = await self._resolve(url.host, port)
            addresses = [ipaddress.ip_address(address.partition("%")[0]) for address in found]
        if not addresses or not all(map(self._allowed, addresses)):
            raise NoImage("its host is not on the public network, and only that is fetched from")
        headers = {
            "host": url.netloc.decode(),
            "accept": "image/*",
            "accept-encoding": "identity",
            "user-agent": f"argo-proxy/{__version__}",
        }
        there = url.copy_with(host=str(addresses[0]))
        return client.build_request("GET", there, headers=headers, extensions={"sni_hostname": url.host})


def _checked(url: str) -> httpx.URL:
    """The URL, if it is of a kind that is fetched. Raises NoImage, httpx.InvalidURL."""
    if len(url) > _LONGEST_URL:
        raise NoImage(f"its URL has more than {_LONGEST_URL} characters")
    parsed = httpx.URL(url)
    if parsed.scheme not in ("http", "https"):
        raise NoImage("only http and https URLs are fetched")
    if parsed.userinfo:
        raise NoImage("its URL holds a user name, which is not sent: leave it out")
    if not parsed.host or not (parsed.port is None or 0 < parsed.port < 65536):
        raise NoImage("its URL names no host, or a port that there is not")
    return parsed


async def _image(answer: httpx.Response) -> bytes:
    """The answer's body, which must be an image. Raises NoImage."""
    if answer.status_code != 200:
        raise NoImage(f"its host answered {answer.status_code}")
    if answer.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise NoImage("its host sent it compressed, which was not asked for")  # a small body may unpack to gigabytes
    data = bytearray()
    async for piece in answer.aiter_raw():
        data += piece
        if len(data) > MAX_DOWNLOAD:
            raise NoImage(f"it has more than {MAX_DOWNLOAD // 1024 // 1024} MB")
    if kind_of(bytes(data[:16])) is None:
        raise NoImage("what its host sent is no PNG, JPEG, GIF or WebP")
    return bytes(data)
