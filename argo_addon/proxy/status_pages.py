"""Answers the browsers that ask for the page at `/`: who may see it, the page, and the events that keep it fresh."""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from mitmproxy import http

from ..access.client_access import ClientAccess
from ..gateway.gateway import Gateway
from ..gateway.local_work import StatusPage
from ..gateway.messages import ClientRequest, Reply
from ..gateway.wanted_form import wanted_form
from .internals import local_address
from .live_response import LiveResponse

if TYPE_CHECKING:
    from ..gateway.status_page.snapshot import Snapshot

LOOK = 0.25
"""Seconds between two looks at whether something has changed."""
PAUSE = 1.0
"""Seconds at the least between two events."""
AGAIN = 5.0
"""Seconds after which all is looked at anew: sums and numbers of recordings come late."""
SIGN_OF_LIFE = 15.0
"""Seconds of silence after which a comment is sent, for whatever stands between."""
MOST_LISTENERS = 20
"""Pages that are kept fresh at a time."""


class StatusPages:
    """The pages of one gateway that are open."""

    def __init__(self, gateway: Gateway, access: ClientAccess) -> None:
        self._gateway = gateway
        self._access = access
        self._listeners = 0

    def door(self, reply: Reply | None, request: http.Request) -> Reply | None:
        """The reply to who is not let in: a browser that asks for the page, and lacks the key, is told so by a page."""
        path, accept = request.path.partition("?")[0], request.headers.get("accept", "")
        if reply is None or reply.status != 401 or path != "/" or wanted_form(accept) != "page":
            return reply
        return self._refused(reply)

    def _refused(self, reply: Reply) -> Reply:
        from ..gateway.status_page import render  # most gateways are never asked for it

        return render.door(reply, asks_token=self._access.auth == "token")

    def open(
        self, flow: http.HTTPFlow, wanted: StatusPage, answer: Callable[[http.HTTPFlow, Reply], None]
    ) -> Awaitable[None] | None:
        """Answers a request for the page or its events."""
        request = wanted.request
        hosts = [host for host in (flow.request.authority, request.headers.get("host", "")) if host]
        cookie = self._access.page_cookie()
        if not self._access.shows_page(local_address(flow.client_conn), hosts):
            answer(flow, self._refused(Reply(403, b"")))
        elif cookie is not None and any(name == "key" for name, _ in parse_qsl(request.target.partition("?")[2])):
            answer(flow, Reply(303, b"", {"location": "./", "set-cookie": cookie, "cache-control": "no-store"}))
        elif not wanted.live:
            return self._page(flow, request, answer)
        elif request.method == "HEAD":
            answer(flow, Reply(200, b"", EVENTS))
        elif self._listeners >= MOST_LISTENERS:
            answer(flow, Reply(503, b'{"error": "too many pages are open"}', {"retry-after": "10"}))
        else:
            flow.response = LiveResponse.of(self._events(request), EVENTS)
        return None

    async def _page(
        self, flow: http.HTTPFlow, request: ClientRequest, answer: Callable[[http.HTTPFlow, Reply], None]
    ) -> None:
        await asyncio.to_thread(importlib.import_module, "argo_addon.gateway.status_page.render")
        from ..gateway.status_page import render

        answer(flow, render.page(await self._snapshot(request)))

    async def _snapshot(self, request: ClientRequest) -> Snapshot:
        from ..gateway.status_page import snapshot

        read = self._gateway.usage
        usage = None if read is None else await asyncio.to_thread(snapshot.usage_from, read)
        return snapshot.taken(self._gateway, self._access, request.headers.get("host", ""), usage)

    async def _events(self, request: ClientRequest) -> AsyncGenerator[bytes, None]:
        """What changes on the page, as it changes, until the gateway ends."""
        from ..gateway.status_page import render

        self._listeners += 1
        try:
            yield b"retry: 2000\n\n"
            shown: dict[str, str] = {}
            seen: object = None
            sent = 0.0
            while not self._gateway.draining():
                now = time.monotonic()
                stamp = self._stamp(now)
                if stamp != seen and now - sent >= PAUSE:
                    seen = stamp
                    sections = render.sections(await self._snapshot(request))
                    changed = {name: html for name, html in sections.items() if shown.get(name) != html}
                    if changed:
                        shown, sent = sections, now
                        yield render.event(changed)
                if now - sent > SIGN_OF_LIFE:
                    sent = now
                    yield b": still here\n\n"
                await asyncio.sleep(LOOK)
        finally:
            self._listeners -= 1

    def _stamp(self, now: float) -> object:
        """What is another where the page may be."""
        gateway = self._gateway
        counts, recording = gateway.counts, gateway.recording()
        ended = gateway.metrics.latest[-1].at if gateway.metrics.latest else 0.0
        ticks = int(now) if counts.active else 0
        return (counts.requests, counts.errors, counts.active, ended, ticks, int(now / AGAIN), gateway.contact,
                gateway.models, recording)  # fmt: skip


EVENTS = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store", "x-accel-buffering": "no"}
