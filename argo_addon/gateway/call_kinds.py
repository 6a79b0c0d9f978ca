"""One way for every call: its steps from top to bottom, and the kinds of calls, a row each. Sans-IO.

A new kind of call is a row here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

from ..dialects.shared.endpoints import Operation
from ..models.catalogue import Profile
from ..pieces import pause
from ..settings.model import Settings
from . import embeddings, model_call, native_call
from .call_steps import Environment, ProfiledCall, RoutedCall, SealedCall, TranslatedCall
from .exchange import Exchange
from .legacy import call as legacy_call
from .legacy import embeddings as legacy_embeddings
from .legacy import request as legacy_request
from .parsing import ParsedCall

T = TypeVar("T", bound=TranslatedCall)


class CallKind(msgspec.Struct, Generic[T], frozen=True):
    """How one kind of call is made: a function for each step, and the exchange that carries it. Each may raise
    ClientError that names the place of what does not fit.
    """

    route: Callable[[ParsedCall, Environment], RoutedCall]
    translate: Callable[[RoutedCall, Settings], T]
    profile: Callable[[T, Profile], ProfiledCall[T]]
    seal: Callable[[ProfiledCall[T]], SealedCall]
    exchange: Callable[[T, SealedCall, Environment], Exchange]


def make_call(parsed: ParsedCall, kind: CallKind[T], environment: Environment) -> Exchange:
    """Takes a call through its steps. Raises ClientError."""
    routed = kind.route(parsed, environment)
    pause()
    translated = kind.translate(routed, environment.settings)
    pause()
    profiled = kind.profile(translated, environment.learned.profile(routed.route))
    pause()
    sealed = kind.seal(profiled)
    return kind.exchange(translated, sealed, environment)


_MODEL = CallKind(native_call.route, native_call.translate, native_call.profile, native_call.seal, model_call.ModelCall)
_EMBEDDINGS = CallKind(
    embeddings.route, embeddings.translate, embeddings.profile, embeddings.seal, embeddings.EmbeddingCall
)
_LEGACY_MODEL = CallKind(
    native_call.route,
    legacy_request.translate,
    legacy_request.profile,
    legacy_request.seal,
    legacy_call.LegacyCall,
)
_LEGACY_EMBEDDINGS = CallKind(
    embeddings.route,
    legacy_embeddings.translate,
    legacy_embeddings.profile,
    legacy_embeddings.seal,
    legacy_embeddings.LegacyEmbeddingCall,
)

NATIVE: dict[Operation, CallKind[Any]] = {
    Operation.GENERATE: _MODEL,
    Operation.COMPACT: _MODEL,
    Operation.EMBED: _EMBEDDINGS,
    Operation.EMBED_SEVERAL: _EMBEDDINGS,
}
"""Calls by ARGO's native endpoints."""
LEGACY: dict[Operation, CallKind[Any]] = {
    Operation.GENERATE: _LEGACY_MODEL,
    Operation.COMPACT: _LEGACY_MODEL,
    Operation.EMBED: _LEGACY_EMBEDDINGS,
    Operation.EMBED_SEVERAL: _LEGACY_EMBEDDINGS,
}
"""The same by ARGO's legacy gateway."""
