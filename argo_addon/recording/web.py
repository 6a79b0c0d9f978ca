"""Recordings in mitmweb, offline: its web interface in this process, without a proxy and without the addon of ours.

It listens on loopback only and asks for a token; nothing that is shown is sent anywhere again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from mitmproxy import flow, options
from mitmproxy.tools.web.master import WebMaster
from mitmproxy.tools.web.webaddons import open_browser
from tornado.httpserver import HTTPServer

from . import sides, views
from .flow_files import Unreadable
from .index import Found
from .recorded_exchange import flows_at
from .sides import Exchanges
from .tail import Read, TailedFolders, in_file
from .web_address import HOST, Address, ends
from .web_auth import Gate
from .web_columns import COLUMNS, AddsColumns, comment_in_columns

_BATCH = 40
"""Flows that are read before browsers are heard again."""
POLL = 0.5
"""Seconds between two looks at what was recorded meanwhile."""
_LARGEST = 2**32
"""Bytes that a request may have, as in mitmweb: files are loaded into it."""


class Live(NamedTuple):
    """What to do before and after recordings are watched as they come."""

    on_start: Callable[[], None]
    on_end: Callable[[], None]


class Told(NamedTuple):
    """Who is told: `ready` the URL with its token, once pages are there, and `warn` what could not be read."""

    ready: Callable[[str], None]
    warn: Callable[[str], None]


class Wanted(NamedTuple):
    """What to show: `flows` in batches, the newest first, and the id of the flow to open, if one is meant."""

    flows: Iterable[Sequence[flow.Flow]]
    opened: str | None = None


def run(
    wanted: Callable[[], Wanted], address: Address, follow: TailedFolders | None, live: Live | None, told: Told,
    *, browser: bool,
) -> None:  # fmt: skip
    """Shows flows at an address, and with `live` what comes to the folders that are followed, until it is told to end.

    Raises whatever `wanted` raises.
    """
    try:
        if follow is not None:
            follow.skip()
        first = wanted()
        if live is not None:
            live.on_start()
        asyncio.run(_show(first, address, follow if live else None, told, browser=browser))
    finally:
        address.listening.close()
        if live is not None:
            live.on_end()


def flows_of(path: Path, warn: Callable[[str], None], read: Read) -> list[list[flow.Flow]]:
    """The flows of a file, the newest first, in one batch; `read` hears how far it is. Raises Unreadable."""
    return [sorted(in_file(path, warn, read), key=lambda each: each.timestamp_created, reverse=True)]


def batches_of(found: Iterable[Found], warn: Callable[[str], None]) -> Iterator[list[flow.Flow]]:
    """The flows of exchanges, some at a time, ARGO's side of each first; what cannot be read is told, and left out."""
    waiting: list[flow.Flow] = []
    for one in found:
        try:
            waiting += reversed(flows_at(one.path, one.entry.start, one.entry.size))
        except Unreadable as problem:
            warn(f"note: {problem}")
        if len(waiting) >= _BATCH:
            yield waiting
            waiting = []
    yield waiting


def _sorted(flows: Iterable[flow.Flow]) -> list[flow.Flow]:
    return sorted(flows, key=lambda each: each.timestamp_created)


def _no_replay(of: flow.Flow) -> str:
    """Why a recorded call is not sent again: mitmweb has a button for it, and ARGO would count it."""
    return "Nothing is sent again from here; `argo-proxy replay` does that."


class _Viewer(WebMaster):
    """mitmweb on a socket that is bound already; calls `begin` once it shows what is stored. `url` has the token."""

    def __init__(
        self, wanted: Wanted, exchanges: Exchanges, address: Address, begin: Callable[[_Viewer], None]
    ) -> None:
        super().__init__(options.Options(), with_termlog=False)
        for name in ("errorcheck", "tlsconfig"):  # ends on any error that is logged; writes certificates
            self.addons.remove(self.addons.get(name))
        self.addons.get("clientplayback").check = _no_replay
        self.options.update(
            server=False, web_host=HOST, web_port=address.port, web_open_browser=False, web_columns=COLUMNS
        )  # fmt: skip
        if "web_password" in self.options:  # of mitmproxy 11.1.2 and newer, which asks for a token of its own
            self.options.update(web_password=address.token)
        self.view.set_reversed(True)
        self._wanted, self._exchanges = wanted, exchanges
        self._listening, self._begin = address.listening, begin
        gate = Gate(self.app, address.port, address.token)
        self.app.transforms.append(AddsColumns)
        self._server = HTTPServer(gate, max_buffer_size=_LARGEST)
        self.url = address.url
        if wanted.opened is not None:
            self.url += f"#/flows/{wanted.opened}/request"

    async def running(self) -> None:
        """Instead of mitmweb's own, which binds a port that may be taken, and asks for no token in old versions."""
        await super(WebMaster, self).running()
        if not self.should_exit.is_set():
            self._server.add_socket(self._listening)
            self._begin(self)
        for batch in self._wanted.flows:
            self.show(batch)
            await asyncio.sleep(0)  # signals and browsers are heard in between
            if self.should_exit.is_set():
                return
        # Only now: pages of mitmproxy 12.3 and newer would turn the order of what comes one by one.
        self.options.update(view_order_reversed=True)

    def show(self, flows: Sequence[flow.Flow]) -> None:
        """Adds flows. They are over: no hook of mitmproxy's is called for them, which takes ten times as long."""
        for each in flows:
            each.comment = comment_in_columns(each)
        self._exchanges.add(flows)
        self.view.add(flows)

    async def follow(self, folders: TailedFolders) -> None:
        """Adds what comes to the folders, for as long as it runs."""
        while True:
            await asyncio.sleep(POLL)
            if flows := _sorted(folders.flows()):
                self.show(flows)
                self.view.sig_view_refresh.send()  # a page of an older mitmproxy puts what comes at the list's end


async def _show(wanted: Wanted, address: Address, follow: TailedFolders | None, told: Told, *, browser: bool) -> None:
    following: list[asyncio.Task[None]] = []

    def begin(viewer: _Viewer) -> None:
        told.ready(viewer.url)
        if browser and not open_browser(viewer.url):
            told.warn("note: there is no browser here; open the URL in yours")
        if follow is not None:
            following.append(asyncio.create_task(viewer.follow(follow)))

    logging.getLogger("tornado.access").setLevel(logging.CRITICAL)  # its lines have the URL, and with it the token
    views.register()
    sides.register(exchanges := Exchanges())
    viewer = _Viewer(wanted, exchanges, address, begin)
    for number in ends():
        asyncio.get_running_loop().add_signal_handler(number, viewer.shutdown)
    try:
        await viewer.run()
    finally:
        for task in following:
            task.cancel()
