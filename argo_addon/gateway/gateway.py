"""The gateway: what becomes of a request, and of the answer to it. Sans-IO; it knows no mitmproxy and opens no socket.

`Gateway.open` takes a request and returns what to do: a `Reply` that is ready, a `Refresh` of the model list that is
to be carried out, or an `Exchange`: an upstream request to send, which then makes the client's answer of whatever
comes back.
"""

from __future__ import annotations

import logging
import os
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from .. import __version__
from ..dialects.base import (
    CountingDialect,
    Dialect,
    EmbeddingDialect,
    Fields,
    ModelDialect,
    ResponseContext,
    UpstreamDialect,
)
from ..dialects.losses import DroppedFields, printable_path
from ..errors import UNREADABLE, ClientError, GatewayError, UpstreamError
from ..images.fitting import Fitted
from ..models.registry import Model, Registry, parse_list
from ..settings.model import Settings
from ..translation.identifiers import all_names_fit, fitting
from ..translation.leaked_tool_calls import tool_names_in
from . import local_endpoints, quirks
from .embeddings import PATH as EMBEDDINGS_PATH
from .embeddings import EmbeddingCall
from .exchange import ClientRequest, Exchange, Reply, UpstreamRequest, error_reply
from .identity import upstream_headers, user_of
from .legacy import call as legacy_call
from .legacy import embeddings as legacy_embeddings
from .legacy import request as legacy
from .log_summary import outline
from .model_call import ModelCall
from .retry import LearnedProfiles, RetryPolicy, UnprofiledRequest
from .routing import Endpoint, Operation, Route, dialect_of, embedding_route_of, endpoint_of, route_of

logger = logging.getLogger(__name__)


class Refresh(msgspec.Struct, frozen=True):
    """The model list is to be read anew: fetch it, then call `Gateway.refreshed` or `Gateway.refresh_failed`."""


class CheckUpstream(msgspec.Struct, frozen=True):
    """GET /health?upstream=1: see whether ARGO answers, then call `Gateway.health`."""


class _Call(msgspec.Struct, frozen=True):
    """The little of a body that routing needs."""

    model: str
    stream: bool
    timeout: float | None


LONGEST_NAME = 200
"""Characters that a model's name may have."""
MOST_TOLD = 10_000
"""Pairs of model and field that are remembered as told in the log."""
MOST_LOGGED = 20
"""Fields of one request that are told in the log."""
_BODY = msgspec.json.Decoder(dict[str, msgspec.Raw])


_CALLS = (Operation.GENERATE, Operation.EMBED, Operation.EMBED_SEVERAL)


class Gateway:
    """One running gateway: the settings, and the model list as it stands."""

    def __init__(
        self,
        settings: Settings,
        memory: Callable[[], int | None] = lambda: None,
        news: Callable[[], local_endpoints.News] = local_endpoints.News,
    ) -> None:
        """`memory` tells how many bytes of memory the process has in use, `news` what is known of newer versions."""
        self.settings = settings
        self.registry = Registry.built_in()
        self.models = local_endpoints.ModelSource("built-in", len(self.registry.models))
        self._lessons = LearnedProfiles()
        self._told: set[tuple[str, str]] = set()
        self.served = local_endpoints.Served()
        """What was done so far; whoever carries exchanges out counts those under way and their errors."""
        self.contact = local_endpoints.Contact()
        self.recording: Callable[[], local_endpoints.Recording | None] = lambda: None
        """What is recorded, as whoever records says."""
        self._memory = memory
        self._news = news
        self._started = time.monotonic()

    # Requests

    def open(self, request: ClientRequest) -> Reply | Exchange | Refresh | CheckUpstream:
        """What becomes of a request. Errors come back as replies, in the caller's dialect."""
        dialect = dialect_of(request.target, request.headers)
        try:
            endpoint = endpoint_of(request.method, request.target)
            if endpoint.operation is Operation.REFRESH:
                return Refresh()
            if endpoint.operation is Operation.HEALTH and "upstream=1" in request.target.partition("?")[2].split("&"):
                return CheckUpstream()
            if endpoint.operation in _CALLS:
                self.served.requests += 1
                return self._call(request, dialect, endpoint)
            if endpoint.operation is Operation.COUNT:
                return self._count(request, dialect)
            return Reply(200, self._answer(endpoint, dialect))
        except ClientError as error:
            refused = error
        except RecursionError:
            refused = ClientError(400, "The request is nested too deep: a schema in it, or its references.")
        self.served.errors += 1
        logger.info("%s %s: %d %s", request.method, request.path, refused.status, _one_line(refused.message))
        return error_reply(dialect, refused)

    def _call(self, request: ClientRequest, dialect: Dialect, endpoint: Endpoint) -> Exchange:
        if endpoint.operation is Operation.GENERATE:
            return self._exchange(request, dialect, endpoint)
        return self._embedding(request, dialect, endpoint)

    def refuse(self, target: str, headers: Mapping[str, str], error: GatewayError) -> Reply:
        """The answer to a request that could not even be opened, in its caller's dialect."""
        return error_reply(dialect_of(target, headers), error)

    def _answer(self, endpoint: Endpoint, dialect: Dialect) -> bytes:
        match endpoint.operation:
            case Operation.MODELS:
                return dialect.model_list(local_endpoints.listed(self.registry, dialect))
            case Operation.MODEL:
                return dialect.model_entry(local_endpoints.one(self.registry, endpoint.argument))
            case Operation.VERSION:
                return local_endpoints.version(self._news())
            case Operation.HEALTH:
                return self.health()
            case _:
                return local_endpoints.encode(
                    local_endpoints.Root(["/v1/chat/completions", "/v1/messages", "/v1/models", "/health"])
                )

    def health(self) -> bytes:
        """The body of GET /health."""
        settings, served = self.settings, self.served
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
        )
        return local_endpoints.encode(health)

    def heard(self, problem: str | None = None) -> None:
        """ARGO has answered, or could not be reached for this reason."""
        self.contact = local_endpoints.Contact(problem is None, int(time.time()), problem)

    def _count(self, request: ClientRequest, dialect: Dialect) -> Reply:
        """An estimate of a prompt's tokens: ARGO counts none."""
        assert isinstance(dialect, CountingDialect)  # no path of another counts
        return Reply(200, dialect.token_count(_members(request.body)))

    def _user(self, request: ClientRequest) -> str:
        """Who asks, to ARGO. Raises ClientError: 401."""
        return user_of(request.headers, request.target) if self.settings.username_passthrough else self.settings.user

    def _legacy(self, request: ClientRequest) -> legacy.Caller:
        return legacy.Caller(self.settings.argo_base_url, self._user(request))

    def _embedding(self, request: ClientRequest, dialect: Dialect, endpoint: Endpoint) -> Exchange:
        call, fields = _read(request, endpoint)
        route = embedding_route_of(call.model, self.registry, self.settings.default_embed_model)
        batch = endpoint.operation is Operation.EMBED_SEVERAL
        assert isinstance(dialect, EmbeddingDialect)  # no path of another embeds
        said = {name: value for name, value in fields.items() if name != "timeout"}
        body, unsaid = dialect.embedding_request(said, batch=batch)
        upstream, user = route.upstream, self._user(request)
        if self.settings.use_legacy_argo:
            by = self._legacy(request)
            made = legacy_embeddings.call_for(
                request, dialect, route, body, unsaid, by, batch=batch, timeout=call.timeout
            )
            self._tell(route, made.dropped)
            return made
        stamped = upstream.stamp(body, model=route.internal_id, user=user, stream=False)
        headers, replaced = upstream_headers(request.headers, dialect, upstream, user)
        dropped = tuple(map(printable_path, (*unsaid, *replaced)))
        self._tell(route, dropped)
        sent = UpstreamRequest(self._base(upstream) + EMBEDDINGS_PATH, headers, msgspec.json.encode(stamped))
        return EmbeddingCall(sent, route, dialect, batch=batch, user=user, timeout=call.timeout, dropped=dropped)

    def _exchange(self, request: ClientRequest, dialect: Dialect, endpoint: Endpoint) -> Exchange:
        call, fields = _read(request, endpoint)
        route = route_of(call.model, self.registry, self.settings.default_chat_model)
        assert isinstance(dialect, ModelDialect)  # no path of another asks a model
        dialect.refuse_stored(fields)
        if self.settings.use_legacy_argo:
            asked = ResponseContext(call.model, uuid.uuid4().hex[:24], int(time.time()))
            made = legacy_call.call_for(
                request, dialect, route, fields, asked, self._legacy(request), streams=call.stream, timeout=call.timeout
            )
            self._log_call(request, call, route, fields)
            self._tell(route, made.dropped)
            return made
        upstream = route.upstream
        body = {name: value for name, value in fields.items() if name != "timeout"}
        user = self._user(request)
        mode, assembler = self.settings.anthropic_stream_mode, None if call.stream else upstream.assembler()
        streams = call.stream or (assembler is not None and mode == "force")
        renamer = upstream.renamer(request.headers, call.model)
        own = upstream is dialect
        shown = None if own and renamer is None else call.model
        asked = ResponseContext(shown, uuid.uuid4().hex[:24], int(time.time()), own=own)
        translates = not own or self.settings.force_conversion or not all_names_fit(body, upstream.max_tool_name_length)
        losses: tuple[str, ...] = ()
        if translates:
            body, asked, losses = _translated(body, dialect, route, streams, asked)
        draft = UnprofiledRequest(
            route=route,
            client=dialect,
            written=fields,
            body=body,
            losses=losses,
            headers=request.headers,
            url=self._base(upstream) + upstream.path,
            user=user,
            streams=streams,
            may_stream=assembler is not None and mode == "retry",
        )
        sent = draft.made(self._lessons.profile(route))
        self._log_call(request, call, route, fields)
        self._tell(route, sent.dropped)
        return ModelCall(
            upstream=sent.request,
            client=dialect,
            dialect=upstream,
            asked=asked,
            translates=translates,
            not_found=dialect.not_found_status(request.headers),
            route=route,
            streams=call.stream,
            assembler=assembler if sent.streams else None,
            choices=upstream.choices(fields),
            offered=tool_names_in(body) if route.profile.family == "claude" else frozenset(),
            user=user,
            renamer=renamer,
            timeout=call.timeout,
            dropped=sent.dropped,
            healer=RetryPolicy(draft, self._lessons, sent),
        )

    def show(self, call: Exchange, images: Fitted) -> None:
        """Has a call go upstream with these images; what was done to them is told like what is left out."""
        call.show(images)
        self._tell(call.route, call.dropped)

    def _log_call(self, request: ClientRequest, call: _Call, route: Route, fields: Fields) -> None:
        if self.settings.max_log_history and logger.isEnabledFor(logging.INFO):
            logger.info(
                "%s %s for %s: %s",
                request.method,
                request.path,
                call.model,
                outline(fields, self.settings.max_log_history),
            )
        if route.replaced:
            logger.warning("unknown model %r: answered by the default, %s", route.asked, route.internal_id)

    def _tell(self, route: Route, dropped: tuple[str, ...]) -> None:
        """Logs what a model does not take, once per model and field."""
        new = [path for path in dropped if (route.internal_id, path) not in self._told]
        for path in new[:MOST_LOGGED]:
            if len(self._told) >= MOST_TOLD:
                self._told.clear()
            self._told.add((route.internal_id, path))
            logger.info("%s does not take %s (told once)", route.internal_id, path)
        if len(new) > MOST_LOGGED:
            logger.info("%s does not take %d more members of this request", route.internal_id, len(new) - MOST_LOGGED)

    def _base(self, upstream: UpstreamDialect) -> str:
        bases = {
            "openai_chat": self.settings.native_openai_base_url,
            "anthropic": self.settings.native_anthropic_base_url,
        }
        return bases[upstream.name]

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
            return self.refresh_failed(error.message)
        before, after = _ids(self.registry.models), _ids(models)
        self.registry = Registry(models)
        self._lessons.forget()
        self.heard()
        self.models = local_endpoints.ModelSource("upstream", len(models), refreshed_at=int(time.time()))
        added, removed = sorted(after - before), sorted(before - after)
        logger.info("model list read from ARGO: %d models, %d new, %d gone", len(models), len(added), len(removed))
        return Reply(200, local_endpoints.encode(local_endpoints.Refreshed("refreshed", self.models, added, removed)))

    def refresh_failed(self, problem: str) -> Reply:
        """Notes that the model list could not be fetched; the list in use stays. Returns the answer to the asker."""
        self.heard(problem)
        logger.warning("the model list cannot be read (%s): the %s list stays in use", problem, self.models.source)
        self.models = msgspec.structs.replace(self.models, problem=problem)
        return Reply(502, local_endpoints.encode(local_endpoints.Refreshed("failed", self.models, [], [])))


def _ids(models: tuple[Model, ...]) -> set[str]:
    return {model.internal_id for model in models}


def _one_line(text: str) -> str:
    """Text for the log, where what a client wrote must not look like a line of its own."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _members(body: bytes) -> Fields:
    """The body's members. Raises ClientError."""
    try:
        body.decode()
        return _BODY.decode(body)
    except UnicodeDecodeError as error:
        raise ClientError(400, f"The request body is not valid UTF-8, at byte {error.start}.") from error
    except msgspec.ValidationError as error:
        raise ClientError(400, f"The request body must be a JSON object ({error}).") from error
    except UNREADABLE as error:
        raise ClientError(400, f"The request body is no valid JSON: {error}.") from error


def _read(request: ClientRequest, endpoint: Endpoint) -> tuple[_Call, Fields]:
    """The body's members, and what routing needs of them. Raises ClientError that names the place.

    Google's callers say in the path and the query what others say in the body.
    """
    fields = _members(request.body)
    if endpoint.argument:
        said: dict[str, object] = {"model": endpoint.argument, "stream": endpoint.stream, "alt": _alt(request.target)}
        fields = {**fields, **{name: msgspec.Raw(msgspec.json.encode(value)) for name, value in said.items()}}
    if "model" not in fields:
        raise ClientError(400, "model: missing. Name a model; GET /v1/models lists them.", param="model")
    call = _Call(
        model=_member(fields, "model", str, "a model's name as text"),
        stream=bool(_member(fields, "stream", bool | None, "true or false")),
        timeout=_member(fields, "timeout", float | None, "a number of seconds"),
    )
    if not call.model.strip():
        raise ClientError(400, "model: empty. Name a model; GET /v1/models lists them.", param="model")
    if len(call.model) > LONGEST_NAME or not call.model.isprintable():
        message = f"model: expected a name of at most {LONGEST_NAME} printable characters."
        raise ClientError(400, message, param="model")
    if call.timeout is not None and call.timeout <= 0:
        raise ClientError(400, f"timeout: {call.timeout:g} is no number of seconds above 0.", param="timeout")
    return call, fields


def _alt(target: str) -> str | None:
    """How a stream is to go out, by the query's `alt`."""
    return dict(parse_qsl(target.partition("?")[2])).get("alt")


def _member(fields: Fields, name: str, kind: Any, expected: str) -> Any:
    """A member of the body, decoded; None if it is missing. Raises ClientError."""
    raw = fields.get(name, b"null")
    try:
        return msgspec.json.decode(raw, type=kind)
    except UNREADABLE as error:
        found = bytes(raw)[:60].decode("utf-8", "replace")
        raise ClientError(400, f"{name}: expected {expected}, found {found}.", param=name) from error


def _translated(
    fields: Fields, client: ModelDialect, route: Route, streams: bool, asked: ResponseContext
) -> tuple[Fields, ResponseContext, tuple[str, ...]]:
    """A body in the upstream's dialect, what the answer depends on, and the paths of what could not be said.

    Raises ClientError that names the place of what does not fit.
    """
    upstream = route.upstream
    request = client.decode_request(fields, keep=asked.own)
    losses = DroppedFields()
    most = quirks.longest_answer(route.profile, streams=streams)
    body = upstream.encode_request(request, losses, max_tokens=most, stream=streams)
    fitted = {fitting(tool.name, upstream.max_tool_name_length): tool.name for tool in request.tools}
    names = {fit: name for fit, name in fitted.items() if fit != name}
    return body, client.response_context(fields, request, msgspec.structs.replace(asked, names=names)), losses.paths
