"""Processes as the operating system knows them: whether a record's still lives, who holds a port, how one is ended."""

from __future__ import annotations

import os
import signal
import time

import psutil

from .status import Record

_SAME = 2.0
"""Seconds by which two readings of a process's birth may differ: the clock may have been set in between."""


def birth(pid: int) -> float:
    """When a process was born, in seconds since 1970. Raises ProcessLookupError."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error as error:
        raise ProcessLookupError(pid) from error


def lives(record: Record) -> bool:
    """Whether the record's process is there, and not another one with its number."""
    try:
        process = psutil.Process(record.pid)
        return process.status() != psutil.STATUS_ZOMBIE and abs(process.create_time() - record.created) < _SAME
    except psutil.Error:
        return False


def holder_of(port: int) -> str | None:
    """The program that listens on a TCP port of this machine, in words; None where it cannot be known."""
    for process in psutil.process_iter():
        try:
            held = process.net_connections(kind="tcp")
            if any(one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port for one in held):
                words = " ".join(process.cmdline()) or process.name()
                return f"process {process.pid} ({words[:120]})"
        except (psutil.Error, OSError):
            continue  # another user's, or just gone
    return None


def end(record: Record, seconds: float) -> bool:
    """Asks a process to end, insists after `seconds`, and kills it at last; returns whether it ended by itself.

    Raises PermissionError where it is another user's.
    """
    steps = ((signal.SIGTERM, seconds), (signal.SIGTERM, _INSISTED), (signal.SIGKILL, _INSISTED))
    for number, patience in steps:
        if not lives(record):
            return True
        try:
            os.kill(record.pid, number)
        except ProcessLookupError:
            return True
        if gone(record, patience):
            return number != signal.SIGKILL
    return False


_INSISTED = 5.0
"""Seconds that a process gets to end after it was told for the second time."""


def gone(record: Record, seconds: float) -> bool:
    """Waits for a process to end, for so long at the most."""
    deadline = time.monotonic() + seconds
    while lives(record):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def memory(pid: int) -> int:
    """Bytes of memory that a process has in use. Raises ProcessLookupError."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error as error:
        raise ProcessLookupError(pid) from error
