"""One retry of a call that ARGO refuses for a known reason, and what the refusal teaches of the model. Sans-IO.

A retry goes back to the translated call and makes it anew for a corrected profile. It reads no response and sends
nothing. What was decided and why: docs/decisions/0012.
"""

from __future__ import annotations

import logging

import msgspec

from ..dialects.anthropic.adjust_history import without_thinking
from ..dialects.base import Fields
from ..errors import ClientError, UpstreamError
from ..models.catalogue import Profile
from . import known_errors, native_call, quirks
from .call_steps import SealedCall
from .exchange import header_text
from .known_errors import STREAMING, KnownError
from .learned_profiles import LearnedProfiles
from .native_call import TranslatedModelCall

logger = logging.getLogger(__name__)

THINKING_PATH = "messages[].content[].thinking"
"""How the client is told that thoughts were taken out of the conversation."""
_NOT_ABOUT_THE_REQUEST = frozenset({401, 403, 408, 429, 529})
"""Statuses that say nothing of the request's members, whatever words come with them."""


class RetryPolicy:
    """Decides on one call's single retry."""

    def __init__(self, translated: TranslatedModelCall, learned: LearnedProfiles, sealed: SealedCall) -> None:
        self._translated = translated
        self._learned = learned
        self._sealed = sealed
        self._spent = False
        self._refused = ""
        self._before = learned.profile(translated.route)

    def next_call(self, error: UpstreamError) -> tuple[str, SealedCall] | None:
        """The kind of a refusal and the call to send after it; None if the error is to be told.

        A second refusal is learned from as well, but there is no third try.
        """
        route = self._translated.route
        if self._spent and error.message == self._refused:  # it was not that, whatever the message says
            self._learned.learn(route, self._before)
            return None
        found = None if error.status in _NOT_ABOUT_THE_REQUEST else self._correction(error.message)
        if found is None:
            return None
        kind, translated, profile = found
        try:
            sealed = native_call.seal(native_call.profile(translated, profile))
        except ClientError:  # no request can be made of it: the refusal is the better word
            return None
        if sealed.request == self._sealed.request:  # it was not that
            return None
        if profile != self._learned.profile(route):
            self._learned.learn(route, profile)
        if self._spent:
            return None
        self._spent, self._translated, self._sealed, self._refused = True, translated, sealed, error.message
        logger.info("%s refused this (%s): mended and sent once more", header_text(route.internal_id), kind.name)
        return kind.name, sealed

    def _correction(self, message: str) -> tuple[KnownError, TranslatedModelCall, Profile] | None:
        """The kind of refusal, and the call and the profile that correct it."""
        translated = self._translated
        known = self._learned.profile(translated.route)
        if translated.may_stream and not self._sealed.streams and STREAMING.words.search(message):
            return STREAMING, translated, quirks.streaming_this(known, self._sent_fields())
        found = known_errors.find(translated.upstream.name, message)
        if found is None:
            return None
        kind, match = found
        if kind.learn is None:
            return kind, _without_thinking(translated), known
        return kind, translated, kind.learn(known, translated.route.profile, match)

    def _sent_fields(self) -> Fields:
        return msgspec.json.decode(self._sealed.request.body, type=dict[str, msgspec.Raw])


def _without_thinking(call: TranslatedModelCall) -> TranslatedModelCall:
    """The call without thoughts in the conversation (pitfalls 5.5)."""
    body = without_thinking(call.body)
    if body is call.body:
        return call
    return msgspec.structs.replace(call, body=body, dropped=(*call.dropped, THINKING_PATH))
