"""The ARGO that a gateway calls: the one that the settings name, or the simulator, for as long as it is needed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from argo_addon.settings.model import DEMO, Settings


@asynccontextmanager
async def reachable(settings: Settings) -> AsyncIterator[Settings]:
    """Gives the settings with ARGO's real address: where they name the simulator, it runs until the block ends."""
    if settings.argo_base_url != DEMO:
        yield settings
        return
    # Not at the top: nothing of the simulator is loaded unless it is asked for.
    from argo_addon.simulator import Simulator

    simulator = Simulator()
    try:
        yield settings.with_base_url(await simulator.start())
    finally:
        await simulator.stop()
