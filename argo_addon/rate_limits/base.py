"""What a limiter is asked and what it answers, wherever it counts."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping

import msgspec

from ..errors import GatewayError

MINUTE = 60.0
DAY = 86400
BYTES_OF_TEXT = 4
"""Bytes of a request for a token of its prompt, and of an answer that comes whole or as a bare text."""
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{2000,}")
_MEDIA = 1600 * BYTES_OF_TEXT
"""What a picture counts, in bytes: its data says nothing of its tokens (translation/tokens.py)."""
BYTES_OF_EVENTS = 100
"""Bytes of a stream of events for a token of it, as ARGO writes it: an event has one to three, and is 110 to 300."""


class UserLimits(msgspec.Struct, frozen=True):
    """What one user may have; 0 is as much as anybody wants."""

    requests_per_minute: int = 0
    tokens_per_day: int = 0
    streams_at_once: int = 0


class Asked(msgspec.Struct, frozen=True):
    """A call that wants to set out: whose it is, whether its answer is streamed, the tokens its prompt may have."""

    user: str
    streams: bool
    tokens: int


class Exceeded(msgspec.Struct, frozen=True):
    """A call is not let in: the limit by its name in UserLimits, how much of it is taken, for how many seconds still.

    `held` is how much of that calls under way may take.
    """

    limit: str
    taken: int
    seconds: float
    held: int = 0


class Lease(ABC):
    """A call that was let in, until it is over."""

    @abstractmethod
    def end(self, tokens: int) -> None:
        """The call is over and has used so many tokens. A second time does nothing."""


class Limiter(ABC):
    """Counts what users ask for."""

    def __init__(self, limits: UserLimits) -> None:
        self.limits = limits

    @abstractmethod
    async def admit(self, asked: Asked) -> Lease | Exceeded:
        """Lets a call in, and counts it, or says which limit it would exceed, and counts nothing."""

    async def check(self) -> str:
        """Why the limiter cannot be used, where that will not pass by itself; empty if it can."""
        return ""

    @abstractmethod
    async def close(self) -> None:
        """Has everything that is known written, where it is kept elsewhere."""


def expected_tokens(body: bytes) -> int:
    """The tokens that a request's prompt may have, roughly: what a call under way is taken to need."""
    size = len(body)
    if size > _MEDIA:
        size += sum(_MEDIA - (found.end() - found.start()) for found in _BASE64.finditer(body))
    return math.ceil(size / BYTES_OF_TEXT)


def spent_tokens(
    told: Mapping[str, int | None], expected: int, guessed: int, *, failed: bool, whole: bool = True
) -> int:
    """The tokens that a call has used, as ARGO tells them.

    Where it tells none (a client of Chat Completions need not ask for them, or left before) a call that did not fail
    has used what was `expected` of its prompt, and of its answer what was `guessed` by its size: otherwise who does not
    want to be counted would not be. Of an answer that is not `whole` Claude's stream has told as many as it began with.
    """
    prompt, answer = told.get("input_tokens"), told.get("output_tokens")
    if failed and prompt is None and answer is None:
        return 0
    if answer is None or not whole:
        answer = max(answer or 0, guessed)
    return (expected if prompt is None else prompt) + answer


def refusal(limits: UserLimits, exceeded: Exceeded, user: str) -> GatewayError:
    """What the caller is told: which limit, and when it ends."""
    count, taken, seconds = getattr(limits, exceeded.limit), exceeded.taken, max(exceeded.seconds, 0.0)
    headers = {"retry-after": str(max(1, math.ceil(seconds)))}
    if exceeded.limit == "requests_per_minute":
        message = f"{user} has made {taken} requests within a minute, and {count} are allowed. "
        message += f"The next one may be made in {_duration(seconds)}"
    elif exceeded.limit == "streams_at_once":
        message = f"{user} has {taken} streams under way, and {count} at once are allowed. "
        message += "The next one may begin as soon as one of them has ended"
    elif exceeded.held:
        message = f"{user} has used {taken:,} of the {count:,} tokens that a day has, and calls under way may need the "
        message += f"rest (some {exceeded.held:,}). Ask again once they have ended"
    else:
        message = f"{user} has used {taken:,} tokens today, and {count:,} a day are allowed. "
        message += f"The next day begins at 00:00 UTC, in {_duration(seconds)}"
        headers["x-should-retry"] = "false"  # SDKs would try again within seconds, to no purpose
    return GatewayError(429, f"{message} (limit of this gateway: {exceeded.limit}).", headers=headers)


def _duration(seconds: float) -> str:
    whole = max(1, math.ceil(seconds))
    if whole < 120:
        return f"{whole} s"
    hours, minutes = divmod(math.ceil(whole / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
