"""How answers leave, at the pace of a model and with the faults that were asked for. Knows tornado, and no rule."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

from tornado.http1connection import HTTP1Connection
from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler

from argo_addon.simulator import behaviours, faults, refusals
from argo_addon.simulator.behaviours import Behaviour
from argo_addon.simulator.jsons import JsonObject, compact, parse
from argo_addon.simulator.log import Entry
from argo_addon.simulator.refusals import Layout, Refusal
from argo_addon.simulator.state import State

if TYPE_CHECKING:
    from argo_addon.simulator.wire.answer import Answer

EVENT_STREAM = "text/event-stream; charset=utf-8"
_BYTES = 400
"""Of `garbage: bytes`."""


class ClientLeftError(Exception):
    """The client went away, or the simulator is stopping, or the connection was broken on purpose."""


class AnsweredError(Exception):
    """A fault was sent in place of the answer."""


class Endpoint(RequestHandler):
    """An endpoint: the log, the behaviour, the body, and the ways to send."""

    layout: Layout = "openai"
    """Of its errors."""
    methods: tuple[str, ...] = ("POST",)
    logged = True

    def initialize(self, simulator: State) -> None:
        self.simulator = simulator
        self.behaviour: Behaviour = behaviours.NONE
        self.error_layout: Layout = self.layout
        self._left = asyncio.Event()
        headers = self.request.headers
        self.headers = {name.lower(): ", ".join(headers.get_list(name)) for name in headers}
        text = self.request.body.decode("utf-8", "replace")
        self.entry = Entry(self.request.method or "", self.request.path, self.request.query, self.headers, text)

    def set_default_headers(self) -> None:
        self.clear_header("Server")

    def compute_etag(self) -> None:
        """None: answers are never the same."""

    def on_connection_close(self) -> None:
        self.entry.client_left = True
        self._left.set()

    async def prepare(self) -> None:
        if self.request.method not in self.methods:
            await self.serve(self._not_found)

    async def _not_found(self) -> None:
        raise Refusal("Not Found", 404, plain=True)

    async def serve(self, answer: Callable[[], Awaitable[None]]) -> None:
        """Answers, or sends the refusal that answering raised."""
        if self.logged:
            self.simulator.received.append(self.entry)
        with self.simulator.serving(self._left):
            try:
                await answer()
            except Refusal as refusal:
                self.entry.refusal = None if refusal.told else refusal.message
                self.entry.status = refusal.status
                await self._send_refusal(refusal)
            except AnsweredError:
                pass
            except (ClientLeftError, StreamClosedError):
                self.entry.status = self.entry.status or self.get_status()
                self._close()

    def json_body(self) -> JsonObject:
        """The body. Raises Refusal."""
        try:
            body = parse(self.request.body)
        except (ValueError, RecursionError) as error:
            raise Refusal(f"The request body is not valid JSON: {error}") from error
        if not isinstance(body, dict):
            raise Refusal("The request body is not a JSON object")
        return body

    def take_behaviour(self, model: str, *, asks: bool = True) -> None:
        """Looks up what this request is to suffer; after it was found to be in order, so that no fault hides one."""
        path = self.request.path.removeprefix(self.simulator.BASE)
        self.behaviour = self.simulator.behaviours.take(path, model, self.entry.body, asks=asks)

    async def before_the_head(self) -> None:
        """All that may happen instead of an answer. Raises Refusal, AnsweredError and ClientLeftError."""
        behaviour = self.behaviour
        if behaviour.hang:
            await self.pause(None)
        await self.pause(behaviour.delay)
        for name, value in behaviour.headers.items():
            self.set_header(name, value)
        if (refusal := faults.refusal(behaviour)) is not None:
            raise refusal
        if behaviour.garbage in ("html", "json"):
            html = behaviour.garbage == "html"
            self.set_status(behaviour.status or 200)
            await self._send_raw(faults.HTML if html else faults.JSON_CUT, "text/html" if html else "application/json")
            raise AnsweredError
        if behaviour.garbage == "bytes":
            noise = random.Random(_BYTES).randbytes(_BYTES)
            await self.send_pieces([noise[:99], noise[99:]], EVENT_STREAM)
            raise AnsweredError

    async def pause(self, seconds: float | None) -> None:
        """Waits, for ever if None. Raises ClientLeftError."""
        if seconds is not None and seconds <= 0:
            return
        try:
            await asyncio.wait_for(self._left.wait(), seconds)
        except asyncio.TimeoutError:
            return
        raise ClientLeftError

    async def send(self, answer: Answer) -> None:
        """The answer, with the faults of the behaviour."""
        if answer.body is not None:
            body = answer.body
            await self.send_body(
                faults.error_body(self.behaviour, self.error_layout) if self.behaviour.error_in_200 else body
            )
            return
        events = faults.events(answer.events, self.behaviour, self.error_layout)
        await self.send_pieces(events[: self.behaviour.end_after], EVENT_STREAM)

    async def send_body(self, body: JsonObject) -> None:
        """A plain answer. What cuts streams cuts it in the middle."""
        raw = compact(body).encode("utf-8", "replace")
        half = raw[: len(raw) // 2]
        if self.behaviour.cut_after is not None:
            self.set_header("content-type", "application/json")
            self.set_header("content-length", str(len(raw)))
            await self.flush()
            if self.behaviour.cut_after or self.behaviour.cut_mid_event:
                self.write(half)
                await self.flush()
            raise ClientLeftError
        await self.pause(self.behaviour.first_delay)
        await self._send_raw(half if self.behaviour.end_after is not None else raw, "application/json")

    async def send_pieces(self, pieces: Iterable[bytes], content_type: str) -> None:
        """A streamed answer: the head, then a write for each piece, at the simulator's pace."""
        self.set_header("content-type", content_type)
        self.set_header("cache-control", "no-cache")
        await self.flush()
        self.entry.status = self.get_status()
        await self.pause(self.behaviour.first_delay)
        for number, piece in enumerate(pieces):
            if number == self.behaviour.cut_after:
                await self._cut(piece)
            if number:
                await self.pause(self.simulator.pace)
            self.write(piece)
            await self.flush()
        if self.behaviour.cut_after is not None:
            raise ClientLeftError
        await self.finish()

    async def _cut(self, piece: bytes) -> None:
        if self.behaviour.cut_mid_event:
            self.write(piece[: len(piece) // 2])
            await self.flush()
        raise ClientLeftError

    async def _send_raw(self, raw: bytes, content_type: str) -> None:
        self.set_header("content-type", content_type)
        self.entry.status = self.get_status()
        await self.finish(raw)

    async def _send_refusal(self, refusal: Refusal) -> None:
        self.set_status(refusal.status)
        body = refusals.body(refusal, self.error_layout, inner_status=self.behaviour.inner_status)
        await self._send_raw(compact(body).encode("utf-8", "replace"), "application/json")

    def _close(self) -> None:
        connection = self.request.connection
        if isinstance(connection, HTTP1Connection):
            connection.stream.close()
