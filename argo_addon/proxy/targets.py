"""What a request's line asks for, and whom: this gateway is no forward proxy, whoever takes it for one is told.

A target in absolute form (RFC 9112, 3.2.2) is served where it names this gateway.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Set

from ..errors import ClientError

_ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)")
_OTHER_VERSION = re.compile(rb" HTTP/(?!1\.[01]\Z)[0-9]\.[0-9]\Z")
_HOST = re.compile(rb"^host:[ \t]*([^\r\n]*?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_REMEDY = "Name it as the base URL of your tool, not as its HTTP proxy (HTTP_PROXY, HTTPS_PROXY)."


def fault_of_line(head: bytes, hosts: Set[str], connected: tuple[object, ...] | None) -> ClientError | None:
    """The error for a request whose line asks somebody else than this gateway, or in another version of HTTP.

    The gateway is called by one of its `hosts`, by loopback, or by the address at which the client has `connected`.
    """
    line = head.partition(b"\n")[0].rstrip(b"\r")
    if _OTHER_VERSION.search(line):
        return ClientError(505, "HTTP/1.1 is served here, and HTTP/1.0; the request's line names another version.")
    method, _, rest = line.partition(b" ")
    if method == b"CONNECT":
        message = f"CONNECT is not served: argo-proxy is no forward proxy. {_REMEDY}"
        return ClientError(405, message, headers={"allow": "GET, HEAD, POST"})
    if rest.startswith(b"/") or (absolute := _ABSOLUTE.match(rest)) is None:
        return None
    named = _HOST.search(head)
    if named is not None and named[1].lower() != absolute[1].lower():
        return ClientError(400, "The request's head cannot be trusted: its target and its Host name two hosts.")
    host = _name_of(absolute[1].decode("latin-1").lower())
    if host in hosts or _is_loopback(host):
        return None
    return ClientError(
        421, f"The request is for {ascii(host)[1:-1]}, and this is argo-proxy, no forward proxy. {_REMEDY}"
    )


def _name_of(authority: str) -> str:
    """A host without its port, an IPv6 address without its brackets."""
    if authority.startswith("["):
        return authority[1:].partition("]")[0]
    return authority.rpartition(":")[0] if ":" in authority else authority


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
