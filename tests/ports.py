"""Ports for servers that must know theirs before they are started."""

from __future__ import annotations

import random
import socket


def free_port() -> int:
    """A port of the loopback interface that nobody has, below those that systems give to connections as they come.

    So none of the tests beside can be given it between this and the start of the server.
    """
    while True:
        port = random.SystemRandom().randrange(12000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
