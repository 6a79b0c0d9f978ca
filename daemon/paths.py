"""Where the daemon keeps its files. It makes no folder, and loads nothing: `argo-proxy status` waits for it.

Home folders are shared between machines in laboratories, so what belongs to a process has the machine's name in it.
"""

from __future__ import annotations

import os

from argo_addon.settings.state import APP, state_dir

__all__ = ["APP", "flows_dir", "lock_file", "log_dir", "log_file", "record_file", "state_dir"]


def log_dir() -> str:
    """The folder for the log, as the platform wants it."""
    import platformdirs  # not at the top: it takes as long to load as all of `status`

    found = platformdirs.user_log_dir(APP, appauthor=False)
    return found if os.path.isabs(found) else os.path.join(state_dir(), "log")


def log_file(folder: str | None = None) -> str:
    """The daemon's log; older parts are beside it, with `.1` to `.4` after its name."""
    return os.path.join(folder or log_dir(), f"argo-proxy.{_machine()}.log")


def record_file() -> str:
    """Tells of the running daemon (status.py)."""
    return os.path.join(state_dir(), f"daemon.{_machine()}.json")


def lock_file() -> str:
    """Held by the running daemon for as long as it takes calls."""
    return os.path.join(state_dir(), f"daemon.{_machine()}.lock")


def flows_dir() -> str:
    """Where recordings are: parts of all that passed, `failures` below, and the last number given."""
    return os.path.join(state_dir(), f"flows.{_machine()}")


def responses_key() -> str:
    """The key of what clients keep sealed. It is one for all machines of a home folder: a conversation may go on at
    another.
    """
    return os.path.join(state_dir(), "responses.key")


def _machine() -> str:
    return os.uname().nodename.split(".", 1)[0] or "localhost"
