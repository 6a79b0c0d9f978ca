"""The gateway: what becomes of a request, and of the answer to it. Sans-IO; it knows no mitmproxy and opens no socket.

`Gateway.open` takes a request and returns what to do: a `Reply` that is ready, a `Refresh` of the model list or a
`Lookup` of what is kept that is to be carried out, or an `Exchange`: an upstream request to send, which then makes the
client's answer of whatever comes back.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from .. import __version__
from ..access.client_access import Admission
from ..dialects.base import CountingDialect, Dialect, Fields, ModelDialect
from ..dialects.openai_responses import state
from ..dialects.openai_responses.dialect import OpenAIResponses
from ..dialects.shared.endpoints import Endpoint, Operation
from ..errors import ClientError, GatewayError, UpstreamError
from ..images.fitting import FittedImages
from ..models.registry import Registry, parse_list
from ..models.unreachable import no_list
from ..sealing import Sealer
from ..settings.model import Settings
from ..store.base import StoreProblem
from ..translation.auth_notice import KnownUsers
from . import demanded_tool, local_endpoints, stored
from .call_kinds import LEGACY, NATIVE, make_call
from .call_log import CallLog, one_line
from .call_metrics import CallMetrics, EndedCall
from .call_steps import Environment
from .compacting import with_compaction
from .ended_calls import refused_call, refused_request
from .exchange import Exchange, error_reply
from .fallbacks import for_model, substitutes_of
from .learned_profiles import LearnedProfiles
from .limits import check_counts, check_depth
from .local_work import CheckUpstream, LocalWork, Refresh, Scrape, StatusPage
from .messages import ClientRequest, Reply
from .native_call import user_for
from .parsing import ParsedCall, parse_body, parse_call, parse_model
from .routing import Route, dialect_of, endpoint_of, goes_elsewhere, normalized_path, served_paths
from .stored import Lookup
from .under_way import InBackground
from .upstream_retries import RetryBudget
from .wanted_form import wanted_form

logger = logging.getLogger(__name__)

Submit = stored.Submit
Outcome = stored.Answer | LocalWork | StatusPage | Lookup[Any]
_FALSE = msgspec.Raw(b"false")


class Gateway:
    """One running gateway: the settings, and the model list as it stands."""

    def __init__(
        self,
        settings: Settings,
        memory: Callable[[], int | None] = lambda: None,
        news: Callable[[], local_endpoints.News] = local_endpoints.News,
        sealer: Sealer | None = None,
    ) -> None:
        """`memory` tells how many bytes of memory the process has in use, `news` what is known of newer versions.

        Without a sealer, what is sealed cannot be opened by another gateway.
        """
        self._sealer = sealer or Sealer()
        self.store: Submit | None = None
        """How work is given to the store of responses, where there is one."""
        self.settings = settings
        self.registry = Registry.built_in()
        self.models = local_endpoints.ModelSource("built-in", len(self.registry.models))
        self._learned = LearnedProfiles()
        self._known_users = KnownUsers()
        self._budgets = RetryBudget(), RetryBudget()
        self._log = CallLog(settings.max_log_history)
        self.counts = local_endpoints.CallCounts()
        """What was done so far; whoever carries exchanges out counts those under way and their errors."""
        self.metrics = CallMetrics()
        """What calls that are over add up to."""
        self.ledger: Callable[[EndedCall], None] = lambda call: None
        """Who keeps what calls add up to beyond this process."""
        self.telemetry: Callable[[EndedCall], None] = lambda call: None
        """Who tells a collector of calls."""
        self.draining: Callable[[], bool] = lambda: False
        """Whether the process ends once the calls under way have."""
        self.upstream_connections: Callable[[], int] = lambda: 0
        """How many connections to ARGO are open."""
        self.contact = local_endpoints.UpstreamContact()
        self.recording: Callable[[], local_endpoints.Recording | None] = lambda: None
        """What is recorded, as whoever records says."""
        self.running: Callable[[], list[local_endpoints.RunningCall]] = list
        """The calls under way, as whoever carries them out says."""
        self.number_of: Callable[[str], int | None] = lambda flow: None
        """By which number a call is recorded, as whoever records says."""
        self.usage: Callable[[], list[dict[str, object]]] | None = None
        """What today's calls add up to by model, read from where that is kept; it may wait for the disk."""
        self.started_at = time.time()
        self.demo = False
        """Whether ARGO is the built-in simulator."""
        self._memory = memory
        self._news = news
        self._started = time.monotonic()

    # Requests

    def open(self, request: ClientRequest) -> Outcome:
        """What becomes of a request. Errors come back as replies, in the caller's dialect."""
        return self._guarded(request, lambda: self._opened(request))

    def resume(self, request: ClientRequest, lookup: Lookup[Any], found: object) -> Outcome:
        """What becomes of a request once its lookup is done: `found` is its result, or the error that it ended in."""

        def resumed() -> Outcome:
            if isinstance(found, StoreProblem):
                logger.warning("%s", found)
                raise GatewayError(503, f"What is kept cannot be read now: {found}.")
            if isinstance(found, GatewayError):
                raise found
            outcome: Outcome = lookup.then(found)
            return outcome

        return self._guarded(request, resumed)

    def _opened(self, request: ClientRequest) -> Outcome:
        dialect = dialect_of(request.target, request.headers)
        endpoint = endpoint_of(request.method, request.target)
        if endpoint.operation is Operation.REFRESH:
            return Refresh()
        if endpoint.operation is Operation.HEALTH and "upstream=1" in request.target.partition("?")[2].split("&"):
            return CheckUpstream()
        if endpoint.operation in NATIVE:
            self.counts.requests += 1
            return self._call(request, dialect, endpoint)
        if endpoint.operation is Operation.COUNT:
            return self._count(request, dialect)
        if endpoint.operation is Operation.STORED:
            self._submit_to_store()
            owner = user_for(request, self.settings)
            return stored.answer(request, normalized_path(request.target), owner)
        if endpoint.operation is Operation.METRICS:
            return Scrape(request.headers.get("accept", ""))
        if endpoint.operation is Operation.ROOT:
            form = wanted_form(request.headers.get("accept", ""))
            if form != "json":
                return StatusPage(request, form == "events")
        if endpoint.operation is Operation.READY and self.draining():
            return Reply(503, local_endpoints.STOPPING)
        return Reply(200, self._answer(endpoint, dialect, request))

    def _guarded(self, request: ClientRequest, opened: Callable[[], Outcome]) -> Outcome:
        dialect = dialect_of(request.target, request.headers)
        before = self.counts.requests
        try:
            return opened()
        except GatewayError as error:
            refused = error
        except RecursionError:
            refused = ClientError(400, "The request is nested too deep: a schema in it, or its references.")
        counts = self.counts.requests > before
        facts = self._note_failed(refused_request(request, dialect, refused)) if counts else {}
        logger.info(
            "%s %s: %d %s", request.method, request.path, refused.status, one_line(refused.message), extra=facts
        )
        return error_reply(dialect, refused)

    def _note_failed(self, call: EndedCall) -> dict[str, object]:
        """A call is over before it has set out. What the line of the log that tells it has besides its words."""
        self.counts.errors += 1
        self.note_ended(call)
        return {"call": call.facts()}

    def _submit_to_store(self) -> Submit:
        """How work is given to the store. Raises ClientError where there is none."""
        if self.store is None:
            message = "Responses are not kept here: `responses_store` in the gateway's config is off."
            raise ClientError(404, message, code="not_found")
        return self.store

    def _with_history(self, parsed: ParsedCall) -> Exchange | Reply | InBackground | Lookup[Any]:
        """A call whose answer is kept, with what it goes on from."""
        submit = self._submit_to_store()
        reference = state.reference_in(parsed.fields)
        owner = user_for(parsed.request, self.settings)

        def made(fields: Fields) -> Exchange | Reply | InBackground:
            generates = parsed.operation is Operation.GENERATE
            asked = parsed.fields if generates else {**parsed.fields, "store": _FALSE}
            keep = stored.keeper(fields, asked, reference, owner, submit)
            exchange = self._made(msgspec.structs.replace(parsed.with_fields(fields), keep=keep))
            if isinstance(exchange, Reply) or not generates or not state.in_background(asked):
                return exchange
            self.counts.requests -= 1  # the call that makes it is one, and comes here again
            return InBackground.of(parsed, asked, owner, state.new_items(fields))

        if reference is None:
            refers = state.refers(parsed.fields)
            return stored.with_items(parsed.fields, owner, made) if refers else made(parsed.fields)
        return stored.with_history(parsed.fields, reference, owner, made)

    def _call(self, request: ClientRequest, dialect: Dialect, endpoint: Endpoint) -> stored.Answer | Lookup[Any]:
        check_depth(request.body, self.settings)
        parsed = parse_call(request, dialect, endpoint, lambda: goes_elsewhere(request.body, dialect, self.registry))
        check_counts(parsed, self.settings)
        if (idle := _idle_answer(parsed)) is not None:
            self.registry.resolve(parsed.model, self.settings.default_chat_model)
            return Reply(200, idle)
        if self.store is not None and isinstance(parsed.client, OpenAIResponses):
            return self._with_history(parsed)
        return self._made(parsed)

    @property
    def _environment(self) -> Environment:
        return Environment(self.settings, self.registry, self._learned, self._known_users, self._sealer, *self._budgets)

    def _made(self, parsed: ParsedCall) -> Exchange | Reply:
        if (told := demanded_tool.reply(parsed, environment := self._environment)) is not None:
            return told
        exchange = self._exchange(parsed, environment)
        self._log.begun(parsed, exchange.route, exchange.dropped)
        for budget in self._budgets:
            budget.earn()
        if self.settings.fallback_models and isinstance(parsed.client, ModelDialect):
            exchange.substitutes = self._substitutes(parsed, exchange.route)
        return exchange

    def _exchange(self, parsed: ParsedCall, environment: Environment) -> Exchange:
        kinds = LEGACY if self.settings.use_legacy_argo else NATIVE
        return with_compaction(parsed, lambda call: make_call(call, kinds[call.operation], environment))

    def _substitutes(self, parsed: ParsedCall, route: Route) -> Iterator[Exchange]:
        """The same call for the models that may answer in this one's place; what cannot be said to one is no call."""
        for name in substitutes_of(route.internal_id, self.settings.fallback_models, self.registry):
            try:
                exchange = self._exchange(for_model(parsed, name), self._environment)
            except GatewayError as error:
                logger.warning("%s cannot answer for %s: %s", name, route.internal_id, one_line(error.message))
                continue
            self._log.dropped(exchange.route, exchange.dropped)
            yield exchange

    def speaks_on_web_sockets(self, target: str) -> bool:
        """Whether a WebSocket may be opened at this target. Raises ClientError where that is no path for one."""
        if normalized_path(target) != "/v1/responses":
            raise ClientError(426, "A WebSocket is served at /v1/responses alone; use plain HTTP.")
        return True

    def refuse(self, target: str, headers: Mapping[str, str], error: GatewayError) -> Reply:
        """The answer to a request that could not even be opened, in its caller's dialect."""
        return error_reply(dialect_of(target, headers), error)

    def at_the_door(self, found: Admission, method: str, target: str, headers: Mapping[str, str]) -> Reply | None:
        """The answer to a request that is not let in; None if it is."""
        reply = None
        if found.error is not None:
            reply = self.refuse(target, headers, found.error)
        elif found.preflight:
            reply = Reply(200, b"")
        elif found.alive:
            reply = Reply(200, local_endpoints.ALIVE)
        return Reply(reply.status, b"", reply.headers) if reply is not None and method == "HEAD" else reply

    def _answer(self, endpoint: Endpoint, dialect: Dialect, request: ClientRequest) -> bytes:
        match endpoint.operation:
            case Operation.MODELS if "client_version=" in request.target.partition("?")[2]:
                return local_endpoints.models_for_codex(self.registry)
            case Operation.MODELS:
                return dialect.model_list(local_endpoints.models_for(self.registry, dialect))
            case Operation.MODEL:
                default = self.settings.default_chat_model
                name = endpoint.argument or parse_model(request.body)
                return dialect.model_entry(local_endpoints.model_for(self.registry, name, default))
            case Operation.CONSTANT:
                return endpoint.body
            case Operation.VERSION:
                return local_endpoints.version(self._news())
            case Operation.LIVE:
                return local_endpoints.ALIVE
            case Operation.READY:
                return local_endpoints.READY
            case Operation.HEALTH:
                return self.health()
            case _:
                return local_endpoints.root(served_paths())

    def health(self) -> bytes:
        """The body of GET /health."""
        settings, served = self.settings, self.counts
        health = local_endpoints.Health(
            version=__version__,
            upstream=settings.upstreams(),
            user=settings.user,
            models=self.models,
            uptime_seconds=local_endpoints.seconds_since(self._started),
            active_requests=served.active,
            active_streams=served.active_streams,
            requests=served.requests,
            errors=served.errors,
            argo=self.contact,
            pid=os.getpid(),
            memory_bytes=self._memory(),
            recording=self.recording(),
            demo=self.demo,
        )
        return local_endpoints.encode(health)

    def scraped(self, accept: str) -> Reply:
        """The answer to GET /metrics, in the format that its header `accept` asks for."""
        from . import prometheus  # most gateways are never asked: it takes 70 ms and some megabytes

        served = self.counts
        state = self.recording()
        recorded = (state.written, state.missed) if state is not None else (0, 0)
        streams, connections = served.active_streams, self.upstream_connections()
        now = prometheus.Now(served.active, streams, connections, self._memory(), *recorded)
        return prometheus.scrape(self.metrics, now, accept)

    def note_ended(self, call: EndedCall) -> None:
        """A call is over."""
        self.metrics.add(call)
        self.ledger(call)
        self.telemetry(call)

    def note_refused(self, call: Exchange, error: GatewayError) -> None:
        """A call cannot set out."""
        ended = refused_call(call, error)
        facts = self._note_failed(ended)
        logger.info("%s -> %s: %d %s", ended.tool, ended.asked, error.status, one_line(error.message), extra=facts)

    def note_upstream(self, problem: str | None = None, remedy: str | None = None) -> None:
        """ARGO has answered, or could not be reached for this reason."""
        self.contact = local_endpoints.UpstreamContact(problem is None, int(time.time()), problem, remedy)

    def _count(self, request: ClientRequest, dialect: Dialect) -> Reply | Lookup[Any]:
        """An estimate of a prompt's tokens: ARGO counts none."""
        assert isinstance(dialect, CountingDialect)  # no path of another counts
        fields = parse_body(request.body)

        def counted(whole: Fields) -> Reply:
            return Reply(200, dialect.token_count(whole))

        if not isinstance(dialect, OpenAIResponses):
            return counted(fields)
        reference = state.reference_in(fields)
        if reference is None and (self.store is None or not state.refers(fields)):
            return counted(fields)
        self._submit_to_store()
        owner = user_for(request, self.settings)
        if reference is None:
            return stored.with_items(fields, owner, counted)
        return stored.with_history(fields, reference, owner, counted)

    def set_images(self, call: Exchange, images: FittedImages) -> None:
        """Has a call go upstream with these images; what was done to them is told like what is left out."""
        call.set_images(images)
        self._log.dropped(call.route, call.dropped)

    # The model list

    @property
    def list_url(self) -> str:
        """Where ARGO's model list is read, by GET (argo.md)."""
        return self.settings.native_openai_base_url + "/models"

    def refreshed(self, body: bytes) -> Reply:
        """Takes the model list that was fetched; returns the answer to whoever asked for it."""
        try:
            models = parse_list(body)
        except UpstreamError as error:
            problem = no_list(self.list_url, error.message)
            return self.refresh_failed(str(problem), problem.remedy)
        before, after = ({model.internal_id for model in listed} for listed in (self.registry.models, models))
        self.registry = Registry(models)
        self._learned.forget()
        self.note_upstream()
        self.models = local_endpoints.ModelSource("upstream", len(models), refreshed_at=int(time.time()))
        added, removed = sorted(after - before), sorted(before - after)
        logger.info("model list read from ARGO: %d models, %d new, %d gone", len(models), len(added), len(removed))
        return Reply(200, local_endpoints.encode(local_endpoints.Refreshed("refreshed", self.models, added, removed)))

    def refresh_failed(self, problem: str, remedy: str | None = None) -> Reply:
        """Notes that the model list could not be fetched; the list in use stays. Returns the answer to the asker."""
        self.note_upstream(problem, remedy)
        logger.warning("the model list cannot be read: %s The %s list stays in use", problem, self.models.source)
        self.models = msgspec.structs.replace(self.models, problem=problem)
        return Reply(502, local_endpoints.encode(local_endpoints.Refreshed("failed", self.models, [], [])))


def _idle_answer(parsed: ParsedCall) -> bytes | None:
    """The answer to a call that asks nothing of its model; None to any other."""
    if parsed.operation is not Operation.GENERATE or not isinstance(parsed.client, ModelDialect):
        return None
    return parsed.client.idle_answer(parsed.members, int(time.time()))
