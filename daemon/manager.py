"""Starting, stopping and restarting the process in the background.

It knows processes, the record and the log, and nothing of the command line: who calls it prints.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from argo_addon.settings.model import environment

from . import discovery, handover, identity, lock_holder, status
from .paths import lock_file, log_file, state_dir

Say = Callable[[str], None]

PATIENCE = 30.0
"""Seconds beyond the look at ARGO that a start may take."""
CANNOT_START = 1


def _unheard(what: str) -> None:
    pass


class Order(NamedTuple):
    """What is to be started: the path of the config (None: none), and the settings that the command line gives."""

    config: str | None
    flags: dict[str, object]


class StartError(Exception):
    """The daemon did not start, or not stop. Its text is meant for a terminal; `code` is the exit code."""

    def __init__(self, message: str, code: int = CANNOT_START) -> None:
        super().__init__(message)
        self.code = code


def running() -> status.Record | None:
    """The gateway of this user on this machine, if one runs; one that is about to is waited for."""
    deadline = time.monotonic() + PATIENCE
    while (found := discovery.find()) is not None and not found.record.url and time.monotonic() < deadline:
        time.sleep(0.05)
    return found.record if found is not None and found.record.url else None


def start(order: Order, patience: float, say: Say, step: Say = _unheard) -> tuple[status.Record, bool]:
    """Starts the daemon and waits until it answers; returns its record, and whether it ran already.

    `patience` is how long ARGO may take to tell its models, in seconds; `say` gets lines for the user, `step` what
    happens just now. Raises StartError.
    """
    if (record := running()) is not None:
        return record, True
    if (stranger := discovery.stranger()) is not None:
        raise StartError(f"{stranger}.")
    if lock_holder.holder() is None:
        log = log_file()
        child, reading = _spawn(order, log)
        told = _Told(child, reading, log)
        if told.wait(patience + PATIENCE, say, step):
            return _settled(), False
    return _settled(), True  # somebody else was quicker


def stop(record: status.Record, patience: float) -> bool:
    """Ends the gateway, whose streams get `patience` seconds; returns whether it ended by itself.

    Raises StartError where it does not end at all.
    """
    from . import process  # not at the top: psutil takes long to load, and a start does without

    if not record.pid:
        raise StartError(_unseen())
    try:
        ending = process.end(record.pid, patience)
    except PermissionError as error:
        raise StartError(f"process {record.pid} belongs to another user.") from error
    if ending == "lives":
        raise StartError(
            f"process {record.pid} was killed and is still there: it waits for a disk or a device. See: ps {record.pid}"
        )
    deadline = time.monotonic() + _HANDED_OVER
    while (holder := lock_holder.holder()) is not None and holder.pid == record.pid and time.monotonic() < deadline:
        time.sleep(0.02)  # a process that was killed has its files until the last of its threads is gone
    return ending == "ended"


def _unseen() -> str:
    return (
        f"some process holds {lock_file()}, and the system does not tell which: perhaps it is in a container, or on "
        "another machine that shares this folder. End it there."
    )


def restart(order: Order, patience: float, say: Say, step: Say = _unheard) -> tuple[status.Record, bool]:
    """Starts anew, at the same address; streams of the old process still end. Raises StartError."""
    found = discovery.find()
    _check_state()  # before the one that runs is told to end
    if found is not None and found.record.pid and (sockets := handover.taken()):
        log = log_file()
        child, reading = _spawn(order, log, found.record.pid, sockets, str(found.record.settings.get("socket") or ""))
        if _Told(child, reading, log).wait(patience + PATIENCE, say, step):
            return _settled(), False
    elif found is not None:
        step("having the one that runs end")
        _hand_over(found.record)
    return start(order, patience, say, step)


def _hand_over(old: status.Record) -> None:
    """Has a process take no more calls, and waits until its address is free; it ends once its calls have."""
    if not old.pid:
        raise StartError(_unseen())
    try:
        born = identity.of(old.pid)
        os.kill(old.pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise StartError(f"process {old.pid} belongs to another user.") from error
    deadline = time.monotonic() + _HANDED_OVER
    while (
        (holder := lock_holder.holder()) is not None and holder.pid in (0, old.pid) and identity.is_there(old.pid, born)
    ):
        if time.monotonic() > deadline:
            stop(old, 0)
        time.sleep(0.01)


_HANDED_OVER = 10.0
"""Seconds in which a process that is told to stop gives its address up."""


def _spawn(
    order: Order, log: str, follows: int = 0, sockets: Sequence[int] = (), path: str = ""
) -> tuple[subprocess.Popen[bytes], int]:
    """The process, on its own: it survives this one, its terminal and its folder. Raises StartError.

    It takes the place of the process that it follows once it listens, on the sockets of that (handover.py), of which a
    Unix socket is at `path`.
    """
    _check_state()
    output = _output(f"{log}.out")
    reading, writing = os.pipe()
    told = json.dumps({**order._asdict(), "log": log, "follows": follows, "sockets": sockets, "path": path})
    try:
        child = subprocess.Popen(
            [sys.executable, "-m", "daemon.background", told, str(writing)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env=environment(),
            pass_fds=(writing, *sockets),
            start_new_session=True,
        )
    finally:
        for descriptor in (writing, output, *sockets):
            os.close(descriptor)
    return child, reading


def _check_state() -> None:
    """Whether the state folder, which is made, takes what a gateway keeps there. Raises StartError."""
    try:
        Path(state_dir()).mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(lock_file(), os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        why = "it is no folder" if isinstance(error, FileExistsError) else error.strerror
        raise StartError(
            f"{error.filename} cannot be written: {why}. The daemon keeps its state there. "
            "Make it writable, or name another folder with XDG_STATE_HOME=/some/folder, or do without a daemon: "
            "argo-proxy serve"
        ) from error


def _output(path: str) -> int:
    """Where it prints what comes before its log is there, and what Python says of a crash."""
    try:
        Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError:  # it says of the log by itself that it cannot be written
        return os.open(os.devnull, os.O_WRONLY)


class _Told:
    """What a process that starts tells."""

    def __init__(self, child: subprocess.Popen[bytes], pipe: int, log: str) -> None:
        self._child = child
        self._pipe = pipe
        self._log = log

    def wait(self, seconds: float, say: Say, step: Say) -> bool:
        """Whether it is ready; False where another one is the daemon. Raises StartError."""
        try:
            for told in self._lines(time.monotonic() + seconds):
                if "ready" in told:
                    return True
                if "busy" in told:
                    return False
                if "failed" in told:
                    code = told["code"]
                    with suppress(subprocess.TimeoutExpired):  # whoever looks then takes it for no gateway
                        self._child.wait(2)
                    raise StartError(str(told["failed"]), code if isinstance(code, int) else CANNOT_START)
                if "step" in told:
                    step(str(told["step"]))
                else:
                    say(str(told["say"]))
        except KeyboardInterrupt:
            self._child.terminate()
            raise
        finally:
            os.close(self._pipe)
        raise StartError(self._died(seconds))

    def _lines(self, deadline: float) -> Iterator[dict[str, object]]:
        """Each line as it comes; ends with the process, or when its time is over."""
        data = b""
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([self._pipe], [], [], left)[0]:
                return
            if not (more := os.read(self._pipe, 65536)):
                return
            *lines, data = (data + more).split(b"\n")
            yield from map(json.loads, lines)

    def _died(self, seconds: float) -> str:
        try:
            code = self._child.wait(1)
        except subprocess.TimeoutExpired:
            self._child.terminate()
            return f"it did not come up within {seconds:g} s, and was stopped. Its log: {self._log}"
        why = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        try:
            said = Path(f"{self._log}.out").read_text(errors="replace").strip().splitlines()[-1:]
        except OSError:
            said = []
        return f"it ended {why} before it was ready{': ' + said[0] if said else ''}. Its log: {self._log}"


def _settled() -> status.Record:
    """The daemon that was started, once it answers. Raises StartError."""
    deadline = time.monotonic() + PATIENCE
    while (found := discovery.find()) is not None or lock_holder.holder() is not None:
        if found is not None and found.answer is not None:
            return found.record
        if time.monotonic() > deadline:
            pid = found.record.pid if found is not None else 0
            raise StartError(
                f"a gateway of yours runs already (pid {pid or 'unknown'}), but does not answer. "
                "End it: argo-proxy stop. Then start again."
            )
        time.sleep(0.02)
    raise StartError(f"the daemon ended, or does not answer. Its log: {log_file()}")
