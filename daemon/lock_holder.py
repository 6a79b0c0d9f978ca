"""The lock of the one gateway, as others see it: who holds it, and where that one listens.

It loads little, since `argo-proxy status` waits for it. The file holds a line each: pid, identity, address, what is
asked of clients and the user (status.Record).
"""

from __future__ import annotations

import os

from argo_addon.locks import locked

from . import identity
from .paths import lock_file

_SIZE = 256
"""Bytes of the file. They are written at once and in place, so that a disk that is full by then does not matter."""


class Holder:
    """A process that is the gateway, or about to be. `pid` is 0 where it is not known, `url` empty until it listens.

    `said` tells whether the file says so too, and not the kernel alone.
    """

    __slots__ = ("auth", "pid", "said", "url", "user")

    def __init__(self, pid: int, url: str = "", auth: str = "", user: str = "") -> None:
        self.pid = pid
        self.url = url
        self.auth = auth
        self.user = user
        self.said = True


def write(descriptor: int, url: str = "", auth: str = "", user: str = "") -> None:
    """Says in the lock's file that this process holds it."""
    pid = os.getpid()
    try:
        text = f"{pid}\n{identity.of(pid) or ''}\n{url}\n{auth}\n{user}\n".encode()
        os.pwrite(descriptor, text.ljust(_SIZE), 0)
    except OSError:  # the disk is full: then who held it before must not be taken for this one
        clear(descriptor)


def clear(descriptor: int) -> None:
    """Takes back what the lock's file says."""
    try:
        os.ftruncate(descriptor, 0)
    except OSError:
        return  # what it says is confirmed before it is believed


def is_at(descriptor: int) -> bool:
    """Whether the file that is open is still the lock's."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(lock_file()))
    except OSError:
        return False


def holder() -> Holder | None:
    """Who holds the lock; None: nobody. It knows that of the kernel where that tells, else of the file."""
    try:
        descriptor = os.open(lock_file(), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        held = not locked(descriptor, shared=True)  # shared: two who look do not take each other for the gateway
        born, told = _told(descriptor)
        if not held:  # on a file system without locks it is never seen as held
            return told if told.pid and born and identity.is_there(told.pid, born) else None
        kernel = _by_kernel(descriptor)
        if kernel and kernel != told.pid:
            unsaid = Holder(kernel)
            unsaid.said = False
            return unsaid
        return told if told.pid and _exists(told.pid) else Holder(0)
    finally:
        os.close(descriptor)


def _told(descriptor: int) -> tuple[str, Holder]:
    """What the file says of its holder: the identity, and the rest."""
    try:
        pid, born, *more = os.pread(descriptor, _SIZE, 0).decode(errors="replace").split("\n")
        return born, Holder(max(int(pid), 0), *(line.strip() for line in more[:3]))
    except (OSError, ValueError):
        return "", Holder(0)


def _by_kernel(descriptor: int) -> int:
    """The pid of the process that took the lock, by proc_locks(5); 0 where that is not told."""
    there = os.fstat(descriptor)
    try:
        with open("/proc/locks", encoding="ascii", errors="replace") as file:
            rows = [line.split() for line in file]
    except OSError:
        return 0
    for row in rows:
        if len(row) < 6 or row[1] not in ("FLOCK", "POSIX") or row[3] != "WRITE":
            continue
        major, minor, inode = row[5].split(":")
        if int(inode) == there.st_ino and os.makedev(int(major, 16), int(minor, 16)) == there.st_dev:
            return max(int(row[4]), 0)
    return 0


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
