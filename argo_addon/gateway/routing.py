"""Where a request goes: path to dialect and operation, by a table, and a model's name to its route.

Source: pitfalls 1.4 (query strings), 8.3 (one list path, several callers), 8.12 (base-URL slips).
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from urllib.parse import unquote

import msgspec

from ..dialects import CLIENT, UPSTREAM
from ..dialects.base import Dialect, UpstreamDialect
from ..errors import ClientError
from ..models.catalogue import Profile, profile_of
from ..models.registry import Registry


class Operation(enum.Enum):
    """What a request asks for."""

    GENERATE = enum.auto()
    MODELS = enum.auto()
    MODEL = enum.auto()
    COUNT = enum.auto()
    EMBED = enum.auto()
    EMBED_SEVERAL = enum.auto()
    REFRESH = enum.auto()
    HEALTH = enum.auto()
    VERSION = enum.auto()
    ROOT = enum.auto()


class Endpoint(msgspec.Struct, frozen=True):
    """A path that is served. `dialect` is None where the caller's headers tell it."""

    operation: Operation
    methods: tuple[str, ...]
    dialect: str | None = None
    argument: str = ""
    """The rest of the path: a model's name."""
    stream: bool | None = None
    """Whether an answer is to be streamed, where the path says so."""


_READ = ("GET", "HEAD")
_PATHS: dict[str, Endpoint] = {
    "/v1/chat/completions": Endpoint(Operation.GENERATE, ("POST",), "openai_chat"),
    "/v1/responses": Endpoint(Operation.GENERATE, ("POST",), "openai_responses"),
    "/v1/completions": Endpoint(Operation.GENERATE, ("POST",), "openai_completions"),
    "/v1/messages": Endpoint(Operation.GENERATE, ("POST",), "anthropic"),
    "/v1/messages/count_tokens": Endpoint(Operation.COUNT, ("POST",), "anthropic"),
    "/v1/embeddings": Endpoint(Operation.EMBED, ("POST",), "openai_chat"),
    "/v1/models": Endpoint(Operation.MODELS, _READ),
    "/v1beta/models": Endpoint(Operation.MODELS, _READ, "google"),
    "/v1alpha/models": Endpoint(Operation.MODELS, _READ, "google"),
    "/refresh": Endpoint(Operation.REFRESH, ("POST",)),
    "/health": Endpoint(Operation.HEALTH, _READ),
    "/version": Endpoint(Operation.VERSION, _READ),
    "/": Endpoint(Operation.ROOT, _READ),
}
_MODEL = re.compile(r"(?P<list>/v1(?:beta|alpha)?/models)/(?P<name>(?!.*:[a-z]+[A-Z])[^:/][^/]*(?:/[^/]+)?)")
_GOOGLE_CALL = re.compile(
    r"/v1(?:beta1?|alpha)?/(?:projects/[^/]+/locations/[^/]+/)?(?:publishers/[^/]+/)?(?:models|tunedModels)/"
    r"(?:models/)?(?P<name>.+):(?P<verb>[a-zA-Z]+)"
)
_VERBS: dict[str, tuple[Operation, bool | None]] = {
    "generateContent": (Operation.GENERATE, False),
    "streamGenerateContent": (Operation.GENERATE, True),
    "countTokens": (Operation.COUNT, None),
    "embedContent": (Operation.EMBED, None),
    "batchEmbedContents": (Operation.EMBED_SEVERAL, None),
}
_SLASHES = re.compile(r"/{2,}")
_VERSION_AGAIN = re.compile(r"\A(?:/v1)+(?=/v1(?:/|\Z))")
_WITHOUT_VERSION = re.compile(r"/(?:chat/completions|messages|responses|models|embeddings|completions)(?:/|$)")
_GOOGLE_PATH = re.compile(r"/v1(?:beta1?|alpha)(?:/|$)|/v1/(?:models|publishers|projects)/.*:[A-Za-z]+$")


def normalized_path(target: str) -> str:
    """The path of a request target, its usual slips mended: `//v1/v1/models/?x` is `/v1/models`."""
    decoded = unquote(target.split("?", 1)[0].split("#", 1)[0]).encode("utf-8", "replace").decode()
    path = _VERSION_AGAIN.sub("", _SLASHES.sub("/", decoded).rstrip("/")) or "/"
    return f"/v1{path}" if _WITHOUT_VERSION.match(path) else path


def endpoint_of(method: str, target: str) -> Endpoint:
    """What a request asks for. Raises ClientError: 404, or 405 with the methods that are served."""
    path = normalized_path(target)
    found = _PATHS.get(path)
    if found is None and (match := _MODEL.fullmatch(path)):
        found = msgspec.structs.replace(_PATHS[match["list"]], operation=Operation.MODEL, argument=match["name"])
    if found is None and (match := _GOOGLE_CALL.fullmatch(path)) and match["verb"] in _VERBS:
        operation, stream = _VERBS[match["verb"]]
        found = Endpoint(operation, ("POST",), "google", match["name"], stream)
    if found is None:
        served = ", ".join((*(path for path in _PATHS if path != "/"), "/v1beta/models/NAME:generateContent"))
        raise ClientError(404, f"{path} is not served here. Served: {served}.", code="not_found")
    if method not in found.methods:
        allow = ", ".join(found.methods)
        raise ClientError(405, f"{path} takes {allow}, not {method}.", headers={"allow": allow})
    return found


def dialect_of(target: str, headers: Mapping[str, str]) -> Dialect:
    """The caller's dialect, by path where that tells it, else by the headers its SDK sends (pitfalls 8.3)."""
    path = normalized_path(target)
    endpoint = _PATHS.get(path)
    if endpoint is not None and endpoint.dialect is not None:
        return CLIENT[endpoint.dialect]
    if path.startswith("/v1/messages"):
        return CLIENT["anthropic"]
    if _GOOGLE_PATH.match(path) or "x-goog-api-key" in headers or "x-goog-api-client" in headers:
        return CLIENT["google"]
    return CLIENT["anthropic" if "anthropic-version" in headers else "openai_chat"]


class Route(msgspec.Struct, frozen=True):
    """Where a call for a model goes."""

    requested: str
    """The model's name as the client wrote it."""
    internal_id: str
    profile: Profile
    upstream: UpstreamDialect
    replaced: bool
    """The configured default answers, since the model that was asked for is unknown."""


def embedding_route_of(name: str, registry: Registry, default: str | None) -> Route:
    """The route of an embedding model's name. Raises ClientError: 404 with those that there are."""
    found = registry.resolve_embedding(name, default)
    return Route(
        name, found.internal_id, profile_of(found.internal_id), UPSTREAM["openai_chat"], found.replaced is not None
    )


def route_of(name: str, registry: Registry, default: str | None) -> Route:
    """The route of a model's name. Raises ClientError: 404 with the closest names."""
    found = registry.resolve(name, default)
    profile = profile_of(found.internal_id)
    return Route(name, found.internal_id, profile, UPSTREAM[profile.dialect], found.replaced is not None)
