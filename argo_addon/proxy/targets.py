"""What a request's line asks for, and whom: this gateway is no forward proxy, whoever takes it for one is told.

A target in absolute form (RFC 9112, 3.2.2) is served where it names this gateway.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Set

from ..errors import ClientError
from .heads import RequestHead

_ABSOLUTE = re.compile(rb"(?i:https?)://([^/?#]*)")
_REMEDY = "Name it as the base URL of your tool, not as its HTTP proxy (HTTP_PROXY, HTTPS_PROXY)."


def path_of(head: RequestHead, hosts: Set[str]) -> bytes:
    """The path that a request asks for. Raises ClientError for one that asks somebody else than this gateway.

    It is called by one of its `hosts`, or by loopback.
    """
    if head.method == b"CONNECT":
        message = f"CONNECT is not served: argo-proxy is no forward proxy. {_REMEDY}"
        raise ClientError(405, message, headers={"allow": "GET, HEAD, POST"})
    if head.target.startswith(b"/") or head.target == b"*":
        return head.target
    absolute = _ABSOLUTE.match(head.target)
    if absolute is None:
        raise ClientError(400, "The request's target is neither a path nor an HTTP URL.")
    named = next((value for name, value in head.fields if name.lower() == b"host"), None)
    if named is not None and named.lower() != absolute[1].lower():
        raise ClientError(400, "The request's head cannot be trusted: its target and its Host name two hosts.")
    host = _name_of(absolute[1].decode("latin-1").lower())
    if host in hosts or _is_loopback(host):
        return head.target[absolute.end() :] or b"/"
    raise ClientError(
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
