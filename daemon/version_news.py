"""What `GET /version` tells of newer versions: what is known, while a process of its own finds out what is not.

It knows when to ask, and nothing of installers (updates.py).
"""

from __future__ import annotations

import asyncio
import os
import sys

from argo_addon.gateway.local_endpoints import News

from . import updates


class UpdateNews:
    """The news of the day."""

    def __init__(self) -> None:
        self._asking: asyncio.Task[None] | None = None

    def today(self) -> News:
        """What is known now; it asks nobody itself, and is quick."""
        news = updates.remembered()
        if news is None:
            if self._asking is None:
                self._asking = asyncio.create_task(_ask())
            return News()
        self._asking = None
        return News(news.latest, None if news.problem else news.newer, news.checked_at, news.problem)


async def _ask() -> None:
    """Asks once; who cannot keep the answer does not ask again before the next start."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "daemon.updates",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=os.sep,
    )
    await process.wait()
