"""The mitmproxy addon: plain hooks over the sans-IO gateway.

It carries out what the gateway says: rewrites flows, fetches the model list, keeps time. What a request means and what
becomes of an answer is not decided here. The last catch of the request path stands here too, since mitmproxy would
otherwise log an exception and send the client's own request, credentials included, on its way.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from mitmproxy import connection, ctx, http
from mitmproxy.addonmanager import Loader
from mitmproxy.proxy import mode_specs

from .access.client_access import ADMITTED, ClientAccess
from .errors import ClientError, GatewayError, UpstreamError
from .gateway.exchange import Exchange
from .gateway.gateway import Gateway, Outcome
from .gateway.local_endpoints import News
from .gateway.local_work import LocalWork, StatusPage
from .gateway.messages import ClientRequest, Reply
from .gateway.stored import Lookup
from .gateway.under_way import Follow, InBackground
from .images.fetching import Fetching, LeftEarly
from .images.fitting import Images
from .models.upstream_access import UpstreamAccess
from .proxy.calls import Calls, Limits
from .proxy.client_connection import ClientConnection
from .proxy.hooks import Hooks
from .proxy.internals import listening_hosts, local_address, proxyserver_of
from .proxy.live_response import LiveResponse
from .proxy.messages import Places, as_response, bare_path, client_request, content_of, headers_of
from .proxy.opening_web_sockets import Session, handshake, is_upgrade
from .proxy.preparing import Preparing
from .proxy.status_pages import EVENTS, StatusPages
from .proxy.stream_body import early_head, own_fault, start_response
from .proxy.turns import Turns, is_long
from .proxy.upkeep import Upkeep, resident_memory
from .proxy.upstreams import Target, Upstreams
from .proxy.whole_answer import whole_answer
from .rate_limits.base import Limiter
from .recording.recorder import Recorder
from .sealing import Sealer
from .sessions.background import Jobs
from .sessions.own_calls import OwnCalls
from .sessions.responses import ResponsesSession
from .settings.model import Settings, proxy_variables
from .store.worker import StoreWorker, until_done
from .translation.relay import Relay

logger = logging.getLogger(__name__)


class ArgoAddon:
    """The gateway on mitmproxy: in our own process as under stock `mitmdump -s` and `mitmweb -s`."""

    def __init__(
        self,
        settings: Settings,
        limits: Limits | None = None,
        news: Callable[[], News] | None = None,
        recorder: Recorder | None = None,
        access: ClientAccess | None = None,
        sealer: Sealer | None = None,
        store: StoreWorker | None = None,
        limiter: Limiter | None = None,
    ) -> None:
        """`news` tells what is known of newer versions; without it, nothing is. Without a recorder nothing is recorded.

        Without a sealer, what is sealed is sealed for this run; without a store no responses are kept, without
        a limiter users have no limits. Raises TokenProblem where clients need the token and there can be none.
        """
        self.access = access or ClientAccess(settings)
        self.gateway = Gateway(settings, memory=resident_memory, news=news or News, sealer=sealer)
        self.store = store
        self.gateway.store = None if store is None else store.submit
        self.upstream_access = UpstreamAccess(settings, proxy_variables())
        self.calls = Calls(self.gateway, self.upstream_access, limits or Limits())
        images = Fetching(Images.of(settings)) if settings.enable_payload_control else None
        self.preparing = Preparing(self.gateway, images, limiter)
        self.recorder = recorder or Recorder()
        self.hooks: Hooks | None = None
        """How hooks are called; mitmproxy's own way unless whoever runs us says otherwise."""
        self.max_body, self.max_head = round(settings.max_body_size * 1e6), round(settings.max_head_size * 1e6)
        self._max_decompressed = round(settings.max_decompressed_size * 1e6)
        self.hosts = frozenset({settings.host.lower(), socket.gethostname().lower(), *settings.allowed_hosts})
        self.gateway.recording = lambda: self.recorder.state
        self._is_placed = False  # it is known where it listens
        self._places = Places(self.upstream_access.override, self.upstream_access.proxy)
        self.upstreams = Upstreams(lambda: self.upstream_access.context)
        self.gateway.draining = lambda: self.calls.draining
        self.gateway.upstream_connections = lambda: self.upstreams.count
        self.gateway.running, self.gateway.number_of = self.calls.running, self.recorder.number_of
        self.turns = Turns()
        self.upkeep = Upkeep(self.gateway, self.upstream_access, self.upstreams)
        self.status_pages = StatusPages(self.gateway, self.access)
        self._jobs = None if store is None else Jobs(store)
        self.calls.others = lambda: self._jobs is not None and self._jobs.are_under_way

    # Life

    def load(self, loader: Loader) -> None:
        """Sets what the addon cannot do without, whoever the master is."""
        self.calls.proxyserver = proxyserver_of(loader.master)
        ctx.options.update(connection_strategy="lazy")
        if "block_global" in ctx.options:  # stock mitmproxy's: laboratory networks have public addresses
            ctx.options.update(block_global=False)

    def running(self) -> None:
        """Looks where it listens and which proxies lead to ARGO, and starts reading the model list."""
        self._look_where_it_listens()
        self.recorder.prepare()
        self.upkeep.start()

    def _look_where_it_listens(self, client: connection.Client | None = None) -> None:
        if not self._is_placed:
            hosts, self._is_placed = listening_hosts(self.calls.proxyserver, client)
            self.access.listens_on(hosts)

    async def done(self) -> None:
        """Ends what runs beside the calls."""
        await self.preparing.close()
        self.upkeep.close()
        self.upstreams.close()
        self.recorder.close()
        if self._jobs is not None and self.store is not None:
            self._jobs.close()
            self.store.close()

    # Connections

    def client_connected(self, client: connection.Client) -> None:
        """Puts our layer into the connection: ours is the HTTP that is spoken on it."""
        server = self.calls.proxyserver
        handler = None if server is None else server.connections.get(client.id)
        if handler is not None and isinstance(client.proxy_mode, mode_specs.ReverseMode):
            made = ClientConnection(handler, self, self.hooks, self.upstreams)
            made.context.server.address = client.proxy_mode.address
            self.calls.take_in(made, handler)

    def client_disconnected(self, client: connection.Client) -> None:
        """Forgets the client, and ends what is fetched for it."""
        self.preparing.leave(client)
        call = self.calls.latest(client)
        self.calls.forget(client)
        self.recorder.on_client_left(client, call)

    def admit(self, request: http.Request, client: connection.Client) -> tuple[Reply | None, Mapping[str, str]]:
        """Turns away who may not come in: the reply if so, and what headers any answer gets."""
        self._look_where_it_listens(client)  # it may listen before `running`, and after it
        target, address = request.data.path.decode("utf-8", "surrogateescape"), local_address(client)
        found = self.access.admit(request.method, target, request.data.headers.fields, address, request.authority)
        if found is ADMITTED:
            return None, {}
        reply = self.gateway.at_the_door(found, request.method, target, headers_of(request))
        return self.status_pages.door(reply, request), found.headers

    # Requests

    def request(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """Hands a request to the gateway, and carries out what it says."""
        if not flow.live or flow.is_replay:
            return None
        if not (upgrades := is_upgrade(flow.request)):  # what a WebSocket says comes here again as calls
            self.recorder.begin(flow)
            if is_long(flow.request):
                return self._in_pieces(flow, lambda: self._opened(flow))
        waits = None
        with self._told_of_faults(flow):
            if upgrades and self.gateway.speaks_on_web_sockets(flow.request.path):
                flow.response = handshake(flow.request)
            else:
                waits = self._go_on(flow, *self._opened(flow))
        return waits

    def _opened(self, flow: http.HTTPFlow) -> tuple[ClientRequest, Outcome]:
        request = client_request(flow, self._max_decompressed)
        return request, self.gateway.open(request)

    async def _in_pieces(self, flow: http.HTTPFlow, work: Callable[[], tuple[ClientRequest, Outcome]]) -> None:
        """Goes on with what takes its time, while all else does; of a flow whose client leaves nothing becomes."""
        with self._told_of_faults(flow):
            done = await self.turns.done(work, lambda: flow.live)
            if done is not None and (more := self._go_on(flow, *done)) is not None:
                await more

    @contextmanager
    def _told_of_faults(self, flow: http.HTTPFlow) -> Iterator[None]:
        """The last catch: what is raised becomes the answer."""
        try:
            yield
        except ClientError as error:
            self._answer(flow, self.error_reply(flow, error))
        except Exception:
            logger.exception("a fault of argo-proxy's own in %s %s", flow.request.method, bare_path(flow))
            self._answer(flow, self.error_reply(flow, own_fault()))

    def _go_on(self, flow: http.HTTPFlow, request: ClientRequest, outcome: Outcome) -> Awaitable[None] | None:
        if isinstance(outcome, LocalWork):
            return self._answered(flow, self.upkeep.carry_out(outcome))
        if isinstance(outcome, StatusPage):
            return self.status_pages.open(flow, outcome, self._answer)
        if isinstance(outcome, Lookup):
            return self._looked_up(flow, request, outcome)
        if isinstance(outcome, InBackground):
            return self._begun(flow, outcome)
        if isinstance(outcome, Follow):
            assert self._jobs is not None
            flow.response = LiveResponse.of(self._jobs.follow(outcome), EVENTS)
            return None
        if isinstance(outcome, Exchange) and self.preparing.is_needed(outcome):
            return self._prepared(flow, outcome)
        self._carry_out(flow, outcome)
        return None

    async def _looked_up(self, flow: http.HTTPFlow, request: ClientRequest, lookup: Lookup[Any]) -> None:
        """Goes on with a request once what it needs of the store is there."""
        with self._told_of_faults(flow):
            assert self.store is not None  # else the gateway looks nothing up
            found = await self.store.result(lookup.work)
            await self._in_pieces(flow, lambda: (request, self.gateway.resume(request, lookup, found)))

    async def _begun(self, flow: http.HTTPFlow, wanted: InBackground) -> None:
        """Begins to make a response in the background, and tells of it or has it followed."""
        assert self._jobs is not None  # else the gateway refuses it
        try:
            outcome: Reply | Follow = await self._jobs.begin(wanted, self._own_calls(flow.client_conn))
        except GatewayError as error:
            outcome = self.error_reply(flow, error)
        self._go_on(flow, wanted.request, outcome)

    def _own_calls(self, client: connection.Client) -> OwnCalls:
        return OwnCalls(self.calls.serve(client), client.sockname, "/v1/responses")

    async def _prepared(self, flow: http.HTTPFlow, call: Exchange) -> None:
        """Sends a call on its way once it may set out."""
        error = await self.preparing.prepare(flow, call)
        if isinstance(error, LeftEarly):
            self._answer(flow, call.fail(error))
        elif error is not None:
            self._fail(flow, call, error)
        else:
            self._carry_out(flow, call)

    def _fail(self, flow: http.HTTPFlow, call: Exchange, error: GatewayError) -> None:
        """Tells of an error before a call has set out."""
        self.gateway.note_refused(call, error)
        self._answer(flow, call.fail(error))

    def _carry_out(self, flow: http.HTTPFlow, outcome: Reply | Exchange) -> None:
        if isinstance(outcome, Reply):
            self._answer(flow, outcome)
            return
        if not flow.live:  # its client has left while something was looked up
            outcome.end_lease({}, failed=True)
            return
        target = self._places.direct(flow.request, outcome.upstream)
        self.recorder.on_upstream_request(flow, outcome.upstream)
        self.calls.begin(flow, outcome, target)

    async def _answered(self, flow: http.HTTPFlow, coming: Awaitable[Reply]) -> None:
        self._answer(flow, await coming)

    def _answer(self, flow: http.HTTPFlow, reply: Reply) -> None:
        flow.response = as_response(reply)
        if flow.request.method == "HEAD":
            flow.response.raw_content = b""

    # Answers

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Has the exchange decide whether an answer is streamed."""
        if (call := self.calls.of(flow)) is not None and flow.response is not None:
            self.gateway.note_upstream()
            start_response(flow.response, call.exchange, self.recorder.on_response_head(flow))

    def response(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """Makes the client's answer of one that was read to its end."""
        call = self.calls.of(flow)
        if call is None or flow.response is None:
            return None
        if not flow.response.stream:
            self.recorder.on_complete_response(flow)
            flow.response = whole_answer(flow.response, call.exchange)
        self.calls.end(flow, flow.response.status_code)
        return self.being_kept(flow)

    def error(self, flow: http.HTTPFlow) -> None:
        """Notes how a call broke off."""
        problem = flow.error.msg if flow.error else ""
        self.recorder.on_error(flow, problem)
        self.calls.end(flow, None, problem)

    # What a client's connection asks (proxy/interfaces.py, Handler)

    def target_of(self, flow: http.HTTPFlow) -> Target:
        """Where a flow's request goes."""
        call = self.calls.of(flow)
        assert call is not None  # what is no call has been answered
        return call.target

    @property
    def draining(self) -> bool:
        """Whether each answer is the last on its connection."""
        return self.calls.draining

    def should_resend(self, flow: http.HTTPFlow) -> float | None:
        """After how many seconds the flow's request, as it now is, is sent once more in the place of its answer."""
        call = self.calls.of(flow)
        if call is None or flow.response is None:
            return None
        exchange = call.exchange
        if not flow.response.stream:
            self.recorder.on_complete_response(flow)
            try:
                exchange.should_retry_response(
                    flow.response.status_code, headers_of(flow.response), content_of(flow.response)
                )
            except Exception as problem:
                if not isinstance(problem, UpstreamError):  # it cannot be read, which is told when it is
                    logger.exception("a fault of argo-proxy's own in mending a call")
        if not exchange.resend:
            return None
        why, wait = call.take_next()
        call.target = self._places.direct(flow.request, call.exchange.upstream)
        self.recorder.on_upstream_request(flow, call.exchange.upstream)
        self.calls.again(call, why, wait)
        return wait

    def sends_anew(self, flow: http.HTTPFlow) -> bool:
        """Sends a call once more whose connection, one that was kept, ended before it was answered (decision 22)."""
        call = self.calls.of(flow)
        if call is None or call.error is not None:
            return False
        self.recorder.on_error(flow, "the connection, which was kept from an earlier call, ended")
        self.recorder.on_upstream_request(flow, call.exchange.upstream)
        self.calls.again(call, "ARGO had ended the connection")
        return True

    def early_response_head(self, flow: http.HTTPFlow) -> http.Response | None:
        """The head of a stream whose client is not to wait for the upstream's."""
        call = self.calls.of(flow)
        return None if call is None else early_head(flow.response, call.exchange)

    def relay_of(self, flow: http.HTTPFlow) -> Relay | None:
        """The relay of an answer that is streamed."""
        call = self.calls.of(flow)
        return None if call is None else call.exchange.relay

    def open_session(self, flow: http.HTTPFlow) -> Session:
        """Who speaks with the client of a WebSocket that is open."""
        send, note = partial(self.calls.send, flow), partial(self.recorder.on_refused_message, flow)
        return ResponsesSession(self._own_calls(flow.client_conn), headers_of(flow.request), send, note)

    def error_reply(self, flow: http.HTTPFlow, error: GatewayError) -> Reply:
        """The reply to a request that came to nothing."""
        call = self.calls.of(flow)
        if call is None:
            return self.refusal(flow, error)
        call.error = error
        return call.exchange.fail(error)

    def refusal(self, flow: http.HTTPFlow | None, error: GatewayError) -> Reply:
        """The reply to a request that is none; no flow if not even its head could be read."""
        if flow is None:
            return self.gateway.refuse("/", {}, error)
        return self.gateway.refuse(flow.request.path, headers_of(flow.request), error)

    def broken(self, flow: http.HTTPFlow, problem: str, *, reached: bool) -> GatewayError:
        """The error behind a connection to ARGO that could not be made, or broke."""
        return self.calls.failure(flow, problem, reached=reached)

    def being_kept(self, flow: http.HTTPFlow) -> asyncio.Future[None] | None:
        """What is to be waited for before a flow's answer is told to be complete: the store has it then."""
        call = self.calls.of(flow)
        keep = None if call is None else call.exchange.call.parsed.keep
        return None if keep is None else until_done(keep.pending)

    def on_client_head(self, flow: http.HTTPFlow, response: http.Response) -> None:
        """Records the head that goes to a flow's client."""
        call = self.calls.of(flow)
        if call is not None and call.first_byte is None:
            call.first_byte = time.monotonic()
        self.recorder.on_client_head(flow, response, call)

    def on_client_data(self, flow: http.HTTPFlow, data: bytes) -> None:
        """Records what follows."""
        self.recorder.on_client_data(flow, data)

    def on_client_end(self, flow: http.HTTPFlow) -> None:
        """Records that the answer is complete."""
        self.recorder.on_client_end(flow, self.calls.of(flow))
