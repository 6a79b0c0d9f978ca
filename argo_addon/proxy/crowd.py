"""How many clients fit into the table of open files, and who makes room when it is full.

A process that has no descriptor left can neither take a connection nor make one to ARGO, and asyncio logs each try. So
the table is never filled: beyond what fits, connections on which nothing is asked are closed, those first that have
been silent for longest, and where all are at work a new one gets a 503.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import resource
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from mitmproxy.net.http import http1

from ..gateway.messages import Reply
from .messages import as_response

logger = logging.getLogger(__name__)

RESERVE = 164
"""Descriptors for what is no call: logs, recordings, images, and a hundred connections that asyncio takes at a time."""
FEWEST = 8
_ONCE_IN = 60.0  # seconds between two lines about the same


def most_clients() -> int:
    """How many clients fit: each may have a connection to ARGO."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(FEWEST, (limit - RESERVE) // 2)


def raise_limit() -> None:
    """Takes as many descriptors as the system allows this process; macOS has its own most, which it does not tell."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (hard, 1_048_576, 65_536, 10_240):
        if limit == resource.RLIM_INFINITY or limit <= soft:
            continue
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        except (OSError, ValueError):
            continue
        return


class Seldom:
    """When something is to be told that may happen a thousand times a second."""

    def __init__(self) -> None:
        self._told = -_ONCE_IN

    def is_due(self) -> bool:
        """Whether it has not been told for a minute; it is then."""
        if time.monotonic() - self._told < _ONCE_IN:
            return False
        self._told = time.monotonic()
        return True


class Idle(Protocol):
    """A client on whose connection nothing is asked."""

    last_sent: float
    """When it last sent something, or came: a reading of time.monotonic()."""

    def drop(self) -> None:
        """Ends the connection."""


class Crowd:
    """The clients of a gateway, as many as fit."""

    def __init__(self) -> None:
        self._most = most_clients()
        self._warning = Seldom()

    def makes_room(self, there: int, idle: Callable[[], Sequence[Idle]]) -> bool:
        """Whether one more fits where so many are there, if need be once some of the idle ones are closed."""
        if there <= self._most:
            return True
        self._tell()
        silent = sorted(idle(), key=lambda client: client.last_sent)
        for client in silent[: 1 + len(silent) // 10]:
            client.drop()
        return bool(silent)

    def _tell(self) -> None:
        if self._warning.is_due():
            logger.warning(
                "%d connections are open, as many as the limit of open files allows: idle ones are closed, and where "
                "none is idle new ones get a 503. `ulimit -n` raises the limit.",
                self._most,
            )


def turn_away(writer: asyncio.StreamWriter) -> None:
    """Tells a client that there is no room for it, before it has said anything."""
    body = b'{"error":{"type":"overloaded_error","message":"argo-proxy has as many connections open as it can."}}'
    response = as_response(Reply(503, body, {"retry-after": "1"}), close=True)
    writer.write(http1.assemble_response(response))


class FullTable:
    """Tells of a full table once in a while: asyncio tells a hundred times a second."""

    def __init__(self) -> None:
        self._warning = Seldom()

    def explains(self, context: dict[str, Any]) -> bool:
        """Whether an error of the event loop is a full table; it is logged here then."""
        error = context.get("exception")
        if not isinstance(error, OSError) or error.errno not in (errno.EMFILE, errno.ENFILE):
            return False
        if self._warning.is_due():
            logger.error("no connection can be taken: %s. `ulimit -n` raises the limit of open files.", error.strerror)
        return True
