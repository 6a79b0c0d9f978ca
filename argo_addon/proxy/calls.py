"""The calls under way: which flow carries which exchange, how long each may take, and how each ended.

It knows flows and connections, and nothing of what passes over them.
"""

from __future__ import annotations

import asyncio
import logging
import time
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from mitmproxy import connection, ctx, http
from mitmproxy.proxy import events
from mitmproxy.proxy.mode_specs import ReverseMode

from ..errors import GatewayError, UpstreamError
from ..gateway.exchange import Exchange, header_text
from ..gateway.gateway import Gateway
from ..settings.trust import Trust, certificate_problem
from .crowd import Crowd, turn_away
from .ends import HEAD_TIME
from .handler import Interrupt, KeepAlive, Overdue
from .layer import GatewayHttpLayer
from .peers import has_left
from .web_socket import Outgoing

if TYPE_CHECKING:
    from mitmproxy.addons.proxyserver import Proxyserver
    from mitmproxy.proxy.server import ConnectionHandler

logger = logging.getLogger(__name__)

SETTLED = 0.2
"""Seconds that a new connection has before it counts as one on which nothing is asked."""
IDLE_LONGER = 60
"""Seconds that a silent connection is kept beyond the longest silence of a call."""


class Limits(msgspec.Struct, frozen=True):
    """Seconds that the upstream may take: to accept a connection, and between two signs of life (argo.md, Timeouts).

    `keep_alive` is how long a streaming client hears nothing before it gets a sign of life (pitfalls 9.1). It is a
    failure if a client leaves after `patience` of silence before ARGO's first word, or after `pause` of it later.
    """

    connect: float = 10.0
    silence: float = 600.0
    keep_alive: float = 15.0
    patience: float = 2.0
    pause: float = 30.0


class Call:
    """One exchange on its way, and the timer over it."""

    def __init__(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        self.flow = flow
        self.exchange = exchange
        self.tool = flow.request.headers.get("user-agent", "").split("/")[0].split(" ")[0] or "unknown client"
        self.started = self.sent = time.monotonic()
        self.timer: asyncio.TimerHandle | None = None
        self.error: GatewayError | None = None
        """What the client was told in place of an answer, or would have been."""

    @property
    def is_answered(self) -> bool:
        """Whether the client has had the last event of its stream, whatever may still come."""
        return self.exchange.relay is not None and self.exchange.relay.complete


class Calls:
    """All the calls of a running gateway."""

    def __init__(self, gateway: Gateway, limits: Limits, trust: Trust | None = None) -> None:
        """`trust` is what is looked into for certificates, to be told where one fails."""
        self._trust = trust or Trust(())
        self._gateway = gateway
        self._limits = limits
        self._latest: dict[str, Call] = {}
        self._running: set[Call] = set()
        self._telling: set[asyncio.Task[None]] = set()
        self._hurried = False
        self._crowd = Crowd()
        self.layers: weakref.WeakValueDictionary[str, GatewayHttpLayer] = weakref.WeakValueDictionary()
        """The HTTP layer of each client connection, by the connection's id."""

    def of(self, flow: http.HTTPFlow) -> Call | None:
        """The call that a flow carries, or carried last; None for one that is answered here."""
        call = self._latest.get(flow.client_conn.id)
        return call if call is not None and call.flow is flow else None

    def latest(self, client: connection.Client) -> Call | None:
        """The call that came last on a client's connection."""
        return self._latest.get(client.id)

    def begin(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        """A flow sets out for ARGO."""
        call = self._latest[flow.client_conn.id] = Call(flow, exchange)
        self._running.add(call)
        self._count()
        if (layer := self.layers.get(flow.client_conn.id)) is not None:
            layer.last_upstream_activity = layer.last_client_activity = call.started
        self._watch(call)

    def again(self, call: Call, why: str) -> None:
        """A call sets out once more, for this reason."""
        call.sent = time.monotonic()
        call.flow.comment = f"{why}: this is the second request, and its answer"
        if (layer := self.layers.get(call.flow.client_conn.id)) is not None:
            layer.last_upstream_activity = call.sent
        if call.timer is not None:
            call.timer.cancel()
        self._watch(call)

    def end(self, flow: http.HTTPFlow, status: int | None, problem: str = "") -> None:
        """A flow is over: with this status, or, without one, for this reason."""
        call = self.of(flow)
        if call is None or call not in self._running:
            return
        self._running.remove(call)
        self._count()
        if call.timer is not None:
            call.timer.cancel()
        exchange = call.exchange
        if status is None and not call.is_answered:
            self._note_silence(call)
        error = call.error or (exchange.relay.error if exchange.relay is not None else None)
        if error is not None or (status or 0) >= 400:
            self._gateway.counts.errors += 1
        outcome = f"{error.status} {error.message}" if error is not None else problem or str(status)
        logger.info(
            "%s -> %s (%s) %s: %s, %.0f ms%s%s",
            call.tool,
            exchange.route.requested,
            exchange.route.internal_id,
            "streamed" if exchange.streams else "plain",
            outcome,
            (time.monotonic() - call.started) * 1000,
            f", mended {exchange.retried_for}" if exchange.retried_for else "",
            f", dropped {header_text(', '.join(exchange.dropped))}" if exchange.dropped else "",
        )

    def _note_silence(self, call: Call) -> None:
        """A call's client has left: that it waited in vain is the call's error, if nothing else is."""
        layer = self.layers.get(call.flow.client_conn.id)
        if call.error is not None or layer is None:
            return
        begun = call.exchange.relay is not None and call.exchange.relay.begun
        silent = time.monotonic() - layer.last_upstream_activity
        if silent >= (self._limits.pause if begun else self._limits.patience):
            call.error = UpstreamError(504, f"The client left: ARGO had said nothing for {silent:.0f} s.")

    def _count(self) -> None:
        served = self._gateway.counts
        served.active = len(self._running)
        served.active_streams = sum(call.exchange.streams for call in self._running)

    def forget(self, client: connection.Client) -> None:
        """A client is gone, and with it whatever it was answered last."""
        call = self._latest.get(client.id)
        if call is not None:
            self.end(call.flow, None, "the client left")
            del self._latest[client.id]

    # Time

    def take_in(self, client: connection.Client) -> None:
        """Has mitmproxy cut a client on whose connection nothing passes, but later than a call's own limit does.

        One for which there is no room is turned away.
        """
        everybody = proxyserver().connections
        if (handler := everybody.get(client.id)) is None:
            return
        handler.timeout_watchdog.timeout = int(self._limits.silence) + IDLE_LONGER
        if not self._crowd.makes_room(len(everybody), self._idle):
            if isinstance(writer := handler.transports[client].writer, asyncio.StreamWriter):
                turn_away(writer)
            client.error = "there is no room for it"

    def _idle(self) -> list[ConnectionHandler]:
        """The connections on which nothing is asked."""
        return [
            handler
            for handler in proxyserver().connections.values()
            if handler.client in handler.transports and self._asks_nothing(handler.client)
        ]

    def _asks_nothing(self, client: connection.Client) -> bool:
        layer = self.layers.get(client.id)
        return layer.client_side.is_idle if layer is not None else client.timestamp_start < time.time() - SETTLED

    async def hurry_clients(self) -> None:
        """Ends connections whose clients take too long over a request, or send none; runs until cancelled.

        One look at all of them each second costs less than a timer for each.
        """
        while True:
            await asyncio.sleep(1)
            now, begun = time.monotonic(), time.time() - HEAD_TIME
            for handler in list(proxyserver().connections.values()):
                client = handler.client
                if client not in handler.transports or not isinstance(client.proxy_mode, ReverseMode):
                    continue
                if (layer := self.layers.get(client.id)) is None:
                    if client.timestamp_start < begun:
                        handler.close_connection(client)
                elif layer.client_side.overdue(now):
                    await handler.server_event(Overdue(client))

    def has_left(self, client: connection.Client) -> bool:
        """Whether a client that has closed its sending half reads no more either."""
        handler = proxyserver().connections.get(client.id)
        transport = None if handler is None else handler.transports.get(client)
        if transport is None or not isinstance(transport.writer, asyncio.StreamWriter):
            return True
        return transport.writer.is_closing() or has_left(transport.writer.get_extra_info("socket"))

    def _watch(self, call: Call) -> None:
        """Looks whether a call has run out of time; if not, looks again when it may have."""
        layer = self.layers.get(call.flow.client_conn.id)
        if layer is None:
            return
        now = time.monotonic()
        due, error = self._next_limit(call, layer)
        if due <= now:
            self.interrupt(call, error)
            return
        if call.exchange.streams:
            if layer.last_client_activity + self._limits.keep_alive <= now:
                layer.last_client_activity = now
                self._tell(call, KeepAlive(call.flow.client_conn, call.flow))
            due = min(due, layer.last_client_activity + self._limits.keep_alive)
        call.timer = asyncio.get_running_loop().call_later(due - now, self._watch, call)

    def _next_limit(self, call: Call, layer: GatewayHttpLayer) -> tuple[float, GatewayError]:
        """When a call's time is up, as things stand, and what to say then."""
        url = call.exchange.upstream.url
        limits = [
            (
                layer.last_upstream_activity + self._limits.silence,
                f"ARGO has sent nothing for {self._limits.silence:g} s.",
            )
        ]
        if call.flow.server_conn.timestamp_start is None:
            seconds = self._limits.connect
            limits.append((call.sent + seconds, f"ARGO did not accept a connection within {seconds:g} s ({url})."))
        if call.exchange.timeout is not None:
            seconds = call.exchange.timeout
            limits.append((call.started + seconds, f"The call took longer than its timeout of {seconds:g} s."))
        due, message = min(limits)
        return due, UpstreamError(504, message)

    def interrupt(self, call: Call, error: GatewayError) -> None:
        """Ends a call for a reason of ours; its client is told."""
        self._tell(call, Interrupt(call.flow.client_conn, error))

    def _tell(self, call: Call, event: events.ConnectionEvent) -> None:
        """Has the layer of a call's client take an event."""
        handler = proxyserver().connections.get(call.flow.client_conn.id)
        if handler is not None:
            task = asyncio.ensure_future(handler.server_event(event))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def send(self, flow: http.HTTPFlow, text: str, code: int | None) -> None:
        """Sends a text to a WebSocket's client, if it is there; with a code, as the last."""
        handler = proxyserver().connections.get(flow.client_conn.id)
        if handler is not None:
            await handler.server_event(Outgoing(flow, text, code))

    async def drain(self, seconds: float) -> None:
        """Lets the calls under way end; after `seconds`, or `hurry`, those that are left are ended."""
        await _until(lambda: self._hurried or not self._running, seconds)
        for call in list(self._running):
            self.interrupt(call, GatewayError(503, "argo-proxy was stopped before the answer was complete."))
        await _until(lambda: not self._running)
        for handler in list(proxyserver().connections.values()):
            if handler.client in handler.transports:  # else it is closing by itself
                handler.close_connection(handler.client)
        await _until(lambda: not proxyserver().connections and len(proxyserver().servers) == 0)

    def hurry(self) -> None:
        """Has `drain` wait no longer."""
        self._hurried = True

    # Failure

    def failure(self, flow: http.HTTPFlow, message: str) -> GatewayError:
        """The error behind a failed connection, in words that help."""
        call = self.of(flow)
        url = call.exchange.upstream.url if call is not None else "upstream"
        self._gateway.note_upstream(message)
        if flow.server_conn.timestamp_start is None:
            message = certificate_problem(message, self._trust) or message
            hint = next((hint for sign, hint in _HINTS if sign in message.lower()), message)
            status = 504 if "timed out" in message.lower() else 502
            if (via := flow.server_conn.via) is not None:
                way = f" through the proxy {via[1][0]}:{via[1][1]}, which the environment names"
                return UpstreamError(status, f"ARGO cannot be reached at {url}{way}: {message}")
            return UpstreamError(status, f"ARGO cannot be reached at {url}: {hint}")
        return UpstreamError(502, f"The connection to ARGO broke before the answer was complete: {message}")


_HINTS = (
    ("connect call failed", "the connection was refused. Is argo_base_url right?"),
    ("errno 111", "the connection was refused. Is argo_base_url right?"),
    ("errno -2", "its name is not known. Are you on the laboratory's network or its VPN?"),
    ("errno -3", "its name is not known. Are you on the laboratory's network or its VPN?"),
    ("errno 8", "its name is not known. Are you on the laboratory's network or its VPN?"),
)


async def _until(condition: Callable[[], bool], seconds: float = 1.0) -> None:
    """Waits for the condition, for so many seconds at the most."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        await asyncio.sleep(0.01)


def proxyserver() -> Proxyserver:
    """mitmproxy's own addon that listens."""
    from mitmproxy.addons.proxyserver import Proxyserver  # not at the top: the master loads it, without all the others

    found = ctx.master.addons.get("proxyserver")
    assert isinstance(found, Proxyserver), "mitmproxy without its proxy server"
    return found
