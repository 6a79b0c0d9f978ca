"""Processes as the operating system knows them: who holds a port, what a process listens on, how one is ended."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Literal

import psutil

from . import identity

Ending = Literal["ended", "killed", "lives"]


def holder_of(port: int) -> str | None:
    """The program that listens on a TCP port of this machine, in words; None where it cannot be known."""
    try:
        processes = list(psutil.process_iter())
    except (psutil.Error, OSError, IndexError):  # IndexError: without /proc
        return None
    for process in processes:
        if port in ports_of(process.pid):
            try:
                words = process.cmdline() or [process.name()]
            except (psutil.Error, OSError):
                continue
            return f"process {process.pid} ({identity.shown(words)})"
    return owner_of(port)


def owner_of(port: int) -> str | None:
    """Whose the listening socket is, where the process is another user's and cannot be seen (Linux)."""
    import pwd

    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = [row.split() for row in Path(table).read_text().splitlines()[1:]]
        except OSError:
            continue
        for row in rows:
            if row[3] == _LISTENS and int(row[1].rsplit(":", 1)[1], 16) == port:
                try:
                    return f"a process of the user {pwd.getpwuid(int(row[7])).pw_name}"
                except KeyError:
                    return f"a process of the user with number {row[7]}"
    return None


_LISTENS = "0A"


def ports_of(pid: int) -> list[int]:
    """The TCP ports that a process listens on, as far as they can be seen."""
    try:
        held = psutil.Process(pid).net_connections(kind="tcp")
    except (psutil.Error, OSError, IndexError):
        return []
    return [one.laddr.port for one in held if one.status == psutil.CONN_LISTEN and one.laddr]


def end(pid: int, seconds: float) -> Ending:
    """Asks a process to end, insists after `seconds`, and kills it at last; returns what came of it.

    Raises PermissionError where it is another user's.
    """
    try:
        born = identity.of(pid)
        for number, patience in ((signal.SIGTERM, seconds), (signal.SIGTERM, _INSISTED), (signal.SIGKILL, _INSISTED)):
            if not identity.is_there(pid, born):
                return "ended"
            os.kill(pid, number)
            if gone(pid, born, patience):
                return "killed" if number == signal.SIGKILL else "ended"
    except ProcessLookupError:
        return "ended"
    return "lives"


_INSISTED = 5.0
"""Seconds that a process gets to end after it was told for the second time."""


def gone(pid: int, born: str | None, seconds: float) -> bool:
    """Waits for the process that was born then to end, for so long at the most."""
    deadline = time.monotonic() + seconds
    while identity.is_there(pid, born):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
