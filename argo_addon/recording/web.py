"""Recordings in mitmweb, offline: its web interface in this process, without a proxy and without the addon of ours.

It listens on loopback only and asks for a token; nothing that is shown is sent anywhere again.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from mitmproxy import flow, options
from mitmproxy.tools.web.master import WebMaster
from mitmproxy.tools.web.webaddons import open_browser
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from . import views
from .tail import TailedFolders, in_file
from .web_auth import Gate

HOST, USUAL_PORT = "127.0.0.1", 8081
POLL = 0.5
"""Seconds between two looks at what was recorded meanwhile."""
_LARGEST = 2**32
"""Bytes that a request may have, as in mitmweb: files are loaded into it."""


class CannotListen(Exception):
    """There is no port. Its text is meant for a terminal."""


class NothingRecorded(Exception):
    """There is nothing to look at."""


class Live(NamedTuple):
    """What to do before and after recordings are watched as they come."""

    on_start: Callable[[], None]
    on_end: Callable[[], None]


class Told(NamedTuple):
    """Who is told: `ready` the URL with its token, once it can be opened, and `warn` what could not be read."""

    ready: Callable[[str], None]
    warn: Callable[[str], None]


def run(
    file: Path | None, folders: Sequence[Path], port: int | None, live: Live | None, told: Told, *, browser: bool
) -> None:
    """Shows the file, or all of the folders, and with `live` what comes to the folders, until it is told to end.

    Without a port it takes mitmweb's usual one, or any if that is taken. Raises Unreadable, NothingRecorded,
    CannotListen.
    """
    for number in _ends():
        signal.signal(number, signal.default_int_handler)  # while files are read, before there is an event loop
    with suppress(KeyboardInterrupt):
        recordings = TailedFolders(folders, told.warn)
        stored = _stored(file, recordings, told, live=live is not None)
        listening = _listen(port)
        try:
            if live is not None:
                live.on_start()
            asyncio.run(_show(stored, listening, recordings if live else None, told, browser=browser))
        finally:
            listening.close()
            if live is not None:
                live.on_end()


def _ends() -> list[signal.Signals]:
    """The signals that end it: also that of a terminal that is closed, unless nohup is to keep it."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    return [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]


def _stored(file: Path | None, folders: TailedFolders, told: Told, *, live: bool) -> list[flow.Flow]:
    """What was recorded before. With a file and `live`, the folders are read all the same: what is there is not new."""
    if file is not None:
        found = in_file(file, told.warn)
        for _ in folders.flows() if live else ():
            pass
        return _sorted(found)
    found = _sorted(folders.flows())
    if not found and not live:
        raise NothingRecorded
    for said in () if live else folders.torn():
        told.warn(f"note: {said}")
    return found


def _sorted(flows: Iterable[flow.Flow]) -> list[flow.Flow]:
    return sorted(flows, key=lambda each: each.timestamp_created)


def _listen(port: int | None) -> socket.socket:
    for tried in (USUAL_PORT, 0) if port is None else (port,):
        try:
            return bind_sockets(tried, HOST, socket.AF_INET)[0]
        except OSError as error:
            if error.errno != errno.EADDRINUSE or port is not None:
                raise CannotListen(f"cannot listen on {HOST} port {tried}: {error.strerror}") from error
    raise CannotListen(f"{HOST} has no free port")


def _no_replay(of: flow.Flow) -> str:
    """Why a recorded call is not sent again: mitmweb has a button for it, and ARGO would count it."""
    return "Nothing is sent again from here; `argo-proxy replay` does that."


class _Viewer(WebMaster):
    """mitmweb on a socket that is bound already; calls `begin` once it shows what is stored. `url` has the token."""

    def __init__(self, stored: list[flow.Flow], listening: socket.socket, begin: Callable[[_Viewer], None]) -> None:
        super().__init__(options.Options(), with_termlog=False)
        for name in ("errorcheck", "tlsconfig"):  # ends on any error that is logged; writes certificates
            self.addons.remove(self.addons.get(name))
        self.addons.get("clientplayback").check = _no_replay
        port = listening.getsockname()[1]
        self.options.update(server=False, web_host=HOST, web_port=port, web_open_browser=False)
        self._stored, self._listening, self._begin = stored, listening, begin
        own = self.addons.get("webauth")  # of mitmproxy 11.1.2 and newer
        gate = Gate(self.app, port, None if own is None else own.web_url.partition("?token=")[2])
        self._server = HTTPServer(gate, max_buffer_size=_LARGEST)
        self.url = f"http://{HOST}:{port}/?token={gate.token}"

    async def running(self) -> None:
        """Instead of mitmweb's own, which binds a port that may be taken, and asks for no token in old versions."""
        await super(WebMaster, self).running()
        await self.show(self._stored)
        if not self.should_exit.is_set():
            self._server.add_socket(self._listening)
            self._begin(self)

    async def show(self, flows: Iterable[flow.Flow]) -> None:
        """Adds flows, unless it has been told to end."""
        for each in flows:
            if self.should_exit.is_set():
                return
            await self.load_flow(each)
            await asyncio.sleep(0)  # signals are heard in between

    async def follow(self, folders: TailedFolders) -> None:
        """Adds what comes to the folders, for as long as it runs."""
        while True:
            await asyncio.sleep(POLL)
            await self.show(_sorted(folders.flows()))


async def _show(
    stored: list[flow.Flow], listening: socket.socket, follow: TailedFolders | None, told: Told, *, browser: bool
) -> None:
    following: list[asyncio.Task[None]] = []

    def begin(viewer: _Viewer) -> None:
        told.ready(viewer.url)
        if browser and not open_browser(viewer.url):
            told.warn("note: there is no browser here; open the URL in yours")
        if follow is not None:
            following.append(asyncio.create_task(viewer.follow(follow)))

    logging.getLogger("tornado.access").setLevel(logging.CRITICAL)  # its lines have the URL, and with it the token
    views.register()
    viewer = _Viewer(stored, listening, begin)
    for number in _ends():
        asyncio.get_running_loop().add_signal_handler(number, viewer.shutdown)
    try:
        await viewer.run()
    finally:
        for task in following:
            task.cancel()
