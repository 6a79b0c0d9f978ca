"""Which names and addresses mean this machine, and which of them a request may name as its host.

A page in the user's browser can have its own name lead to 127.0.0.1 (DNS rebinding): its requests then come from this
machine and its scripts may read the answers, but their `Host` is still the page's. It does no lookup: asking for a name
would ask whoever owns it.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from functools import lru_cache
from pathlib import Path

HOSTS_FILE = Path("/etc/hosts")
_LONGEST_FILE = 1_000_000
_WILDCARDS = ("0.0.0.0", "::")
_HOST = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[^\s:/?#@\[\]\\]+)(?::\d{0,5})?")


def host_in(value: str) -> str | None:
    """The host that a `Host` header or an origin's authority names, without port and brackets; None for no host."""
    found = _HOST.fullmatch(value.strip().lower())
    return None if found is None else found["host"].strip("[]").rstrip(".")


def address_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address that a host is written as; None for a name. An IPv4 address in IPv6 is the former."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    inner = getattr(address, "ipv4_mapped", None)
    return address if inner is None else ipaddress.IPv4Address(int(inner))


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Whether a host is this machine and nobody else's: a loopback address, or `localhost` (RFC 6761)."""
    address = address_of(host)
    if address is not None:
        return address.is_loopback
    name = host.lower().rstrip(".")
    return name == "localhost" or name.endswith(".localhost")


def local_names(listens_on: str, file: Path = HOSTS_FILE) -> frozenset[str]:
    """The names, beside those of loopback, by which a gateway that listens on this host is rightly called.

    Its own, where it listens on all addresses the machine's, and those that the machine's file of hosts has lead to it.
    """
    names = {listens_on.lower().rstrip(".")}
    if listens_on in _WILDCARDS:
        names.add(socket.gethostname().lower().rstrip("."))
    return frozenset(names | _names_in(file))


def _names_in(file: Path) -> set[str]:
    """The names that a file of hosts gives to loopback addresses."""
    try:
        with file.open("rb") as opened:
            text = opened.read(_LONGEST_FILE).decode("utf-8", "replace")
    except OSError:
        return set()
    lines = (line.partition("#")[0].split() for line in text.splitlines())
    return {name.lower().rstrip(".") for words in lines if words and is_loopback(words[0]) for name in words[1:]}
