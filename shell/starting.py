"""Starts the gateway for a command that needs it."""

from __future__ import annotations

from daemon import manager

from .options import loaded, whole_path, with_port
from .progress import progress
from .terminal import fail, warn


def ensure_running() -> None:
    """Starts the gateway in the background if it does not run, and says so; where it cannot, the program ends."""
    if manager.running() is not None:
        return
    found = loaded(None, overrides := with_port(None, {}))
    try:
        with progress("starting the gateway") as shown:
            order = manager.Order(whole_path(found.path), overrides)
            record, _ = manager.start(order, found.settings.connection_test_timeout, lambda line: None, shown.step)
    except manager.StartError as error:
        fail(str(error), error.code)
    by = f", configured by {record.config}" if record.config else ""
    warn(f"the gateway was started at {record.url}{by}; `argo-proxy stop` ends it")
