"""Whether an address can be listened on, and what to do if not. It knows sockets and nothing of mitmproxy."""

from __future__ import annotations

import errno
import socket

from . import discovery


class CannotListen(Exception):
    """An address that cannot be listened on. The text is for a terminal."""


def check(host: str, port: int) -> None:
    """Binds the address and lets it go again. Raises CannotListen."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise CannotListen(cannot_listen(host, port, error)) from error


def cannot_listen(host: str, port: int, error: Exception) -> str:
    """What is wrong, and what to do."""
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        from .process import holder_of  # not at the top: psutil takes long to load

        other = discovery.other(url_of(host, port))
        who = holder_of(port) or "another program, which cannot be seen"
        whose = f"the port is taken: {other}" if other else f"{who} has the port"
        why = f"{whose}. Stop it, or choose another port with --port or `port:` in the config"
    elif number == errno.EACCES:
        why = "ports below 1024 belong to the system. Choose another one with --port or `port:` in the config"
    elif number == errno.EADDRNOTAVAIL:
        why = "this machine does not have the address. 127.0.0.1 is for itself only, 0.0.0.0 for everybody"
    elif isinstance(error, socket.gaierror):
        why = f"the name {host} is not known here. 127.0.0.1 is for this machine only, 0.0.0.0 for everybody"
    elif number == errno.EINVAL and host.lower().startswith("fe80:"):
        why = f"an address of one network wants its device behind it: {host}%eth0 (ip address lists them)"
    else:
        why = f"{getattr(error, 'strerror', None) or error}. 127.0.0.1 is for this machine only, 0.0.0.0 for everybody"
    return f"cannot listen on {host} port {port}: {why}."


def url_of(host: str, port: int) -> str:
    """The address as a client on this machine types it."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
