"""Which HTTP proxy leads to ARGO, by the variables that curl, requests and httpx go by. It opens no connection.

`HTTPS_PROXY` or `HTTP_PROXY` by the URL's scheme, else `ALL_PROXY`; `NO_PROXY` lists what is reached directly. What is
on this machine never goes by a proxy. docs/reference/config.md, "An HTTP proxy on the way to ARGO".
"""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Mapping
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

_PORTS = {"http": 80, "https": 443}


class ProxyServer(msgspec.Struct, frozen=True):
    """An HTTP proxy. `scheme` is how it is spoken to, `authorization` what it is told of us, None for nothing."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    authorization: str | None = None

    @property
    def url(self) -> str:
        """Where it is, without credentials: it may be shown."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


class Unusable(ValueError):
    """A variable names something that is no HTTP proxy; the text says which, and shows no credentials."""


class Proxies(msgspec.Struct, frozen=True):
    """The variables, by their names in lower case."""

    variables: Mapping[str, str] = {}

    def of(self, url: str) -> ProxyServer | None:
        """The proxy by which a URL is reached; None for directly. Raises Unusable."""
        if not self.variables:
            return None
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        name = self._name(parts.scheme)
        if name is None or _is_here(host) or self._spared(host, parts.port or _PORTS.get(parts.scheme, 0)):
            return None
        return _server(name.upper(), self.variables[name])

    def variable_of(self, url: str) -> str:
        """The variable that names the proxy for a URL, in capitals."""
        return (self._name(urlsplit(url).scheme) or "HTTPS_PROXY").upper()

    def _name(self, scheme: str) -> str | None:
        return next((name for name in (f"{scheme}_proxy", "all_proxy") if self.variables.get(name)), None)

    def _spared(self, host: str, port: int) -> bool:
        entries = (entry.strip().lower() for entry in self.variables.get("no_proxy", "").split(","))
        return any(_covers(entry, host, port) for entry in entries if entry)


def _is_here(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host)
    return address is not None and address.is_loopback


def _covers(entry: str, host: str, port: int) -> bool:
    """Whether an entry of NO_PROXY means a host: `*`, a name and all below it, an address or a network; `:port` too."""
    if entry == "*":
        return True
    address = _address(host)
    if address is not None and "/" in entry:
        try:
            return address in ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False
    if _address(entry.strip("[]")) is None:
        entry, _, wanted = entry.rpartition(":") if ":" in entry else (entry, "", "")
        if wanted and wanted != str(port):
            return False
    bare = entry.strip("[]").removeprefix("*").strip(".")
    return host == bare or (address is None and bool(bare) and host.endswith(f".{bare}"))


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _server(variable: str, value: str) -> ProxyServer:
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Unusable(f"{variable} names no proxy: {error}") from None
    if parts.scheme not in ("http", "https"):
        raise Unusable(f"{variable} names a proxy of the kind {parts.scheme}, and only http and https ones are known.")
    if not host:
        raise Unusable(f"{variable} names no host.")
    scheme: Literal["http", "https"] = "https" if parts.scheme == "https" else "http"
    return ProxyServer(scheme, host, port or _PORTS[scheme], _authorization(parts))


def _authorization(parts: SplitResult) -> str | None:
    if parts.username is None:
        return None
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
