"""A model call by ARGO's legacy gateway: its steps from route to request. call.py has its way back. Sans-IO.

What a model takes does not depend on who passes the request on. So the request is written as the model's own API would
have it, its quirks are applied, and only then is it put into the legacy layout
(docs/decisions/0013-the-legacy-gateway.md).
"""

from __future__ import annotations

import msgspec

from ...dialects import LEGACY
from ...dialects.base import ModelDialect, ResponseContext
from ...dialects.shared.dropped_fields import DroppedFields
from ...models.catalogue import Profile
from ...settings.model import Settings
from ...translation import tokens
from ...translation.identifiers import fitted_identifier
from .. import quirks
from ..call_steps import ProfiledCall, RoutedCall, SealedCall, TranslatedCall, reported_paths
from ..identity import upstream_headers
from ..messages import UpstreamRequest
from ..native_call import model_dialect, new_context

_encode = msgspec.json.Encoder().encode
_MAX_TOKENS = 32_000
"""Tokens that an answer may have where neither the request nor the catalogue says."""


class TranslatedLegacyCall(TranslatedCall, frozen=True, kw_only=True):
    """A model call as the model's own API would have it, and what its response depends on.

    `reads_text` says that the answer is bare text, which streamchat gives; `limited` that it was the client who set a
    limit to the answer; `prompt_tokens` is an estimate; `tools` are the offered tools' names as the model knows them.
    """

    context: ResponseContext
    reads_text: bool
    limited: bool
    prompt_tokens: int
    tools: frozenset[str]

    @property
    def client(self) -> ModelDialect:
        """The client's dialect."""
        return model_dialect(self.parsed)


def translate(routed: RoutedCall, settings: Settings) -> TranslatedLegacyCall:
    """Writes a request as the model's own API would have it. Raises ClientError that names the place."""
    parsed, native = routed.parsed, routed.route.upstream
    client = model_dialect(parsed)
    fields = parsed.upstream_fields
    read = client.decode_request(fields, keep_extra=False)
    dropped = DroppedFields()
    request = LEGACY.supported_request(read, dropped)
    reads_text = parsed.stream and not LEGACY.has_tools(request)
    limit = routed.route.profile.max_output or _MAX_TOKENS
    body = native.encode_request(request, dropped, max_tokens=limit, stream=False)
    named = {fitted_identifier(tool.name, native.max_tool_name_length): tool.name for tool in request.tools}
    changed = {fit: name for fit, name in named.items() if fit != name}
    context = msgspec.structs.replace(new_context(routed, parsed.model), tool_names=changed)
    return TranslatedLegacyCall(
        routed=routed,
        url=settings.argo_base_url + (LEGACY.streamchat if reads_text else LEGACY.chat),
        body=body,
        dropped=(*routed.dropped, *dropped.paths),
        context=client.response_context(fields, read, context),
        reads_text=reads_text,
        limited=request.max_tokens is not None,
        prompt_tokens=tokens.estimate(request),
        tools=frozenset(named) if "tools" in body else frozenset(),
    )


def profile(translated: TranslatedLegacyCall, known: Profile) -> ProfiledCall[TranslatedLegacyCall]:
    """Changes what the model takes otherwise, and puts the body into the legacy layout."""
    dropped = DroppedFields()
    amended = quirks.apply(known, translated.body)
    for path in (*translated.dropped, *amended.dropped):
        dropped.note(path)
    body = LEGACY.laid_out(
        known.family, amended.fields, dropped, streamed=translated.reads_text, limited=translated.limited
    )
    headers, _ = upstream_headers(translated.headers, translated.client, LEGACY, translated.user)
    return ProfiledCall(translated=translated, body=body, headers=headers, dropped=dropped.paths)


def seal(profiled: ProfiledCall[TranslatedLegacyCall]) -> SealedCall:
    """Sets model and identity, and writes the request."""
    call = profiled.translated
    body = LEGACY.seal(profiled.body, model=call.route.internal_id, user=call.user)
    dropped = reported_paths(call.client, profiled.dropped, call.parsed.fields)
    return SealedCall(UpstreamRequest(call.url, profiled.headers, _encode(body)), call.reads_text, dropped)
