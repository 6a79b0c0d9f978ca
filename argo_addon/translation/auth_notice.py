"""The authentication notice: how ARGO answers for a user it does not know, told from an answer of a model's.

argo.md: it is a 200 with ordinary-looking assistant text that contains the words below, in any case. In a stream they
come in the first deltas, and nothing may be given to the client before they can be told apart (pitfalls 1.35).
"""

from __future__ import annotations

import re

from ..errors import UpstreamError

WORDS = "authentication notice from argo"
_LAST_WORD = "argo"
_DECORATION = 20
_TAG = re.compile(r"<[^>]{0,40}>?")
_LONGEST_BEGINNING = 80
SEARCHED_CHARACTERS = 400
"""Characters of an answer that are looked through: the notice comes at the beginning."""


def contains_notice(text: str) -> bool:
    """Whether the notice is in a text."""
    folded = text.casefold()
    return _LAST_WORD in folded and WORDS in " ".join(folded.split())


def may_complete_notice(before: str, text: str) -> bool:
    """Whether a text that comes behind another may bring the notice to its end: its last word ends in it."""
    return _LAST_WORD in (before[1 - len(_LAST_WORD) :] + text).casefold()


def may_be_beginning(text: str) -> bool:
    """Whether a text may yet turn out to be the notice: it has said nothing so far, or some of its words.

    What decorates its beginning (blanks, signs, emphasis) does not count, up to a point.
    """
    words = _TAG.sub("", " ".join(text.casefold().split()))
    start = next((index for index, char in enumerate(words) if char.isalnum()), len(words))
    return len(text) <= _LONGEST_BEGINNING and start <= _DECORATION and WORDS.startswith(words[start:])


MAX_KNOWN = 10_000
"""Users who are remembered: with username passthrough, clients name them."""


class KnownUsers:
    """The users whom ARGO has answered with words in this process: they are registered, so no notice is expected."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def __contains__(self, user: str) -> bool:
        return user in self._names

    def add(self, user: str) -> None:
        """Notes that ARGO has answered a user."""
        if len(self._names) >= MAX_KNOWN:
            self._names.clear()
        self._names.add(user)

    def discard(self, user: str) -> None:
        """Notes that ARGO knows a user no longer."""
        self._names.discard(user)


class UserNotRegistered(UpstreamError):
    """ARGO does not know the user: what came in place of an answer was the notice."""


def not_registered(user: str) -> UserNotRegistered:
    """What the client is told."""
    return UserNotRegistered(
        403,
        f"ARGO does not know the user {user!r}: the username is not registered. Check `user` in argo-proxy's "
        "configuration, or ask for access to ARGO.",
        kind="authentication_error",
        code="user_not_registered",
    )
