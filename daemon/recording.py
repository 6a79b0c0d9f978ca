"""Switches the recording of every exchange on and off in the running gateway, by signals: only its owner sends them."""

from __future__ import annotations

import os
import signal
import time

from . import health, manager

ON, OFF = signal.SIGUSR1, signal.SIGUSR2
_PATIENCE = 3.0


def is_on() -> bool:
    """Whether the running gateway records every exchange; False where none runs."""
    record = manager.running()
    return record is not None and _state(health.of(record)) is True


def switch(on: bool) -> str | None:
    """Has the running gateway record every exchange, or no longer. Returns what is wrong, if it does not."""
    record = manager.running()
    if record is None:
        return "no gateway runs. Start one that records: argo-proxy start --dump-requests"
    try:
        os.kill(record.pid, ON if on else OFF)
    except (PermissionError, ProcessLookupError) as error:
        return f"process {record.pid} cannot be told: {error.strerror}"
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if _state(health.of(record)) is on:
            return None
        time.sleep(0.05)
    return f"the gateway (pid {record.pid}) did not take it: see argo-proxy logs"


def _state(told: object) -> bool | None:
    recording = told.get("recording") if isinstance(told, dict) else None
    return recording.get("all") if isinstance(recording, dict) else None
