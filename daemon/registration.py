"""A process's claim to be the one gateway of this user on this machine: a lock that it holds, and its record.

The lock is the operating system's: it ends with the process, however that ends.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from argo_addon import __version__
from argo_addon.locks import locked

from . import process, status
from .paths import lock_file, state_dir

if TYPE_CHECKING:
    from .status import Mode

_PATIENCE = 1.0
"""Seconds that a lock may be held by somebody who only looks."""


class Place(NamedTuple):
    """Where a gateway listens, what clients on this machine type, what it asks of them, and for whom it runs."""

    host: str
    port: int
    url: str
    auth: str
    user: str


class Taken(Exception):
    """Another process is the gateway, or about to be."""


class Registration:
    """The claim of this process."""

    def __init__(self, mode: Mode, config: str | None, flags: dict[str, object], log: str | None = None) -> None:
        self._mode: Mode = mode
        self._config = config
        self._flags = flags
        self._log = log
        self._lock: int | None = None

    def claim(self) -> None:
        """Takes the lock. Raises Taken, and OSError where the state folder cannot be written."""
        Path(state_dir()).mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(lock_file(), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + _PATIENCE
        while not locked(descriptor):
            if time.monotonic() > deadline:
                os.close(descriptor)
                raise Taken
            time.sleep(0.02)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, b"%d\n" % os.getpid())
        self._lock = descriptor

    def publish(self, place: Place) -> status.Record:
        """Tells everybody where this process listens, and what it asks of its clients. Raises OSError."""
        pid = os.getpid()
        born, now = process.birth(pid), time.time()
        record = status.Record(
            pid=pid,
            created=born,
            started=now,
            mode=self._mode,
            host=place.host,
            port=place.port,
            url=place.url,
            auth=place.auth,
            user=place.user,
            config=self._config,
            flags=self._flags,
            version=__version__,
            log=self._log,
        )
        if self._lock is not None:
            status.write(record)
        return record

    def release(self) -> None:
        """Gives the claim up: this process takes no more calls."""
        if self._lock is not None:
            status.remove(os.getpid())
            os.close(self._lock)
            self._lock = None


def is_claimed() -> bool:
    """Whether some process holds the claim."""
    try:
        descriptor = os.open(lock_file(), os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not locked(descriptor)
    finally:
        os.close(descriptor)


def holder() -> str:
    """The pid of the process that holds the claim, in words."""
    try:
        return f"pid {Path(lock_file()).read_text().strip() or 'unknown'}"
    except OSError:
        return "pid unknown"
