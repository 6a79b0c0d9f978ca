"""The record of the running process: one small file, written whole or not at all.

It loads little, since `argo-proxy status` and `env` wait for it, and believes nothing: a record may outlive its
process, and be damaged. What really runs is found out in discovery.py.
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
    """What a running process says of itself. `started` is in seconds since 1970; 0: not known.

    `identity` is the process's (identity.py), since a pid may be used again; `flags` are the command line's settings,
    for `restart`; `settings` all that it runs with, by the configuration's keys; `auth` is what it asks of its clients,
    with the user whose name may be their key, and never a secret (daemon/keys.py). `url` is empty where the address is
    not known. It is no NamedTuple: making one takes longer than reading one.
    """

    __slots__ = (
        *("auth", "config", "flags", "host", "identity", "log", "mode", "pid", "port", "settings", "started", "url"),
        *("user", "version"),
    )

    def __init__(
        self,
        *,
        pid: int,
        url: str = "",
        host: str = "",
        port: int = 0,
        identity: str | None = None,
        started: float = 0.0,
        mode: Mode = "daemon",
        config: str | None = None,
        flags: dict[str, object] | None = None,
        settings: dict[str, object] | None = None,
        version: str = "unknown",
        log: str | None = None,
        auth: str = "open",
        user: str = "argo",
    ) -> None:
        self.pid = pid
        self.url = url
        self.host = host
        self.port = port
        self.identity = identity
        self.started = started
        self.mode: Mode = mode
        self.config = config
        self.flags = flags or {}
        self.settings = settings or {}
        self.version = version
        self.log = log
        self.auth = auth
        self.user = user

    def facts(self) -> dict[str, object]:
        """All of it by name, as it is written."""
        return {name: getattr(self, name) for name in self.__slots__}

    def at(self, url: str) -> None:
        """Takes an address that was found otherwise."""
        if url.startswith("unix:"):
            self.url, self.host, self.port = url, "localhost", 0
            return
        host, _, port = url.removeprefix("http://").rpartition(":")
        self.url, self.host, self.port = url, host.strip("[]"), int(port)


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
    return read_from(record_file())


def read_from(path: str) -> Record | None:
    """The record of a file, whichever version wrote it: it tells pid and address; what is strange is left out."""
    try:
        with open(path, "rb") as file:
            told = json.load(file)
        record = Record(pid=told["pid"])
        record.at(told["url"])
        known = {name: told[name] for name, kind in _KINDS.items() if isinstance(told.get(name), kind)}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    has_address = 0 < record.port < 65536 or record.url.startswith("unix:")
    if type(record.pid) is not int or record.pid <= 0 or not has_address:
        return None
    if "flags" not in known:  # without the options nobody can tell what the settings come from
        known.pop("settings", None)
    for name, value in known.items():
        if name != "mode" or value in _MODES:
            setattr(record, name, value)
    return record


_MODES = ("daemon", "foreground", "service")
_KINDS: dict[str, Any] = {
    **dict.fromkeys(("auth", "config", "host", "identity", "log", "mode", "user", "version"), str),
    **{"started": (int, float), "flags": dict, "settings": dict},
}


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
