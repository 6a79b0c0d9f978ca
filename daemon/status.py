"""The record of the running process: one small file, written whole or not at all.

It loads little, since `argo-proxy status` and `env` wait for it, and believes nothing: a record may outlive its
process. Whether it is still true is asked in health.py and process.py.
"""

from __future__ import annotations

import json
import os

from .paths import record_file

TYPE_CHECKING = False  # typing takes a tenth of the time in which `status` answers
if TYPE_CHECKING:
    from typing import Any, Literal

    Mode = Literal["daemon", "foreground", "service"]


class Record:
    """What a running process says of itself. Times are in seconds since 1970.

    `created` is when the operating system says that the process was born, since a pid may be used again; `flags` are
    the command line's settings, for `restart`; `auth` is what it asks of its clients, with the user whose name may be
    their key, and never a secret (daemon/keys.py). It is no NamedTuple: making one takes longer than reading one.
    """

    __slots__ = (
        *("auth", "config", "created", "flags", "host", "log", "mode", "pid", "port", "started", "url", "user"),
        "version",
    )

    def __init__(
        self,
        *,
        pid: int,
        created: float,
        started: float,
        mode: Mode,
        host: str,
        port: int,
        url: str,
        config: str | None,
        flags: dict[str, object],
        version: str,
        log: str | None,
        auth: str,
        user: str,
    ) -> None:
        self.pid = pid
        self.created = created
        self.started = started
        self.mode: Mode = mode
        self.host = host
        self.port = port
        self.url = url
        self.config = config
        self.flags = flags
        self.version = version
        self.log = log
        self.auth = auth
        self.user = user

    def facts(self) -> dict[str, object]:
        """All of it by name, as it is written."""
        return {name: getattr(self, name) for name in self.__slots__}


def write(record: Record) -> None:
    """Puts the record where `read` finds it. Raises OSError."""
    path = record_file()
    draft = f"{path}.{record.pid}"
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w") as file:
            json.dump(record.facts(), file)
            file.flush()
            os.fsync(descriptor)
        os.replace(draft, path)
    except OSError:
        _forget(draft)
        raise


def read() -> Record | None:
    """The last record, if there is one that can be read; its process may be gone."""
    try:
        with open(record_file(), "rb") as file:
            told = json.load(file)
        needed = {name: told[name] for name in Record.__slots__ if name not in _OTHERWISE}
        return Record(**needed, **{name: told.get(name, other) for name, other in _OTHERWISE.items()})
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


_OTHERWISE: dict[str, Any] = {
    **{"config": None, "flags": {}, "log": None, "version": "unknown", "mode": "daemon"},
    **{"auth": "open", "user": "argo"},
}
"""What is taken where another version has not written it; what only another version knows is left out."""


def remove(pid: int) -> None:
    """Takes a process's own record away, and no other's."""
    record = read()
    if record is not None and record.pid == pid:
        _forget(record_file())


def _forget(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return  # it is gone, or cannot go: a record that is not true is seen as that
