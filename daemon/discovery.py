"""Finds the gateway that runs, whatever its record says: the lock, the port and the process are asked as well.

It loads little where the record is true or nothing runs, since `argo-proxy status` and `env` wait for it.
"""

from __future__ import annotations

import itertools
import json
import os
import time

from . import health, identity, lock_holder, status
from .paths import NAME, gateway_name, gateway_names, lock_file, log_file, record_file, state_dir

TYPE_CHECKING = False  # typing takes a tenth of the time in which `status` answers
if TYPE_CHECKING:
    from collections.abc import Iterator

_SOON = 0.5  # seconds for an answer of whoever has the port
USUAL_PORT = 44497


class Found:
    """A gateway: what is known of it, what it answers (None: nothing), and what its record lacks ("": nothing)."""

    __slots__ = ("answer", "flaw", "record")

    def __init__(self, record: status.Record, answer: dict[str, object] | None, flaw: str = "") -> None:
        self.record = record
        self.answer = answer
        self.flaw = flaw


class Other:
    """Another argo-proxy: of another user, of another state folder (`name` is None), or of another name."""

    __slots__ = ("name", "pid", "url", "user")

    def __init__(self, pid: int, url: str, user: str) -> None:
        self.pid = pid
        self.url = url
        self.user = user
        self.name = next((name for name, record in records().items() if record.pid == pid), None)

    def __str__(self) -> str:
        where = f"its state is not in {state_dir()}" if self.name is None else f"it is {_called(self.name)}"
        return f"another argo-proxy, pid {self.pid}, answers at {self.url} as {self.user}; {where}"


def _called(name: str) -> str:
    return f"the one with --name {name}" if name else "the one without a name"


def find(look: str = "/health") -> Found | None:
    """The gateway of this user on this machine, if one runs. `look` is the path that it is asked."""
    record = status.read()
    answer = None if record is None else health.of(record, look)
    if record is not None and answer is not None:
        return Found(record, answer)
    holder = lock_holder.holder()
    if holder is not None and _is_stranger(holder):
        holder = None
    if holder is not None and (record is None or holder.pid != record.pid):
        return _unrecorded(holder, look)
    if record is not None and (holder is not None or _is_confirmed(record)):
        return _silent(record, look)
    return _without_state(look)


def records() -> dict[str, status.Record]:
    """The record of each gateway of this machine, by name, true or not."""
    read = {name: status.read_from(record_file(name)) for name in gateway_names()}
    return {name: record for name, record in read.items() if record is not None}


def last() -> status.Record | None:
    """The gateway that runs, or else the last one, as far as it has left a record."""
    found = find()
    return found.record if found is not None else status.read()


def other(url: str | None = None) -> Other | None:
    """Another argo-proxy at an address, or where this one would be."""
    url = url or _usual_url()
    if url is None:
        return None
    for auth in _KEYS:
        told = health.ask(_somebody(0, url, auth), seconds=_SOON)
        if told is not None and _is_argo_proxy(told):
            return Other(int(str(told["pid"])), url, str(told.get("user")))
    return None


def stranger() -> str | None:
    """Who keeps the lock and is no argo-proxy, in a sentence; None: nobody."""
    holder = lock_holder.holder()
    if holder is None or not _is_stranger(holder):
        return None
    words = identity.shown(identity.command_line(holder.pid))
    return f"{lock_file()} is locked by pid {holder.pid} ({words}), which is no argo-proxy: end that first"


def _is_stranger(holder: lock_holder.Holder) -> bool:
    """Whether a process only has the lock: the file does not say that it is the gateway, nor does its command line."""
    if holder.said or not holder.pid:
        return False
    names = [os.path.basename(word) for word in identity.command_line(holder.pid)]
    return bool(names) and not any(name == "daemon.background" or name.startswith("argo-proxy") for name in names)


def _is_confirmed(record: status.Record) -> bool:
    return record.identity is not None and identity.is_there(record.pid, record.identity)


def _silent(record: status.Record, look: str) -> Found:
    """A gateway that does not answer where its record says: perhaps it is elsewhere."""
    answer = _answering(record, "", look)
    return Found(record, answer, "" if answer is None else "its record names another address")


def _unrecorded(holder: lock_holder.Holder, look: str) -> Found:
    """The gateway that holds the lock and has no record that is true: it tells itself what it is."""
    record = status.Record(pid=holder.pid, identity=_identity(holder.pid), log=log_file())
    _tell_by_command_line(record)
    record.auth, record.user = holder.auth or record.auth, holder.user or record.user
    answer = _answering(record, holder.url, look)
    if answer is None:
        if holder.url:
            record.at(holder.url)
        return Found(record, None, "its record is missing or damaged" if holder.url else "it is just starting")
    record.user = holder.user or str(answer.get("user") or record.user)
    record.version = str(answer.get("version"))
    uptime = answer.get("uptime_seconds")
    record.started = time.time() - uptime if isinstance(uptime, int) else 0.0
    return Found(record, answer, "its record is missing or damaged")


def _identity(pid: int) -> str | None:
    try:
        return identity.of(pid) if pid else None
    except ProcessLookupError:
        return None


def _tell_by_command_line(record: status.Record) -> None:
    """How it was started: background.py has its order there, which `restart` needs."""
    words = identity.command_line(record.pid)
    if "daemon.background" in words:
        try:
            order = json.loads(words[words.index("daemon.background") + 1])
            record.config, record.flags, record.log = order["config"], order["flags"], order["log"]
        except (ValueError, KeyError, IndexError, TypeError):
            return
    elif "serve" in words:
        record.mode = "service" if "--as-service" in words else "foreground"
        record.log = record.log if record.mode == "service" else None


def _answering(record: status.Record, url: str, look: str) -> dict[str, object] | None:
    """What the record's process answers, whose address and key it takes then; not at the address that it has."""
    former = record.url
    for candidate in _urls_of(record.pid, url):
        for auth in dict.fromkeys((record.auth, *_KEYS)) if candidate != former else ():
            somebody = _somebody(record.pid, candidate, auth, record.user)
            if (answer := health.of(somebody, look)) is not None:
                record.at(candidate)
                record.auth = auth
                return answer
    return None


_KEYS = ("open", "token")
"""What a gateway may ask of its clients as far as it is tried: one that takes a username tells strangers little."""


def _urls_of(pid: int, url: str) -> Iterator[str]:
    if url:
        yield url
    if pid:
        from . import process  # psutil takes long to load

        for port in process.ports_of(pid):
            yield f"http://127.0.0.1:{port}"
            yield f"http://[::1]:{port}"


def _without_state(look: str) -> Found | None:
    """The gateway whose state was taken away altogether, and which has not put it back yet or cannot: by its port, or
    where that is not known by its process.
    """
    there = other()
    if there is not None and there.name is None and _is_this_one(there.pid):
        return _unrecorded(lock_holder.Holder(there.pid, there.url), look)
    pid = next((pid for pid in identity.own() if _is_gateway(pid) and _is_this_one(pid) and any(_urls_of(pid, ""))), 0)
    return _unrecorded(lock_holder.Holder(pid), look) if pid else None


def _is_gateway(pid: int) -> bool:
    """Whether a process was started as `start` and `serve` are, and is there still."""
    words = identity.command_line(pid)
    served = "serve" in words[:3] and any(os.path.basename(word) == "argo-proxy" for word in words[:2])
    started = served or words[1:3] == ["-m", "daemon.background"]
    return started and pid != os.getpid() and _identity(pid) is not None


def _is_this_one(pid: int) -> bool:
    """Whether a gateway's state is where that of the one which is meant is."""
    theirs, words = identity.environ(pid), identity.command_line(pid)
    named = [word for before, word in itertools.pairwise(words) if before == "--name"]
    named += [word.removeprefix("--name=") for word in words if word.startswith("--name=")]
    called = [*named, theirs.get(NAME, "").strip()][0]
    return bool(theirs) and state_dir(theirs) == state_dir() and called == gateway_name()


def _usual_url() -> str | None:
    """Where it would be: by the environment and the configuration, as far as they can be read at once."""
    host, port = os.environ.get("ARGO_PROXY_HOST", ""), os.environ.get("ARGO_PROXY_PORT", "")
    if gateway_name() and not port:
        return None  # it has a port of its own
    if not (host and port):
        from argo_addon.settings.places import config_path, lines  # only where nothing is known to run

        path = config_path(named=os.environ.get("ARGO_PROXY_CONFIG"))
        written = lines(path, ("host", "port")) if path is not None else {}
        host, port = host or written.get("host", ""), port or written.get("port", str(USUAL_PORT))
    if not port.isdigit() or not 0 < int(port) < 65536:
        return None
    host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1", "localhost": "127.0.0.1"}.get(host, host).strip("[]")
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _somebody(pid: int, url: str, auth: str, user: str = "argo") -> status.Record:
    record = status.Record(pid=pid, auth=auth, user=user)
    record.at(url)
    return record


def _is_argo_proxy(told: dict[str, object]) -> bool:
    return isinstance(told.get("pid"), int) and told.get("status") == "healthy" and "argo" in told
