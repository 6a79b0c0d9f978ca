"""Where the daemon keeps its files. It makes no folder, and loads nothing: `argo-proxy status` waits for it.

Home folders are shared between machines in laboratories, so what belongs to a process has the machine's name in it.
"""

from __future__ import annotations

import os
import sys

APP = "argoproxy"


def state_dir(environ: dict[str, str] | None = None, platform: str = sys.platform) -> str:
    """The folder for what is kept between runs: what platformdirs says (a test compares), which takes 10 ms to load."""
    environ = dict(os.environ) if environ is None else environ
    home = environ.get("HOME") or os.path.expanduser("~")
    usual = ("Library", "Application Support") if platform == "darwin" else (".local", "state")
    named = environ.get("XDG_STATE_HOME", "").strip()
    if not os.path.isabs(named):  # the specification of XDG has such a one ignored; the daemon works in another folder
        named = os.path.join(home, *usual)
    return os.path.join(named, APP)


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


def _machine() -> str:
    return os.uname().nodename.split(".", 1)[0] or "localhost"
