"""Counts in this process: what is known here ends with it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from .base import DAY, MINUTE, Asked, Exceeded, Lease, Limiter, UserLimits

SOON = 2.0
"""Seconds after which to ask again is named where nobody knows when calls under way end."""
_FEW = 1000
"""Users that are remembered before those are looked for of whom nothing needs to be."""


class _User:
    """What is known of one."""

    __slots__ = ("day", "expected", "requests", "streams", "under_way", "used")

    def __init__(self) -> None:
        self.requests: deque[float] = deque()
        self.streams = self.under_way = self.expected = self.used = 0
        self.day = 0

    def forgettable(self, day: int, then: float) -> bool:
        """Whether nobody would notice if it were forgotten: nothing of this day, or since `then`."""
        recent = self.requests and self.requests[-1] > then
        return not (recent or self.under_way or (self.used and self.day == day))


class LocalLimiter(Limiter):
    """The limits of one process."""

    def __init__(
        self, limits: UserLimits, now: Callable[[], float] = time.time, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        """`now` tells the day, `ticks` goes on evenly whatever is done to the clock; both in seconds."""
        super().__init__(limits)
        self._now = now
        self._ticks = ticks
        self._users: dict[str, _User] = {}
        self._looked_at = _FEW

    async def admit(self, asked: Asked) -> Lease | Exceeded:
        return self.admitted(asked)

    def admitted(self, asked: Asked) -> Lease | Exceeded:
        """The same at once."""
        user = self._user(asked.user)
        return self._exceeded(user, asked) or self.taken(asked)

    def taken(self, asked: Asked) -> Lease:
        """Counts a call that was let in."""
        user = self._user(asked.user)
        if most := self.limits.requests_per_minute:
            while len(user.requests) >= most:
                user.requests.popleft()
            user.requests.append(self._ticks())
        user.streams += asked.streams
        user.expected += asked.tokens
        user.under_way += 1
        return _Taken(self, user, asked)

    def know(self, asked: Asked, used: int) -> None:
        """Takes what is known elsewhere of the tokens of today."""
        self._user(asked.user).used = used

    def _exceeded(self, user: _User, asked: Asked) -> Exceeded | None:
        limits, now = self.limits, self._now()
        if limits.tokens_per_day and user.used >= limits.tokens_per_day:
            return Exceeded("tokens_per_day", user.used, (user.day + 1) * DAY - now)
        if limits.tokens_per_day and user.used + user.expected >= limits.tokens_per_day:
            return Exceeded("tokens_per_day", user.used, SOON, held=user.expected)
        requests, then = user.requests, self._ticks() - MINUTE
        while requests and requests[0] <= then:
            requests.popleft()
        if limits.requests_per_minute and len(requests) >= limits.requests_per_minute:
            return Exceeded("requests_per_minute", len(requests), requests[0] - then)
        if limits.streams_at_once and asked.streams and user.streams >= limits.streams_at_once:
            return Exceeded("streams_at_once", user.streams, SOON)
        return None

    def _user(self, name: str) -> _User:
        user, day = self._users.get(name), int(self._now() // DAY)
        if user is None:
            if len(self._users) >= self._looked_at:  # anybody may name users that do not exist
                then = self._ticks() - MINUTE
                self._users = {one: known for one, known in self._users.items() if not known.forgettable(day, then)}
                self._looked_at = max(_FEW, 2 * len(self._users))
            user = self._users[name] = _User()
        if user.day != day:
            user.day, user.used = day, 0
        return user

    def spend(self, user: str, tokens: int) -> None:
        """Counts what a call has used, on the day on which it ended."""
        self._user(user).used += tokens

    async def close(self) -> None:
        """What is counted here ends with the process."""


class _Taken(Lease):
    def __init__(self, limiter: LocalLimiter, user: _User, asked: Asked) -> None:
        self._limiter = limiter
        self._user = user
        self._asked: Asked | None = asked

    def end(self, tokens: int) -> None:
        asked, self._asked = self._asked, None
        if asked is None:
            return
        self._user.streams -= asked.streams
        self._user.expected -= asked.tokens
        self._user.under_way -= 1
        self._limiter.spend(asked.user, tokens)
