"""Whether a client that has closed its sending half is still there to read.

A client that has left and one that only sends no more look the same: a FIN comes. On this machine the kernel tells
whether some process still holds the other end (sock_diag(7); Linux only). Of others it is known once something that was
sent is answered by a reset: words of a stream, or a keep-alive probe, which a system answers so a minute after its
process has closed (tcp_fin_timeout on Linux, net.inet.tcp.finwait2_timeout on macOS).
"""

from __future__ import annotations

import ipaddress
import select
import socket
import struct
import sys
from contextlib import suppress

PROBE = 10
"""Seconds between keep-alive probes."""
_DIAG = 4  # NETLINK_SOCK_DIAG
_BY_FAMILY = 20  # SOCK_DIAG_BY_FAMILY
_REQUEST = struct.Struct("=IHHII BBBBI")  # nlmsghdr, and inet_diag_req_v2 up to the socket's identity
_ANY_COOKIE = b"\xff" * 8
_INODE = 84  # where inet_diag_msg has it, behind nlmsghdr: 0 for a socket that nobody holds


def has_left(connection: socket.socket) -> bool:
    """Whether the peer, which sends no more, reads no more either; False as long as that is not known."""
    try:
        if connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            return True
        if connection.family == socket.AF_UNIX:
            return _is_hung_up(connection)
        held = _is_held(connection.family, connection.getpeername(), connection.getsockname())
    except OSError:
        return True  # there is no connection any more
    if held is None:
        _probe(connection)
    return held is False


def _is_hung_up(connection: socket.socket) -> bool:
    """Whether both directions of a Unix socket are closed at the other end."""
    poller = select.poll()
    poller.register(connection, 0)
    return any(event & select.POLLHUP for _, event in poller.poll(0))


def _is_held(family: int, peer: tuple[str, int], own: tuple[str, int]) -> bool | None:
    """Whether a process of this machine holds the peer's socket; None where that cannot be told."""
    if not hasattr(socket, "AF_NETLINK"):
        return None
    source, target = _address(peer[0]), _address(own[0])
    kind = socket.AF_INET6 if source.version == 6 else socket.AF_INET
    identity = struct.pack("!HH16s16s", peer[1], own[1], source.packed, target.packed) + bytes(4) + _ANY_COOKIE
    length = _REQUEST.size + len(identity)
    asked = _REQUEST.pack(length, _BY_FAMILY, 1, 0, 0, kind, socket.IPPROTO_TCP, 0, 0, 0xFFFFFFFF) + identity
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _DIAG) as kernel:
            kernel.settimeout(0.1)
            kernel.send(asked)
            told = kernel.recv(4096)
    except OSError:
        return None  # a sandbox without it
    if int.from_bytes(told[4:6], sys.byteorder) != _BY_FAMILY:
        return None  # no such socket: the peer is elsewhere
    return int.from_bytes(told[_INODE : _INODE + 4], sys.byteorder) != 0


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _probe(connection: socket.socket) -> None:
    """Has the system ask the peer's, now and then, whether the connection is still one."""
    with suppress(OSError, AttributeError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        idle = getattr(socket, "TCP_KEEPALIVE" if sys.platform == "darwin" else "TCP_KEEPIDLE")
        for option, value in ((idle, PROBE), (socket.TCP_KEEPINTVL, PROBE), (socket.TCP_KEEPCNT, 3)):
            connection.setsockopt(socket.IPPROTO_TCP, option, value)
