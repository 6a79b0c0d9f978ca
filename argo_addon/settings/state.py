"""Where this user's state is kept. It makes no folder, and loads nothing: `argo-proxy status` waits for it."""

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


def token_file() -> str:
    """The token by which tools come in (access/tokens.py): the user's, on whichever machine."""
    return os.path.join(state_dir(), "token")
