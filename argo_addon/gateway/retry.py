"""One retry of a call that ARGO refuses for a known reason, and what the refusal teaches of the model. Sans-IO.

An `UnprofiledRequest` is a request before a model's profile is applied; it can be made for any profile.
`LearnedProfiles` are profiles that refusals have corrected, until the model list is read anew. A `RetryPolicy` decides
on one call's single retry. It reads no answer and sends nothing. What was decided and why: docs/decisions/0012.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

import msgspec

from ..dialects.anthropic.history import without_thinking
from ..dialects.base import Dialect, Fields, ModelDialect, UpstreamDialect
from ..dialects.losses import in_client_words, printable_path
from ..errors import ClientError, UpstreamError
from ..models.catalogue import Profile
from . import known_errors, quirks
from .exchange import UpstreamRequest, header_text
from .identity import upstream_headers
from .known_errors import STREAMING, Refusal
from .routing import Route

logger = logging.getLogger(__name__)

THOUGHTS = "messages[].content[].thinking"
"""How it is told that thoughts were taken out of the conversation."""


class Sent(msgspec.Struct, frozen=True):
    """A request made for a model: what goes out, whether ARGO is to stream, and what was left out, to be told."""

    request: UpstreamRequest
    streams: bool
    dropped: tuple[str, ...]


class UnprofiledRequest(msgspec.Struct, frozen=True):
    """A request that is ready but for what its model takes.

    `written` are the client's members; `body` are the upstream's, with `losses` where they were translated; `headers`
    are the client's. `streams` says that ARGO is to stream, `may_stream` that it is if it refuses to answer otherwise.
    """

    route: Route
    client: ModelDialect
    written: Fields
    body: Fields
    losses: tuple[str, ...]
    headers: Mapping[str, str]
    url: str
    user: str
    streams: bool
    may_stream: bool

    @property
    def upstream(self) -> UpstreamDialect:
        return self.route.upstream

    def made(self, profile: Profile) -> Sent:
        """The request for a model of this profile. Raises ClientError for what it cannot be made of."""
        own = self.upstream is self.client
        amended = quirks.apply(profile, self.body)
        headers, replaced = upstream_headers(self.headers, self.client, self.upstream, self.user)
        fields, headers, refused = quirks.without_betas(profile, amended.fields, headers)
        streams = self.streams or (self.may_stream and quirks.must_stream(profile, fields))
        stamped = self.upstream.stamp(fields, model=self.route.internal_id, user=self.user, stream=streams)
        unsaid = (*self.losses, *_unsaid((*amended.dropped, *refused), own))
        said = unsaid if own else (in_client_words(self.client.field_names, path, self.written) for path in unsaid)
        dropped = tuple(dict.fromkeys(map(printable_path, (*said, *replaced))))
        return Sent(UpstreamRequest(self.url, headers, msgspec.json.encode(stamped)), streams, dropped)

    def without_thoughts(self) -> UnprofiledRequest:
        """The same without thoughts in the conversation (pitfalls 5.5)."""
        forgetful = without_thinking(self.body)
        if forgetful is self.body:
            return self
        return msgspec.structs.replace(self, body=forgetful, losses=(*self.losses, THOUGHTS))


def _unsaid(dropped: tuple[str, ...], own: bool) -> tuple[str, ...]:
    """What a quirk left out, but for what translation had said twice or to no purpose.

    That is an effort that became a budget, and the key of a cache that the model does not have.
    """
    if own:
        return dropped
    untold = {"prompt_cache_key"} if "thinking" in dropped else {"prompt_cache_key", "output_config.effort"}
    return tuple(path for path in dropped if path not in untold)


class LearnedProfiles:
    """What refusals have taught of models since the model list was read, by ARGO's id."""

    def __init__(self) -> None:
        self._learned: dict[str, Profile] = {}

    def profile(self, route: Route) -> Profile:
        """What is known of a route's model."""
        return self._learned.get(route.internal_id, route.profile)

    def learn(self, route: Route, profile: Profile) -> None:
        """Takes what is known of a route's model from now on."""
        if len(self._learned) >= MOST_LEARNED:
            self._learned.clear()
        self._learned[route.internal_id] = profile

    def forget(self) -> None:
        """Unlearns everything: the catalogue's word counts again."""
        self._learned.clear()


MOST_LEARNED = 1000
"""Models of which something is kept: names that ARGO does not list go there as they are, and callers make them up."""


_NOT_ABOUT_IT = frozenset({401, 403, 408, 429, 529})
"""Statuses that say nothing of the request's members, whatever words come with them."""


class RetryPolicy:
    """One call's second try."""

    def __init__(self, draft: UnprofiledRequest, lessons: LearnedProfiles, sent: Sent) -> None:
        self._draft = draft
        self._lessons = lessons
        self._sent = sent
        self._spent = False
        self._refused = ""
        self._before = lessons.profile(draft.route)

    def after(self, error: UpstreamError) -> tuple[str, Sent] | None:
        """What to send after a refusal, and the kind of refusal that it mends; None if the error is to be told.

        A second refusal is learned from as well, but there is no third try.
        """
        if self._spent and error.message == self._refused:  # it was not that, whatever the message says
            self._lessons.learn(self._draft.route, self._before)
            return None
        found = None if error.status in _NOT_ABOUT_IT else self._known(error.message)
        if found is None:
            return None
        kind, draft, profile = found
        try:
            sent = draft.made(profile)
        except ClientError:  # the mended request is none: the refusal is the better word
            return None
        if sent.request == self._sent.request:  # it was not that
            return None
        route = draft.route
        if profile != self._lessons.profile(route):
            self._lessons.learn(route, profile)
        if self._spent:
            return None
        self._spent, self._draft, self._sent, self._refused = True, draft, sent, error.message
        logger.info("%s refused this (%s): mended and sent once more", header_text(route.internal_id), kind.name)
        return kind.name, sent

    def _known(self, message: str) -> tuple[Refusal, UnprofiledRequest, Profile] | None:
        """The kind of refusal, and the draft and the profile by which it is mended."""
        draft = self._draft
        known = self._lessons.profile(draft.route)
        dialect: Dialect = draft.upstream
        if draft.may_stream and not self._sent.streams and STREAMING.words.search(message):
            return STREAMING, draft, quirks.streaming_this(known, self._sent_fields())
        found = known_errors.find(dialect.name, message)
        if found is None:
            return None
        kind, said = found
        if kind.learn is None:
            return kind, draft.without_thoughts(), known
        return kind, draft, kind.learn(known, draft.route.profile, said)

    def _sent_fields(self) -> Fields:
        return msgspec.json.decode(self._sent.request.body, type=dict[str, msgspec.Raw])
