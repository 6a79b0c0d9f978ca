"""What the tests of the running gateway need: the proxy in a thread of its own, and an upstream that does as told."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

import msgspec
from mitmproxy import ctx

from argo_addon.addon import ArgoAddon
from argo_addon.proxy.calls import Limits
from argo_addon.proxy.inherited import accept_no_more
from argo_addon.proxy.master import GatewayMaster
from argo_addon.rate_limits.opening import open_limiter
from argo_addon.recording.recorder import Recorder
from argo_addon.settings.model import Settings
from argo_addon.store.base import Store
from argo_addon.store.worker import StoreWorker


class Seen(msgspec.Struct):
    """A request as the upstream got it; header names in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes


class Pause(msgspec.Struct):
    """A step of an answer: seconds to wait."""

    seconds: float


Step = bytes | Pause
"""What an upstream does next: sends these bytes as they are, or waits."""


class Upstream:
    """An HTTP upstream whose answers are scripted byte by byte; it ends the connection after each unless told not to.

    `answer(seen)` gives the steps for a request. `left` counts the clients that went away before their answer's end.
    """

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.looked_up: list[Seen] = []  # by GET
        self.connections = 0
        self._writers: list[asyncio.StreamWriter] = []
        self.left = threading.Event()
        self.answer: Callable[[Seen], Iterable[Step]] = lambda seen: [json_answer(b"{}")]
        self.url = ""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                line, *rest = head.decode("latin-1").rstrip().split("\r\n")
                headers = {name.lower(): value for name, _, value in (item.partition(": ") for item in rest)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                seen = Seen(line, headers, body)
                (self.seen if line.startswith("POST") else self.looked_up).append(seen)
                await self._play(writer, reader, self.answer(seen))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _play(self, writer: asyncio.StreamWriter, reader: asyncio.StreamReader, steps: Iterable[Step]) -> None:
        for step in steps:
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
                continue
            try:  # the client's end is noticed while waiting
                early = await asyncio.wait_for(reader.read(1), step.seconds)
            except asyncio.TimeoutError:
                continue
            if not early:
                self.left.set()
                raise ConnectionError


def head(content_type: str, *more: str, status: str = "200 OK") -> bytes:
    """An answer's head, for a chunked body."""
    lines = [f"HTTP/1.1 {status}", f"content-type: {content_type}", "transfer-encoding: chunked", *more]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """Data as one chunk of a body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


END = b"0\r\n\r\n"
STREAM = head("text/event-stream; charset=utf-8")


def streamed(*events: bytes) -> list[Step]:
    """A whole streamed answer, a chunk for each event."""
    return [STREAM, *(chunk(event) for event in events), END]


def json_answer(body: bytes, status: str = "200 OK", *more: str, content_type: str = "application/json") -> bytes:
    """A whole plain answer."""
    lines = [f"HTTP/1.1 {status}", f"content-type: {content_type}", f"content-length: {len(body)}", *more]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Proxy(msgspec.Struct):
    """A running gateway."""

    url: str
    port: int
    addon: ArgoAddon
    master: GatewayMaster
    loop: asyncio.AbstractEventLoop

    def stop(self, times: int = 1) -> None:
        """Asks it to stop, as so many SIGTERMs do."""

        def ask() -> None:
            for _ in range(times):
                self.master.stop()

        with suppress(RuntimeError):  # it has stopped already
            self.loop.call_soon_threadsafe(ask)


@contextmanager
def upstream(tls: ssl.SSLContext | None = None) -> Iterator[Upstream]:
    """An upstream on a free port of the loopback interface, over TLS where a context is given."""
    made = Upstream()
    ready = threading.Event()
    stop: asyncio.Event
    loop: asyncio.AbstractEventLoop

    async def run() -> None:
        nonlocal stop, loop
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(made._serve, "127.0.0.1", 0, ssl=tls)
        made.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        await stop.wait()
        await accept_no_more(one.fileno() for one in server.sockets)
        server.close()
        for writer in made._writers:
            writer.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield made
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)


def settings_for(url: str, **more: object) -> Settings:
    """Settings with ARGO at `url`."""
    base = Settings(user="jdoe", host="127.0.0.1", port=0, skip_url_validation=True, model_refresh_interval_hours=0)
    return msgspec.structs.replace(base.with_base_url(url), **more)


@contextmanager
def proxy(
    settings: Settings,
    limits: Limits | None = None,
    recorder: Recorder | None = None,
    store: Callable[[], Store] | None = None,
) -> Iterator[Proxy]:
    """The gateway, running in a thread of its own until the end of the block; with a store, if one can be opened.

    mitmproxy knows one master in a process: one that runs beside it can take no connections until then.
    """
    outer = getattr(ctx, "master", None)
    started: list[Proxy] = []
    ready = threading.Event()

    async def run() -> None:
        kept = None if store is None else StoreWorker(store())
        limiter = open_limiter(settings.limits, settings.limits_store)
        addon = ArgoAddon(settings, limits, recorder=recorder, store=kept, limiter=limiter)
        master = GatewayMaster(
            addon, addon.calls, settings.native_openai_base_url, settings.host, settings.port, settings.socket
        )

        async def announce() -> None:
            while master.address is None:
                await asyncio.sleep(0.005)
            port = master.address[1]
            started.append(Proxy(f"http://127.0.0.1:{port}", port, addon, master, asyncio.get_running_loop()))
            ready.set()

        task = asyncio.create_task(announce())
        await master.run()
        task.cancel()

    thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield started[0]
    finally:
        started[0].stop(times=2)
        thread.join(30)
        assert not thread.is_alive()
        if outer is not None:
            ctx.master, ctx.options = outer, outer.options


def raw_exchange(port: int, data: bytes, *, timeout: float = 5.0, must_end: bool = False) -> bytes:
    """What a server answers to these bytes, until it ends the connection or is silent for `timeout` seconds.

    Raises TimeoutError where it is silent, if it must end the connection.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        connection.sendall(data)
        received = b""
        try:
            while part := connection.recv(65536):
                received += part
        except TimeoutError:
            if must_end:
                raise
        return received
