"""What is done beside the calls: reading ARGO's model list now and then, and looking whether ARGO answers."""

from __future__ import annotations

import asyncio
import importlib
import logging
import resource
import time
from collections.abc import Coroutine

from ..gateway.gateway import Gateway
from ..gateway.local_work import CheckUpstream, LocalWork, Refresh
from ..gateway.messages import Reply
from ..models.unreachable import Unreachable
from ..models.upstream_access import UpstreamAccess
from ..settings.upstream_proxy import Unusable
from .model_list import ModelList
from .upstreams import Upstreams

logger = logging.getLogger(__name__)

CONTACT_HOLDS = 10.0
"""Seconds for which what is known of ARGO's answering is told without asking again."""
LOOK = 0.06
"""Seconds that GET /health?upstream=1 waits for ARGO."""


class Upkeep:
    """Keeps what a gateway knows of ARGO fresh."""

    def __init__(self, gateway: Gateway, access: UpstreamAccess, upstreams: Upstreams) -> None:
        self._gateway = gateway
        self._access = access
        self._list = ModelList(access, upstreams)
        self._going_on: list[asyncio.Task[None]] = []
        self._looking: asyncio.Task[None] | None = None

    def start(self, *besides: Coroutine[None, None, None]) -> None:
        """Looks which proxies lead to ARGO, begins to read the model list, now and then, and does this besides."""
        for url in dict.fromkeys((self._gateway.list_url, self._gateway.settings.native_anthropic_base_url)):
            try:
                proxy = self._access.proxies.of(url)
            except Unusable as problem:
                logger.warning("%s %s is called directly.", problem, url)
            else:
                if proxy is not None:
                    logger.info("%s is called through the proxy %s", url, proxy.url)
        self._going_on = [asyncio.create_task(work) for work in (self._keep_fresh(), *besides)]

    def close(self) -> None:
        """Ends what is under way."""
        for task in (*self._going_on, self._looking):
            if task is not None:
                task.cancel()

    async def _keep_fresh(self) -> None:
        if self._gateway.models.refreshed_at is None:
            await self.refresh()
        hours = self._gateway.settings.model_refresh_interval_hours
        while hours > 0:
            await asyncio.sleep(hours * 3600)
            await self.refresh()

    async def refresh(self) -> Reply:
        """Reads ARGO's model list; returns what to tell whoever asked for it."""
        try:
            body = await self._list.fetch(self._gateway.list_url)
        except Unreachable as problem:
            return self._gateway.refresh_failed(str(problem), problem.remedy)
        return self._gateway.refreshed(body)

    def carry_out(self, work: LocalWork) -> Coroutine[None, None, Reply]:
        """Does what is asked of the gateway itself."""
        if isinstance(work, Refresh):
            return self.refresh()
        return self.health() if isinstance(work, CheckUpstream) else self.metrics(work.accept)

    async def health(self) -> Reply:
        """Tells how things stand, ARGO asked if that was not done just now; what takes longer is told next time."""
        if time.time() - (self._gateway.contact.at or 0) > CONTACT_HOLDS:
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._look())
            await asyncio.wait((self._looking,), timeout=LOOK)
        return Reply(200, self._gateway.health())

    async def metrics(self, accept: str) -> Reply:
        """Tells the metrics; what writes them is loaded, the first time, while calls go on."""
        await asyncio.to_thread(importlib.import_module, "argo_addon.gateway.prometheus")
        return self._gateway.scraped(accept)

    async def _look(self) -> None:
        """Sees whether ARGO answers at all."""
        try:
            await self._list.fetch(self._gateway.list_url)
        except Unreachable as problem:
            self._gateway.note_upstream(str(problem), problem.remedy)
        else:
            self._gateway.note_upstream()


def resident_memory() -> int | None:
    """Bytes of memory in use; None where the system does not tell, as without /proc."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        import psutil  # not at the top: it takes long to load, and only systems without /proc need it

        try:
            return int(psutil.Process().memory_info().rss)
        except (psutil.Error, OSError):
            return None
