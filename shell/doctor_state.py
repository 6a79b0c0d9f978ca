"""The doctor's look at what the gateway needs of this machine: lock, state, log and port are tried for real.

And whether the one that runs is what the command and the configuration are now.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from pathlib import Path

from argo_addon import __version__
from argo_addon.settings.model import Loaded
from daemon import address, discovery, lock_holder, status
from daemon.paths import lock_file, log_file, record_file, state_dir

from .findings import FAILS, OK, WARNING, Finding

_SIZE = 4096  # bytes that are written: a disk that is full takes an empty file


def places(record: status.Record | None) -> Iterator[Finding]:
    """State, lock and log."""
    if problem := _cannot_write(Path(state_dir())):
        remedy = "make it writable and yours, free space, or name another folder: export XDG_STATE_HOME=/some/folder"
        yield Finding("state", FAILS, f"{state_dir()}: {problem}", remedy)
    elif whose := _foreign(Path(state_dir())):
        yield Finding("state", WARNING, f"{state_dir()} belongs to {whose}", f"chown -R {_me()} {state_dir()}")
    else:
        yield Finding("state", OK, f"{state_dir()} can be written")
    if problem := _cannot_lock(record):
        yield Finding("lock", FAILS, f"{lock_file()}: {problem}", f"see whose it is: ls -l {lock_file()}")
    log = Path(record.log if record is not None and record.log else log_file())
    if problem := _cannot_append(log):
        remedy = "calls are served without a log; make it writable, or free space"
        yield Finding("log", WARNING, f"{log} cannot be written: {problem}", remedy)


def _cannot_write(folder: Path) -> str:
    """What hinders writing into a folder, which is made where it is not there; empty where nothing does."""
    probe = folder / f".probe.{os.getpid()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with probe.open("wb") as file:
            file.write(bytes(_SIZE))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        whose = _foreign(folder)
        why = "it is no folder" if isinstance(error, FileExistsError) else error.strerror
        return f"{why}{f' (it belongs to {whose})' if whose else ''}"
    finally:
        probe.unlink(missing_ok=True) if os.path.lexists(probe) else None
    return ""


def _foreign(path: Path) -> str:
    """Whose a file is, if it is another user's."""
    try:
        uid = path.stat().st_uid
    except OSError:
        return ""
    if uid == os.geteuid():
        return ""
    try:
        return f"the user {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"the user with number {uid}"


def _me() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _cannot_lock(record: status.Record | None) -> str:
    try:
        os.close(os.open(lock_file(), os.O_RDWR | os.O_CLOEXEC))
    except FileNotFoundError:
        return ""  # it is made where the state can be written, which is told above
    except OSError as error:
        whose = _foreign(Path(lock_file()))
        return f"{error.strerror}{f' (it belongs to {whose})' if whose else ''}"
    holder = lock_holder.holder()
    if holder is None or (record is not None and holder.pid == record.pid):
        return ""
    return f"it is held by {f'pid {holder.pid}' if holder.pid else 'a process that cannot be seen'}"


def _cannot_append(log: Path) -> str:
    if not os.path.lexists(log):
        return _cannot_write(log.parent)
    try:
        os.close(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC))
    except OSError as error:
        return error.strerror or str(error)
    return _cannot_write(log.parent) if log.is_file() else f"it is no file but {_kind(log)}"


def _kind(path: Path) -> str:
    return "a folder" if path.is_dir() else "a device"


def absent(loaded: Loaded | None) -> Iterator[Finding]:
    """No gateway runs: whether one could."""
    yield Finding("gateway", FAILS, "it does not run", "argo-proxy start")
    if loaded is None or not (port := loaded.settings.port):
        return
    settings = loaded.settings
    try:
        address.check(settings.host, port)
    except address.CannotListen as problem:
        yield Finding("port", FAILS, str(problem), "stop that, or choose another port: argo-proxy start --port 0")


def changed(found: discovery.Found, told: dict[str, object], loaded: Loaded | None) -> Iterator[Finding]:
    """Whether the gateway that runs is still what the command and the configuration are."""
    record = found.record
    if found.flaw:
        remedy = "it is put back within seconds once the state folder takes it"
        yield Finding("record", WARNING, f"{found.flaw}: {record_file()}", remedy)
    versions = {str(told.get("version")), record.version} - {__version__, "unknown", "None"}
    if versions:
        runs = ", ".join(sorted(versions))
        yield Finding("version", WARNING, f"{runs} runs, and this command is {__version__}", "argo-proxy restart")
    if loaded is None or not record.settings:
        return
    now = loaded.settings.shown()
    told_now = [
        f"{key}: {record.settings[key]} runs, {value} is configured"
        for key, value in now.items()
        if key in record.settings and record.settings[key] != value
    ]
    if told_now:
        yield Finding("changed", WARNING, f"since it was started: {'; '.join(told_now)}", "argo-proxy restart")
