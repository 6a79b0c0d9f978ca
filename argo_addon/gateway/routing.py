"""Where a request goes: path to dialect and operation, by a table, and a model's name to its route.

Source: pitfalls 1.4 (query strings), 8.3 (one list path, several callers), 8.12 (base-URL slips).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote

import msgspec

from ..dialects import CLIENT, UPSTREAM
from ..dialects.base import Dialect, UpstreamDialect
from ..dialects.shared.endpoints import Endpoint, Operation
from ..errors import ClientError
from ..models.catalogue import Profile, profile_of
from ..models.registry import Registry
from .parsing import model_at_ends

_READ = ("GET", "HEAD")
_PATHS: dict[str, Endpoint] = {
    **{
        path: Endpoint(operation, dialect=dialect.name)
        for dialect in CLIENT.values()
        for path, operation in dialect.paths.items()
    },
    **{
        path: Endpoint(Operation.MODELS, _READ, dialect.name)
        for dialect in CLIENT.values()
        for path in dialect.listing_paths
    },
    "/v1/models": Endpoint(Operation.MODELS, _READ),
    "/refresh": Endpoint(Operation.REFRESH),
    "/health": Endpoint(Operation.HEALTH, _READ),
    "/health/live": Endpoint(Operation.LIVE, _READ),
    "/health/ready": Endpoint(Operation.READY, _READ),
    "/metrics": Endpoint(Operation.METRICS, _READ),
    "/version": Endpoint(Operation.VERSION, _READ),
    "/": Endpoint(Operation.ROOT, _READ),
}
_EXAMPLES = tuple(dialect.example_path for dialect in CLIENT.values() if dialect.example_path)
_MODEL = re.compile(r"(?P<list>/v1(?:beta|alpha)?/models)/(?P<name>(?!.*:[a-z]+[A-Z])[^:/][^/]*(?:/[^/]+){0,4})")
_USUAL = "openai_chat"
"""The dialect of a caller of whom nothing tells which."""
_SLASHES = re.compile(r"/{2,}")
_AGAIN = re.compile(r"\A(?:/v1|/openai)+(?=/openai(?:/|\Z))|\A(?:/v1)+(?=/(?:v1|api)(?:/|\Z))")
"""What addresses begin with that clients put before a path which begins with it itself."""
_AZURE = re.compile(
    r"\A/openai(?:(?:/v1)*(?=/(?:chat/completions|responses|models|embeddings|completions|conversations)(?:/|\Z))"
    r"|/deployments/[^/]+(?=/(?:responses/|(?:models|conversations)(?:/|\Z))))"
)
"""How paths begin that Azure OpenAI's clients call, where no model is named in them."""
_WITHOUT_VERSION = re.compile(
    r"/(?:chat/completions|messages|responses|models|embeddings|completions|conversations)(?:/|$)"
)


def normalized_path(target: str) -> str:
    """The path of a request target, its usual slips mended: `//v1/v1/models/?x` is `/v1/models`."""
    written = target.split("?", 1)[0].split("#", 1)[0]  # it is asked for several times for each request
    return _normalized(written) if len(written) <= _LONGEST_SHOWN else _normalized.__wrapped__(written)


@lru_cache(256)
def _normalized(written: str) -> str:
    decoded = unquote(written).encode("utf-8", "replace").decode()
    path = _AZURE.sub("", _AGAIN.sub("", _SLASHES.sub("/", decoded).rstrip("/"))) or "/"
    return f"/v1{path}" if _WITHOUT_VERSION.match(path) else path


def endpoint_of(method: str, target: str) -> Endpoint:
    """What a request asks for. Raises ClientError: 404, or 405 with the methods that are served."""
    path = normalized_path(target)
    found = _PATHS.get(path)
    if found is None and (match := _MODEL.fullmatch(path)):
        found = msgspec.structs.replace(_PATHS[match["list"]], operation=Operation.MODEL, argument=match["name"])
    found = found or next(filter(None, (dialect.endpoint(path) for dialect in CLIENT.values())), None)
    if found is None:
        served = ", ".join(path for path in served_paths() if path != "/")
        raise ClientError(404, f"{_short(path)} is not served here. Served: {served}.", code="not_found")
    if method not in found.methods:
        allow = ", ".join(found.methods)
        raise ClientError(405, f"{_short(path)} takes {allow}, not {_short(method)}.", headers={"allow": allow})
    return found


def _short(text: str) -> str:
    """What somebody asked for, as far as it is worth repeating."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


_LONGEST_SHOWN = 200


def served_paths() -> list[str]:
    """All paths that are served; of those with a model's name or an id in them, examples."""
    return [*_PATHS, *_EXAMPLES]


def dialect_of(target: str, headers: Mapping[str, str]) -> Dialect:
    """The caller's dialect, by path where that tells it, else by the headers its SDK sends (pitfalls 8.3)."""
    path = normalized_path(target)
    endpoint = _PATHS.get(path)
    if endpoint is not None and endpoint.dialect is not None:
        return CLIENT[endpoint.dialect]
    for dialect in CLIENT.values():
        if dialect.owns_path(path) or dialect.endpoint(path) is not None:
            return dialect
    return next((dialect for dialect in CLIENT.values() if dialect.owns_headers(headers)), CLIENT[_USUAL])


class Route(msgspec.Struct, frozen=True):
    """Where a call for a model goes."""

    requested: str
    """The model's name as the client wrote it."""
    internal_id: str
    profile: Profile
    upstream: UpstreamDialect
    replaced: bool
    """The configured default answers, since the model that was asked for is unknown."""
    listed: bool = True
    """The list has it; where not, its name goes to ARGO as the client wrote it."""


def embedding_route_of(name: str, registry: Registry, default: str | None) -> Route:
    """The route of an embedding model's name. Raises ClientError: 404 with those that there are."""
    found = registry.resolve_embedding(name, default)
    return Route(
        name, found.internal_id, profile_of(found.internal_id), UPSTREAM["openai_chat"], found.replaced is not None
    )


def goes_elsewhere(body: bytes, client: Dialect, registry: Registry) -> bool:
    """Whether a call of this body seems to be for a model whose upstream speaks another dialect than its client."""
    name = model_at_ends(body)
    try:
        return name is not None and route_of(name, registry, None).upstream is not client
    except ClientError:
        return False


def route_of(name: str, registry: Registry, default: str | None) -> Route:
    """The route of a model's name. Raises ClientError: 404 with the closest names."""
    found = registry.resolve(name, default)
    profile = profile_of(found.internal_id)
    listed = found.listed is not None
    return Route(name, found.internal_id, profile, UPSTREAM[profile.dialect], found.replaced is not None, listed)
