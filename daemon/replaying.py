"""Sends recorded requests again, through a gateway of today's code that lives for just that.

It goes on from the responses that the gateway of this machine keeps, and opens what that has sealed; it keeps nothing.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import httpx
import msgspec

from argo_addon.addon import ArgoAddon
from argo_addon.gateway.messages import ClientRequest, UpstreamRequest
from argo_addon.proxy.master import GatewayMaster
from argo_addon.recording import replay
from argo_addon.recording.recorded_exchange import RecordedExchange, of_file
from argo_addon.recording.recorder import Recorder
from argo_addon.sealing import NoKey, Sealer
from argo_addon.settings.model import Settings
from argo_addon.store.base import Store, StoreProblem
from argo_addon.store.worker import StoreWorker

from . import store_and_sealer
from .upstream import reachable

_TIMEOUT = httpx.Timeout(None, connect=10.0)


@contextmanager
def _kept(settings: Settings) -> Iterator[tuple[Sealer | None, Store | None]]:
    """The keys and the responses of this machine's gateway; None for those that cannot be had."""
    sealer, store = None, None
    with suppress(NoKey):
        sealer = store_and_sealer.sealer_of(settings)
    with suppress(StoreProblem):
        store = store_and_sealer.store_of(settings)
    try:
        yield sealer, None if store is None else store_and_sealer.Unchanged(store)
    finally:
        if store is not None:
            store.close()


def made_of(request: ClientRequest, settings: Settings) -> UpstreamRequest | str:
    """What would go to ARGO, or in words what the gateway would answer itself. It sends nothing."""
    with _kept(settings) as (sealer, store):
        return replay.made_of(request, settings, sealer, store)


async def send(
    requests: list[ClientRequest], settings: Settings, begun: Callable[[int], None] = lambda number: None
) -> list[RecordedExchange]:
    """Sends requests one after the other through a gateway with these settings; returns the exchanges, recorded.

    `begun` hears of each, by its number from 1 on, as it is sent. Raises OSError where the gateway cannot listen.
    """
    async with reachable(settings) as there:
        with tempfile.TemporaryDirectory(prefix="argo-proxy-") as folder:
            recorder = Recorder(Path(folder), everything=True, failures=False)
            client = httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False)
            async with _gateway(there, settings, recorder) as url, client:
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
async def _gateway(settings: Settings, own: Settings, recorder: Recorder) -> AsyncIterator[str]:
    """A gateway on any free port of this machine, with what one of the settings `own` keeps; its URL."""
    settings = msgspec.structs.replace(
        settings, username_passthrough=False, model_refresh_interval_hours=0.0, client_auth="open"
    )  # keys are taken out of recordings
    with _kept(own) as (sealer, store):
        worker = None if store is None else StoreWorker(store)
        addon = ArgoAddon(settings, recorder=recorder, sealer=sealer, store=worker)
        async with _served(addon, settings) as url:
            yield url


@asynccontextmanager
async def _served(addon: ArgoAddon, settings: Settings) -> AsyncIterator[str]:
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
