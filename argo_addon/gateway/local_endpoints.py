"""What is answered here, without ARGO: the model list, health, version, the root. It does no I/O.

Source: pitfalls 8.2 to 8.4.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Literal

import msgspec

from .. import __version__
from ..dialects.base import Dialect, EmbeddingDialect
from ..dialects.openai.codex_models import codex_models
from ..dialects.shared.listed_model import ListedModel
from ..errors import ClientError
from ..models.catalogue import profile_of
from ..models.registry import EMBEDDING_MODELS, Model, Registry

_encode = msgspec.json.Encoder().encode


class ModelSource(msgspec.Struct, frozen=True):
    """Where the list of models comes from. Times are in seconds since 1970."""

    source: Literal["upstream", "built-in"]
    count: int
    refreshed_at: int | None = None
    problem: str | None = None
    """Why the last attempt to read ARGO's list failed, if it did."""


class UpstreamContact(msgspec.Struct, frozen=True):
    """When ARGO was last asked for something, in seconds since 1970, and what came of it. None: not yet."""

    answers: bool | None = None
    at: int | None = None
    problem: str | None = None
    remedy: str | None = None
    """What to do about the problem, which its words have as well."""


class CallCounts(msgspec.Struct):
    """What was done since the start: calls of models, those that ended in an error, and those under way."""

    requests: int = 0
    errors: int = 0
    active: int = 0
    active_streams: int = 0


class RunningCall(msgspec.Struct, frozen=True):
    """A call under way: who asks, the model as it was named and ARGO's id of it, and for how long, in seconds."""

    tool: str
    asked: str
    model: str
    streamed: bool
    seconds: float


class Recording(msgspec.Struct, frozen=True):
    """What is recorded: every exchange, or those that fail; how many were since the start, and what hinders it.

    `missed` were to be recorded and are not: too many waited, or they could not be written.
    """

    all: bool
    failures: bool
    written: int
    missed: int
    problem: str | None


class Health(msgspec.Struct, frozen=True):
    """The body of GET /health."""

    version: str
    upstream: dict[str, str]
    user: str
    models: ModelSource
    uptime_seconds: int
    active_requests: int
    active_streams: int
    requests: int
    errors: int
    argo: UpstreamContact
    pid: int
    memory_bytes: int | None
    recording: Recording | None
    demo: bool
    status: Literal["healthy"] = "healthy"


ALIVE = b'{"status":"healthy"}'
"""The body of GET /health/live, and of GET /health for whoever may know no more."""
READY = b'{"status":"ready"}'
"""The body of GET /health/ready while calls are taken."""
STOPPING = b'{"status":"stopping"}'
"""The same once the process ends: status 503."""


class Root(msgspec.Struct, frozen=True):
    """The body of GET /."""

    endpoints: list[str]
    name: str = "argo-proxy"
    version: str = __version__


class Refreshed(msgspec.Struct, frozen=True):
    """The body that answers POST /refresh."""

    status: Literal["refreshed", "failed"]
    models: ModelSource
    added: list[str]
    removed: list[str]


class News(msgspec.Struct, frozen=True):
    """What is known of newer versions. `checked_at` is in seconds since 1970; None: that is being found out."""

    latest: str | None = None
    update_available: bool | None = None
    checked_at: int | None = None
    problem: str | None = None


def version(news: News) -> bytes:
    """The body of GET /version."""
    return _encode({"name": "argo-proxy", "version": __version__} | msgspec.structs.asdict(news))


def root(paths: Sequence[str]) -> bytes:
    """The body of GET /, with all that is served."""
    return _encode(Root(list(paths)))


def encode(body: Health | Refreshed) -> bytes:
    """Any of the bodies above, as JSON."""
    return _encode(body)


def models_for(registry: Registry, dialect: Dialect) -> list[ListedModel]:
    """The models as this dialect's callers see them, under all of their names; those that embed, if it can ask."""
    names: dict[Model, list[str]] = {}
    for name, model in registry.shown_names():
        names.setdefault(model, []).append(name)
    if isinstance(dialect, EmbeddingDialect):
        names.update((model, [model.display_name]) for model in EMBEDDING_MODELS)
    return [_shown(model, name) for model, own in names.items() for name in dialect.listed_names(own)]


def models_for_codex(registry: Registry) -> bytes:
    """The body of the list that Codex asks for: each model once, by its usual name."""
    return codex_models([_shown(model, next(model.names())) for model in registry.models])


def model_for(registry: Registry, name: str, default: str | None) -> ListedModel:
    """The model that a call by this name gets, under the name. Raises ClientError where nothing is known of it.

    The default that answers for unknown names goes by its own.
    A call by a name of a known family that no list has goes to ARGO as typed; here nobody can say whether there is one.
    """
    with suppress(ClientError):
        embedding = registry.resolve_embedding(name).listed
        assert embedding is not None
        return _shown(embedding, name)
    found = registry.resolve(name, default)
    model = found.listed or next((one for one in registry.models if one.internal_id == found.internal_id), None)
    if model is None:
        raise registry.unknown(name)
    return _shown(model, name if found.replaced is None else f"argo:{next(model.names())}")


def _shown(model: Model, name: str) -> ListedModel:
    profile = profile_of(model.internal_id)
    return ListedModel(
        name,
        model.display_name,
        model.created,
        model.owned_by,
        internal_id=model.internal_id,
        context=profile.context,
        max_output=profile.max_output,
        embeds=model in EMBEDDING_MODELS,
        thinks=bool(profile.efforts),
        efforts=profile.efforts,
    )


def seconds_since(start: float) -> int:
    """Whole seconds since `start`, a reading of time.monotonic()."""
    return int(time.monotonic() - start)
