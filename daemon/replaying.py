"""Sends recorded requests again, through a gateway of today's code that lives for just that."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec

from argo_addon.addon import ArgoAddon
from argo_addon.gateway.messages import ClientRequest
from argo_addon.proxy.master import GatewayMaster
from argo_addon.recording.recorded_exchange import RecordedExchange, of_file
from argo_addon.recording.recorder import Recorder
from argo_addon.settings.model import Settings

from .upstream import reachable

_TIMEOUT = httpx.Timeout(None, connect=10.0)


async def send(
    requests: list[ClientRequest], settings: Settings, begun: Callable[[int], None] = lambda number: None
) -> list[RecordedExchange]:
    """Sends requests one after the other through a gateway with these settings; returns the exchanges, recorded.

    `begun` hears of each, by its number from 1 on, as it is sent. Raises OSError where the gateway cannot listen.
    """
    async with reachable(settings) as there:
        with tempfile.TemporaryDirectory(prefix="argo-proxy-") as folder:
            recorder = Recorder(Path(folder), everything=True, failures=False)
            async with _gateway(there, recorder) as url, httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as client:
                for number, request in enumerate(requests, 1):
                    begun(number)
                    fields = [
                        (name.encode(), value.encode("utf-8", "surrogateescape"))
                        for name, value in request.headers.items()
                    ]
                    await client.request(request.method, url + request.target, headers=fields, content=request.body)
            recorder.close()
            found = [one for path in sorted(Path(folder).glob("*.flow")) for one in of_file(path)]
    return sorted(found, key=lambda one: one.meta.number)


@asynccontextmanager
async def _gateway(settings: Settings, recorder: Recorder) -> AsyncIterator[str]:
    """A gateway on any free port of this machine; its URL."""
    settings = msgspec.structs.replace(
        settings, username_passthrough=False, model_refresh_interval_hours=0.0, client_auth="open"
    )  # keys are taken out of recordings
    addon = ArgoAddon(settings, recorder=recorder)
    await addon.upkeep.refresh()
    master = GatewayMaster(addon, addon.calls, settings.native_openai_base_url, "127.0.0.1", 0)
    running = asyncio.ensure_future(master.run())
    try:
        while master.address is None:
            if master.failure is not None or running.done():
                raise OSError(f"no port of this machine can be listened on: {master.failure}")
            await asyncio.sleep(0.005)
        yield "http://{}:{}".format(*master.address)
    finally:
        master.stop()
        await running
