"""A running gateway that records, and what it has recorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx

from argo_addon.recording.recorded_exchange import RecordedExchange, newest_in

from ..running import Proxy, Upstream


class Recorded:
    """A gateway that records into a folder, and what is in it once the gateway has ended."""

    def __init__(self, running: Proxy, argo: Upstream, folder: Path, end: Callable[[], None]) -> None:
        self.argo = argo
        self.folder = folder
        self.running = running
        self._end = end
        self.client = httpx.Client(base_url=running.url, timeout=10, trust_env=False)

    def found(self) -> list[RecordedExchange]:
        """Ends the gateway; returns what is recorded, the oldest first."""
        self.client.close()
        self._end()
        return list(newest_in([self.folder]))[::-1]

    def one(self) -> RecordedExchange:
        [recorded] = self.found()
        return recorded


Start = Callable[..., Recorded]
