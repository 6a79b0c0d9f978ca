"""Where the daemon keeps its files. It makes no folder, and loads nothing: `argo-proxy status` waits for it.

Home folders are shared between machines in laboratories, so what belongs to a process has the machine's name in it;
and the gateway's, where several run side by side.
"""

from __future__ import annotations

import os

from argo_addon.settings.state import APP, state_dir

__all__ = [
    "APP",
    "NAME",
    "flows_dir",
    "gateway_name",
    "gateway_names",
    "is_name",
    "lock_file",
    "log_dir",
    "log_file",
    "record_file",
    "responses_key",
    "state_dir",
]


NAME = "ARGO_PROXY_NAME"
"""The variable with the name of the gateway that is meant, where several run side by side; `--name` sets it."""


def gateway_name() -> str:
    """The name of the gateway that is meant; empty for the usual one."""
    return os.environ.get(NAME, "").strip()


def is_name(text: str) -> bool:
    """Whether a gateway may be called so: a part of a file's name, and one word in a shell."""
    letters = text.replace("-", "a").replace("_", "a")
    return len(text) <= _LONGEST_NAME and letters.isascii() and letters.isalnum() and text[0] not in "-_"


_LONGEST_NAME = 32


def gateway_names() -> list[str]:
    """The names of all gateways of this machine that have left a record or a lock; the usual one is the empty one."""
    found = set()
    try:
        files = os.listdir(state_dir())
    except OSError:
        return []
    for file in files:
        first, _, others = file.partition(".")
        machine, _, others = others.partition(".")
        called, _, kind = others.rpartition(".")
        if first == "daemon" and machine == _machine() and kind in ("json", "lock") and (not called or is_name(called)):
            found.add(called)
    return sorted(found)


def log_dir() -> str:
    """The folder for the log, as the platform wants it."""
    import platformdirs  # not at the top: it takes as long to load as all of `status`

    found = platformdirs.user_log_dir(APP, appauthor=False)
    return found if os.path.isabs(found) else os.path.join(state_dir(), "log")


def log_file(folder: str | None = None) -> str:
    """The daemon's log; older parts are beside it, with `.1` to `.4` after its name."""
    return os.path.join(folder or log_dir(), f"argo-proxy.{_process()}.log")


def record_file(called: str | None = None) -> str:
    """Tells of the running daemon (status.py), or of the one with another name."""
    return os.path.join(state_dir(), f"daemon.{_process(called)}.json")


def lock_file() -> str:
    """Held by the running daemon for as long as it takes calls."""
    return os.path.join(state_dir(), f"daemon.{_process()}.lock")


def handover_socket() -> str:
    """Where the running daemon hands its listening sockets over (handover.py)."""
    return os.path.join(state_dir(), f"daemon.{_process()}.socket")


def flows_dir() -> str:
    """Where recordings are: parts of all that passed, `failures` below, and the last number given."""
    return os.path.join(state_dir(), f"flows.{_process()}")


def responses_key() -> str:
    """The key of what clients keep sealed. It is one for all machines of a home folder: a conversation may go on at
    another.
    """
    return os.path.join(state_dir(), "responses.key")


def responses_store() -> str:
    """The responses that are kept for clients, by all gateways of one machine: a file in a shared folder is not safely
    shared.
    """
    return os.path.join(state_dir(), f"responses.{_machine()}.sqlite")


def usage_ledger() -> str:
    """What the calls of all gateways of one machine add up to: likewise."""
    return os.path.join(state_dir(), f"usage.{_machine()}.sqlite")


def _process(called: str | None = None) -> str:
    return ".".join(filter(None, (_machine(), gateway_name() if called is None else called)))


def _machine() -> str:
    return os.uname().nodename.split(".", 1)[0] or "localhost"
