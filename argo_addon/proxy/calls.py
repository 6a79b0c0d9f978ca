"""The calls under way: which flow carries which exchange, how long each may take, and how each ended.

It knows flows and connections, and nothing of what passes over them.
"""

from __future__ import annotations

import asyncio
import logging
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
from mitmproxy import connection, http
from mitmproxy.proxy.mode_servers import ServerInstance

from ..errors import GatewayError, UpstreamError
from ..gateway.call_metrics import EndedCall
from ..gateway.ended_calls import operation_of, trace_of
from ..gateway.exchange import Exchange, header_text
from ..gateway.gateway import Gateway
from ..gateway.local_endpoints import RunningCall
from ..gateway.messages import tool_of
from ..models.unreachable import unreachable
from ..models.upstream_access import UpstreamAccess
from .client_connection import ClientConnection
from .crowd import Crowd, turn_away
from .freed_memory import FreedMemory
from .hooks import LOOK
from .opening_web_sockets import GOING_AWAY
from .own_connection import Serve
from .upstreams import Target

if TYPE_CHECKING:
    from mitmproxy.addons.proxyserver import Proxyserver
    from mitmproxy.proxy.mode_servers import ProxyConnectionHandler

logger = logging.getLogger(__name__)

LINGER = 2.0
"""Seconds that a process which ends waits for the request of a client that has just connected, or been answered."""


class Limits(msgspec.Struct, frozen=True):
    """Seconds that the upstream may take: to accept a connection, and between two signs of life (argo.md, Timeouts).

    `keep_alive` is how long a streaming client hears nothing before it gets a sign of life (pitfalls 9.1). It is a
    failure if a client leaves after `patience` of silence before ARGO's first word, or after `pause` of it later.
    `ending` is how long the formal end of a stream may take behind its last event; it is looked for with `keep_alive`.
    """

    connect: float = 10.0
    silence: float = 600.0
    keep_alive: float = 15.0
    patience: float = 2.0
    pause: float = 30.0
    ending: float = 5.0


class Call:
    """One exchange on its way, and the timer over it."""

    def __init__(self, flow: http.HTTPFlow, exchange: Exchange, target: Target) -> None:
        self.flow = flow
        self.exchange = exchange
        self.target = target
        self.tool = tool_of(exchange.call.headers)
        self.started = self.sent = time.monotonic()
        self.first_byte: float | None = None
        """When the head of the answer went to the client."""
        self.timer: asyncio.TimerHandle | None = None
        self.error: GatewayError | None = None
        """What the client was told in place of an answer, or would have been."""

    @property
    def is_answered(self) -> bool:
        """Whether the client has had the last event of its stream, whatever may still come."""
        return self.exchange.relay is not None and self.exchange.relay.complete

    def take_next(self) -> tuple[str, float]:
        """Takes what is to be sent next, the same call or another model's: why so, and in how many seconds."""
        before = self.exchange
        before.resend, wait, before.wait = False, before.wait, 0.0
        if before.substitute is not None:
            self.exchange = before.substitute
            return f"{before.route.internal_id} was overloaded", wait
        return "ARGO was overloaded" if wait else f"mended ({before.retried_for})", wait


class Calls:
    """All the calls of a running gateway."""

    def __init__(self, gateway: Gateway, access: UpstreamAccess, limits: Limits) -> None:
        self._gateway = gateway
        self._access = access
        self._limits = limits
        self._latest: dict[str, Call] = {}
        self._running: set[Call] = set()
        self._hurried = False
        self.draining = False
        """Whether answers are the last on their connections, since this process ends."""
        self.others: Callable[[], bool] = lambda: False
        """Whether something is being made for which no client waits."""
        self._crowd = Crowd()
        self._freed = FreedMemory()
        self.proxyserver: Proxyserver | None = None
        """mitmproxy's addon that accepts the connections; None before there is one."""
        self.clients: weakref.WeakValueDictionary[str, ClientConnection] = weakref.WeakValueDictionary()
        """Each client's connection, by its id."""

    def of(self, flow: http.HTTPFlow) -> Call | None:
        """The call that a flow carries, or carried last; None for one that is answered here."""
        call = self._latest.get(flow.client_conn.id)
        return call if call is not None and call.flow is flow else None

    def latest(self, client: connection.Client) -> Call | None:
        """The call that came last on a client's connection."""
        return self._latest.get(client.id)

    def begin(self, flow: http.HTTPFlow, exchange: Exchange, target: Target) -> None:
        """A flow sets out for ARGO."""
        call = self._latest[flow.client_conn.id] = Call(flow, exchange, target)
        self._running.add(call)
        self._count()
        if (client := self.clients.get(flow.client_conn.id)) is not None:
            client.last_upstream_activity = client.last_client_activity = call.started
        self._watch(call)

    def again(self, call: Call, why: str, wait: float = 0.0) -> None:
        """A call sets out once more, for this reason, in so many seconds."""
        call.sent = time.monotonic() + wait
        call.flow.comment = f"{why}: this is the last request that was sent, and its answer"
        if wait:
            logger.info("%s: %s, it is sent once more in %.1f s", call.exchange.route.internal_id, why, wait)
        if (client := self.clients.get(call.flow.client_conn.id)) is not None:
            client.last_upstream_activity = call.sent
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
        self._freed.note(len(flow.request.raw_content or b""))
        if flow.response is not None:
            self._freed.note(len(flow.response.raw_content or b""))
        if call.timer is not None:
            call.timer.cancel()
        exchange = call.exchange
        if status is None and not call.is_answered:
            self._note_silence(call)
        error = call.error or (exchange.relay.error if exchange.relay is not None else None)
        failed = error is not None or (status or 0) >= 400
        if failed:
            self._gateway.counts.errors += 1
        now = time.monotonic()
        seconds = now - call.started
        ended = EndedCall(
            dialect=exchange.call.parsed.client.name,
            model=exchange.route.internal_id,
            tool=call.tool,
            user=exchange.call.user,
            status=error.status if error is not None else status if not call.is_answered else 200,
            seconds=seconds,
            failed=failed,
            streamed=exchange.streams,
            first_byte=seconds if call.first_byte is None and status is not None else _since(call, call.first_byte),
            retries=exchange.retries,
            tokens=exchange.tokens,
            at=time.time(),
            asked=exchange.asked,
            problem=error.message if error is not None else exchange.refused or problem,
            flow=flow.id,
            overloaded=exchange.overloaded,
            mended=exchange.retried_for,
            dropped=exchange.dropped,
            operation=operation_of(exchange.call.parsed.client, exchange.call.parsed.operation),
            upstream=exchange.upstream.url,
            trace=trace_of(exchange.call.headers),
        )
        exchange.end_lease(ended.tokens, failed=failed, whole=not failed and ended.status is not None)
        self._gateway.note_ended(ended)
        outcome = f"{error.status} {error.message}" if error is not None else problem or str(status)
        logger.info(
            "%s -> %s (%s) %s: %s, %.0f ms%s%s%s%s",
            call.tool,
            exchange.asked,
            exchange.route.internal_id,
            "streamed" if exchange.streams else "plain",
            outcome,
            seconds * 1000,
            f", mended {exchange.retried_for}" if exchange.retried_for else "",
            f", sent again {exchange.retries} times" if exchange.retries else "",
            f", {', '.join(exchange.overloaded)} overloaded" if exchange.overloaded else "",
            f", dropped {header_text(', '.join(exchange.dropped))}" if exchange.dropped else "",
            extra={"call": ended.facts()},
        )

    def _note_silence(self, call: Call) -> None:
        """A call's client has left: that it waited in vain is the call's error, if nothing else is."""
        client = self.clients.get(call.flow.client_conn.id)
        if call.error is not None or client is None:
            return
        begun = call.exchange.relay is not None and call.exchange.relay.begun
        silent = time.monotonic() - client.last_upstream_activity
        if silent >= (self._limits.pause if begun else self._limits.patience):
            call.error = UpstreamError(504, f"The client left: ARGO had said nothing for {silent:.0f} s.")

    def running(self) -> list[RunningCall]:
        """The calls under way, the oldest first."""
        now = time.monotonic()
        return sorted(
            (
                RunningCall(one.tool, one.exchange.asked, one.exchange.route.internal_id,
                            one.exchange.streams, now - one.started)
                for one in self._running
            ),
            key=lambda one: -one.seconds,
        )  # fmt: skip

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

    def take_in(self, client: ClientConnection, handler: ProxyConnectionHandler) -> None:
        """A client has connected; one for which there is no room is turned away."""
        assert self.proxyserver is not None  # it has accepted the connection
        told = client.context.client
        self.clients[told.id] = client
        if not self._crowd.makes_room(len(self.proxyserver.connections), self._idle):
            if isinstance(writer := handler.transports[told].writer, asyncio.StreamWriter):
                turn_away(writer)
            told.error = "there is no room for it"

    def _idle(self) -> list[ClientConnection]:
        """The connections on which nothing is asked."""
        return [client for client in self.clients.values() if client.is_idle]

    # Time

    def _watch(self, call: Call) -> None:
        """Looks whether a call has run out of time; if not, looks again when it may have."""
        client = self.clients.get(call.flow.client_conn.id)
        if client is None:
            return
        now = time.monotonic()
        if call.flow.intercepted:  # someone looks at it: ARGO's time is behind that
            call.sent = client.last_upstream_activity = now
        due, words = self._next_limit(call, client)
        if due <= now:
            self.interrupt(call, UpstreamError(504, words()))
            return
        if call.exchange.streams:
            if client.last_client_activity + self._limits.keep_alive <= now:
                client.last_client_activity = now
                client.keep_alive(call.flow)
            due = min(due, client.last_client_activity + self._limits.keep_alive)
        if call.flow.intercepted:
            due = min(due, now + LOOK)
        call.timer = asyncio.get_running_loop().call_later(due - now, self._watch, call)

    def _next_limit(self, call: Call, client: ClientConnection) -> tuple[float, Callable[[], str]]:
        """When a call's time is up, as things stand, and what makes the words for it: most calls need none."""
        after, limits = client.last_upstream_activity, self._limits
        due, words = after + limits.silence, lambda: f"ARGO has sent nothing for {limits.silence:g} s."
        if call.is_answered and after + limits.ending < due:
            due, words = after + limits.ending, lambda: "ARGO has not ended the stream behind its last event."
        connects = client.transaction is None or not client.transaction.connected
        if connects and call.sent + limits.connect <= due:  # which tells more
            due, words = call.sent + limits.connect, lambda: self._slow(call)
        seconds = call.exchange.timeout
        if seconds is not None and call.started + seconds < due:
            due, words = call.started + seconds, lambda: f"The call took longer than its timeout of {seconds:g} s."
        return due, words

    def _slow(self, call: Call) -> str:
        said = f"it did not accept a connection within {self._limits.connect:g} s"
        return str(unreachable(call.exchange.upstream.url, said, self._access))

    def interrupt(self, call: Call, error: GatewayError) -> None:
        """Ends a call for a reason of ours; its client is told."""
        if (client := self.clients.get(call.flow.client_conn.id)) is not None:
            client.interrupt(call.flow, error)

    def serve(self, client: connection.Client) -> Serve:
        """What takes a connection of our own, as if a client had made it where this one has come in."""
        assert self.proxyserver is not None  # it has accepted the client
        return ServerInstance.make(client.proxy_mode, self.proxyserver).handle_stream

    async def send(self, flow: http.HTTPFlow, text: str, code: int | None) -> None:
        """Sends a text to a WebSocket's client, if it is there; with a code, as the last."""
        if (client := self.clients.get(flow.client_conn.id)) is not None:
            await client.say(text, code)

    async def drain(self, seconds: float) -> None:
        """Lets the calls under way end; after `seconds`, or `hurry`, those that are left are ended."""
        self.draining = True
        deadline = time.monotonic() + seconds
        while not self._hurried and self._is_wanted() and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        for client, flow in self._answered():
            client.interrupt(flow, GatewayError(503, "argo-proxy was stopped before the answer was complete."))
        await _until(lambda: not self._running and not self.others())
        server = self.proxyserver
        if server is None:
            return
        for client in list(self.clients.values()):
            with suppress(asyncio.TimeoutError):  # one that does not keep up
                await asyncio.wait_for(client.say("", GOING_AWAY), 1)
        for handler in list(server.connections.values()):
            if handler.client in handler.transports:  # else it is closing by itself
                handler.close_connection(handler.client)
        await _until(lambda: not server.connections and len(server.servers) == 0)

    def _is_wanted(self) -> bool:
        return bool(self._answered()) or self.others() or self._has_fresh()

    def _answered(self) -> list[tuple[ClientConnection, http.HTTPFlow]]:
        """The clients that are being answered, with what: some flows have not set out yet, or never will."""
        there = list(self.clients.values())
        return [(one, one.transaction.flow) for one in there if one.transaction is not None]

    def _has_fresh(self) -> bool:
        """Whether some client has just connected, or been answered: its request may be on its way."""
        then = time.monotonic() - LINGER
        there = self.proxyserver.connections if self.proxyserver is not None else {}
        clients = (self.clients.get(str(identifier)) for identifier in there)
        return any(one is not None and max(one.last_sent, one.last_client_activity) > then for one in clients)

    def hurry(self) -> None:
        """Has `drain` wait no longer."""
        self._hurried = True

    # Failure

    def failure(self, flow: http.HTTPFlow, message: str, *, reached: bool) -> GatewayError:
        """The error behind a connection that could not be made (`reached` is False), or broke, in words that help."""
        call = self.of(flow)
        url = call.exchange.upstream.url if call is not None else "upstream"
        if reached and flow.response is not None:
            self._gateway.note_upstream(message)
            return UpstreamError(502, f"The connection to ARGO broke before the answer was complete: {message}")
        if reached:  # a tunnel whose other end is gone takes connections as well
            problem = unreachable(url, f"it takes a connection and gives no answer: {message}", self._access)
            self._gateway.note_upstream(str(problem), problem.remedy)
            broke = f"The connection to ARGO at {url} broke before the answer was complete: {message}."
            return UpstreamError(502, f"{broke} {problem.remedy}")
        problem = unreachable(url, message, self._access)
        self._gateway.note_upstream(str(problem), problem.remedy)
        headers = {"x-should-retry": "false"} if problem.lasts else {}
        return UpstreamError(504 if "timed out" in message.lower() else 502, str(problem), headers=headers)


def _since(call: Call, then: float | None) -> float | None:
    """Seconds from a call's start to a moment."""
    return None if then is None else then - call.started


async def _until(condition: Callable[[], bool], seconds: float = 1.0) -> None:
    """Waits for the condition, for so many seconds at the most."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        await asyncio.sleep(0.01)
