"""A process's claim to be the one gateway of this user on this machine: a lock that it holds, and its record.

The lock is the operating system's: it ends with the process, however that ends.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from argo_addon import __version__
from argo_addon.locks import locked

from . import identity, lock_holder, status
from .paths import lock_file, state_dir

if TYPE_CHECKING:
    from .status import Mode

_PATIENCE = 1.0
"""Seconds that a lock may be held by somebody who only looks."""


_HANDED_OVER = 10.0
"""Seconds in which a process that is told to stop gives its place up."""


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
    """The claim of this process.

    It is kept up: whoever clears the state folder, damages the record or fills the disk does not make it unseen for
    longer than it takes until the next `keep`.
    """

    def __init__(self, mode: Mode, config: str | None, flags: dict[str, object], log: str | None = None) -> None:
        self._mode: Mode = mode
        self._config = config
        self._flags = flags
        self._log = log
        self._lock: int | None = None
        self._record: status.Record | None = None
        self._busy = threading.Lock()  # `keep` runs in a thread, so that a slow disk delays no call

    def claim(self, patience: float = _PATIENCE) -> None:
        """Takes the lock, within so many seconds.

        Raises Taken, and OSError where the state folder cannot be written.
        """
        os.makedirs(state_dir(), mode=0o700, exist_ok=True)
        descriptor = os.open(lock_file(), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + patience
        while not locked(descriptor):
            if time.monotonic() > deadline:
                os.close(descriptor)
                raise Taken
            time.sleep(0.02)
        self._lock = descriptor
        lock_holder.write(descriptor)

    def take_over(self, pid: int) -> None:
        """Tells the process that this one follows to take no more calls, and takes its place. Raises as `claim`."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        self.claim(_HANDED_OVER)

    def publish(self, place: Place, settings: dict[str, object]) -> status.Record:
        """Tells everybody where this process listens, and what it asks of its clients. Raises OSError."""
        pid = os.getpid()
        record = self._record = status.Record(
            pid=pid,
            identity=identity.of(pid),
            started=time.time(),
            mode=self._mode,
            host=place.host,
            port=place.port,
            url=place.url,
            auth=place.auth,
            user=place.user,
            config=self._config,
            flags=self._flags,
            settings=settings,
            version=__version__,
            log=self._log,
        )
        with self._busy:
            if self._lock is not None:
                lock_holder.write(self._lock, place.url, place.auth, place.user)
                status.write(record)
        return record

    def keep(self) -> None:
        """Puts lock and record back where they are gone or damaged, if that can be done by now."""
        with self._busy:
            if self._lock is None or self._record is None:
                return
            try:
                if not lock_holder.is_at(self._lock):
                    self._claim_again()
                there = status.read()
                if there is None or json.dumps(there.facts()) != json.dumps(self._record.facts()):
                    status.write(self._record)
                    logging.getLogger("argo-proxy").warning("the record was missing or damaged, and is written anew")
            except (OSError, Taken):
                return  # the next time, perhaps

    def _claim_again(self) -> None:
        """The lock's file is gone or another one: a claim that nobody sees is none."""
        former = self._lock
        try:
            self.claim()
        except (OSError, Taken):
            self._lock = former
            raise
        assert former is not None
        assert self._record is not None
        assert self._lock is not None
        os.close(former)
        lock_holder.write(self._lock, self._record.url, self._record.auth, self._record.user)

    def release(self) -> None:
        """Gives the claim up: this process takes no more calls."""
        with self._busy:
            if self._lock is not None:
                status.remove(os.getpid())
                lock_holder.clear(self._lock)
                os.close(self._lock)
                self._lock = None
