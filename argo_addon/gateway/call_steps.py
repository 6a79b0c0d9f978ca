"""The steps by which a client's call becomes a request to ARGO, each from one frozen value to the next. Sans-IO.

    ParsedCall -> RoutedCall -> TranslatedCall -> ProfiledCall -> SealedCall

call_kinds.py has the functions between them for each kind of call. A retry goes back to the translated step and makes
the last two anew, for a corrected profile (retry.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

import msgspec

from ..dialects.base import Dialect, Fields, ModelDialect
from ..dialects.shared.dropped_fields import in_client_words, printable_path
from ..models.registry import Registry
from ..sealing import Sealer
from ..settings.model import Settings
from ..translation.auth_notice import KnownUsers
from .learned_profiles import LearnedProfiles
from .messages import UpstreamRequest
from .parsing import ParsedCall
from .routing import Route
from .upstream_retries import RetryBudget


class Environment(msgspec.Struct, frozen=True):
    """What is the same for all calls for a while: settings, models, what was learned of them, users that ARGO knows.

    `sealer` seals what clients keep for us; `retries` bounds how often calls that are refused are sent once more,
    `vain_fallbacks` how many may ask another model which is overloaded as well.
    """

    settings: Settings
    registry: Registry
    learned: LearnedProfiles
    known_users: KnownUsers
    sealer: Sealer
    retries: RetryBudget
    vain_fallbacks: RetryBudget


class RoutedCall(msgspec.Struct, frozen=True):
    """A call with the model that answers it and the user whom ARGO is told; `seal` seals text for that user.

    `dropped` says what of it was left out by now.
    """

    parsed: ParsedCall
    route: Route
    user: str
    seal: Callable[[str], str] | None = None
    dropped: tuple[str, ...] = ()


class TranslatedCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call whose body is in the upstream's dialect, ready but for what its model takes.

    `url` is where it goes, `body` has neither model nor user yet, `dropped` are the paths of what could not be said, in
    the client's words or the upstream's. Subclasses hold what the way back needs besides.
    """

    routed: RoutedCall
    url: str
    body: Fields
    dropped: tuple[str, ...]

    @property
    def parsed(self) -> ParsedCall:
        """The call as the client made it."""
        return self.routed.parsed

    @property
    def route(self) -> Route:
        """Where the call goes."""
        return self.routed.route

    @property
    def user(self) -> str:
        """The ANL username that ARGO is told."""
        return self.routed.user

    @property
    def headers(self) -> Mapping[str, str]:
        """The client's headers, by their lower-case names."""
        return self.routed.parsed.request.headers

    @property
    def client(self) -> Dialect:
        """The client's dialect."""
        return self.routed.parsed.client


T = TypeVar("T", bound=TranslatedCall)


class ProfiledCall(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A call whose body is as its model takes it.

    `headers` go upstream, `streams` says that ARGO is to stream, `dropped` are the paths of all that was left out.
    """

    translated: T
    body: Fields
    headers: dict[str, str]
    streams: bool = False
    dropped: tuple[str, ...] = ()


class SealedCall(msgspec.Struct, frozen=True):
    """A request that is ready to go, whether ARGO streams its answer, and what is told to have been left out."""

    request: UpstreamRequest
    streams: bool
    dropped: tuple[str, ...]


def reported_paths(client: Dialect, paths: tuple[str, ...], written: Fields) -> tuple[str, ...]:
    """Paths of what was left out as the client is told of them: each once, in its words, fit for a header."""
    names = client.field_names if isinstance(client, ModelDialect) else {}
    said = (in_client_words(names, path, written) for path in paths)
    return tuple(dict.fromkeys(map(printable_path, said)))
