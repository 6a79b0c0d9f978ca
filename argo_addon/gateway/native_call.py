"""A model call at the model's native endpoint: its steps from route to request. `model_call.py` has its way back."""

from __future__ import annotations

import time
import uuid

import msgspec

from ..dialects.base import ModelDialect, Renamer, ResponseContext, UpstreamDialect
from ..dialects.shared.dropped_fields import DroppedFields, in_client_words, printable_path
from ..dialects.shared.outline import Outline
from ..dialects.shared.usual import ReadsAtOnce
from ..ir.request import Request
from ..models.catalogue import Profile
from ..pieces import pause
from ..settings.model import Settings
from ..translation.identifiers import all_names_fit, fitted_identifier
from ..translation.leaked_tool_calls import tool_names_in
from . import quirks
from .call_steps import Environment, ProfiledCall, RoutedCall, SealedCall, TranslatedCall
from .identity import upstream_headers, user_of
from .messages import ClientRequest, UpstreamRequest
from .needed_quirks import needed
from .parsing import ParsedCall
from .routing import route_of


class TranslatedModelCall(TranslatedCall, frozen=True, kw_only=True):
    """A model call in its upstream's dialect, and what its answer depends on.

    `outline` is what is known of a conversation that translation has written, None of one that the client wrote.
    `streams` says that ARGO is to stream, `may_stream` that it is asked to if it refuses to answer otherwise.
    `translates` says that bodies are converted rather than handed on as they are; `tools` are the names of the tools
    that a leaked call may be of; `renamer` gives the answer's model the client's name for it, where that is needed.
    """

    context: ResponseContext
    outline: Outline | None
    streams: bool
    may_stream: bool
    translates: bool
    tools: frozenset[str]
    renamer: Renamer | None

    @property
    def client(self) -> ModelDialect:
        """The client's dialect."""
        return model_dialect(self.parsed)

    @property
    def upstream(self) -> UpstreamDialect:
        """The upstream's dialect."""
        return self.route.upstream


def model_dialect(parsed: ParsedCall) -> ModelDialect:
    """The dialect of a call's client, in which models are called."""
    assert isinstance(parsed.client, ModelDialect)  # no path of another asks a model
    return parsed.client


def new_context(routed: RoutedCall, model: str | None, *, same_dialect: bool = False) -> ResponseContext:
    """What an answer depends on before its request is read: the model's name to show, a new id, the time."""
    parsed = routed.parsed
    return ResponseContext(
        model,
        uuid.uuid4().hex[:24],
        int(time.time()),
        same_dialect=same_dialect,
        operation=parsed.operation,
        seal=routed.seal,
        keep=parsed.keep,
        preceding=parsed.preceding,
    )


def user_for(request: ClientRequest, settings: Settings) -> str:
    """The ANL username that ARGO is told. Raises ClientError: 401."""
    return user_of(request.headers, request.target) if settings.username_passthrough else settings.user


def route(parsed: ParsedCall, environment: Environment) -> RoutedCall:
    """Finds the model and the user. Raises ClientError: 404 for an unknown model, 401, 400 for what needs a store."""
    found = route_of(parsed.model, environment.registry, environment.settings.default_chat_model)
    client, sealer = model_dialect(parsed), environment.sealer
    client.refuse_stored(parsed.members, kept=parsed.keep is not None)
    user = user_for(parsed.request, environment.settings)
    opened = client.opened(parsed.members, parsed.operation, sealer, user)
    fields, left_out = client.truncated(opened, found.profile.context)
    legible = parsed if fields is parsed.members else parsed.with_fields(fields)
    dropped = (f"{client.conversation}: the oldest {left_out} items",) if left_out else ()
    return RoutedCall(legible, found, user, lambda text: sealer.seal(text, user), dropped)


def translate(routed: RoutedCall, settings: Settings) -> TranslatedModelCall:
    """Puts the body into the upstream's dialect, or leaves it as it is where both sides speak the same."""
    parsed, upstream = routed.parsed, routed.route.upstream
    client = model_dialect(parsed)
    mode, own = settings.anthropic_stream_mode, upstream is client
    body = parsed.upstream_fields if own else parsed.upstream_members
    joins_stream = not parsed.stream and upstream.assembler() is not None
    streams = parsed.stream or (joins_stream and mode == "force")
    renamer = upstream.renamer(parsed.request.headers, parsed.model)
    context = new_context(routed, None if own and renamer is None else parsed.model, same_dialect=own)
    translates = not own or settings.force_conversion or not all_names_fit(body, upstream.max_tool_name_length)
    dropped = DroppedFields()
    outline = Outline() if translates and not own else None
    if translates:
        request = _request_of(parsed, client, own)
        pause()
        limit = quirks.longest_answer(routed.route.profile, streams=streams)
        body = upstream.encode_request(request, dropped, max_tokens=limit, stream=streams, outline=outline)
        fitted = {fitted_identifier(tool.name, upstream.max_tool_name_length): tool.name for tool in request.tools}
        names = {fit: name for fit, name in fitted.items() if fit != name}
        context = client.response_context(
            parsed.upstream_members, request, msgspec.structs.replace(context, tool_names=names)
        )
    if parsed.messages is not None:
        parsed = msgspec.structs.replace(parsed, messages=None)  # of no use any more
    return TranslatedModelCall(
        routed=msgspec.structs.replace(routed, parsed=parsed),
        url=_base_url(settings, upstream) + upstream.path,
        body=body,
        dropped=(*routed.dropped, *dropped.paths),
        context=context,
        outline=outline,
        streams=streams,
        may_stream=joins_stream and mode == "retry",
        translates=translates,
        tools=tool_names_in(body) if routed.route.profile.family == "claude" else frozenset(),
        renamer=renamer,
    )


def _request_of(parsed: ParsedCall, client: ModelDialect, own: bool) -> Request:
    if parsed.messages is not None and not own and isinstance(client, ReadsAtOnce):
        return client.request_of(parsed.upstream_members, parsed.messages)
    return client.decode_request(parsed.upstream_fields, keep_extra=own)


def profile(translated: TranslatedModelCall, known: Profile) -> ProfiledCall[TranslatedModelCall]:
    """Changes what the model takes otherwise; sets the headers. Raises ClientError for what it cannot be made of."""
    client, upstream = translated.client, translated.upstream
    own = upstream is client
    amended = quirks.apply(needed(known, translated.body, translated.outline), translated.body)
    headers, replaced = upstream_headers(translated.headers, client, upstream, translated.user)
    body, headers, refused = quirks.without_betas(known, amended.fields, headers)
    streams = translated.streams or (translated.may_stream and quirks.must_stream(known, body))
    paths = (*translated.dropped, *_untold((*amended.dropped, *refused), own))
    fields = translated.parsed.members
    said = paths if own else tuple(in_client_words(client.field_names, path, fields) for path in paths)
    dropped = tuple(dict.fromkeys(map(printable_path, (*said, *replaced))))
    return ProfiledCall(translated=translated, body=body, headers=headers, streams=streams, dropped=dropped)


def seal(profiled: ProfiledCall[TranslatedModelCall]) -> SealedCall:
    """Sets model, identity and streaming, and writes the request."""
    call = profiled.translated
    body = call.upstream.seal(profiled.body, model=call.route.internal_id, user=call.user, stream=profiled.streams)
    request = UpstreamRequest(call.url, profiled.headers, msgspec.json.encode(body))
    return SealedCall(request, profiled.streams, profiled.dropped)


def _untold(dropped: tuple[str, ...], own: bool) -> tuple[str, ...]:
    """What a quirk left out, but for what translation had said twice or to no purpose.

    That is an effort that became a budget, and the key of a cache that the model does not have.
    """
    if own:
        return dropped
    untold = {"prompt_cache_key"} if "thinking" in dropped else {"prompt_cache_key", "output_config.effort"}
    return tuple(path for path in dropped if path not in untold)


def _base_url(settings: Settings, upstream: UpstreamDialect) -> str:
    bases = {"openai_chat": settings.native_openai_base_url, "anthropic": settings.native_anthropic_base_url}
    return bases[upstream.name]
