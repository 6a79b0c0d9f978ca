"""Counts in Redis, for all gateways that name the same server, on whatever machines (docs/decisions/0030).

A user has three keys: the requests of the last minute (a sorted set), the tokens of the day (a hash), and the calls
under way (a sorted set by when they are to be forgotten). A call is one step in Redis, a script, when it sets out and
one when it is over; the time is Redis's own, so that no machine's clock matters. Calls under way are leased: each
gateway renews its own, and those of one that was killed are forgotten within LEASE.

Where Redis is away each gateway counts by itself, from what it knows, and looks now and then whether Redis is there.
With a user's next call it tells Redis of those under way here: a server that was started anew does not know them.

A script whose answer was lost may have been run, and is sent once more: each counts once, however often it comes. A
call is known by its id, what was used by a number that each gateway counts up, the last of which stands in the hash.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
import uuid
from collections import deque
from collections.abc import Awaitable
from typing import Any, cast

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from .base import Asked, Exceeded, Lease, Limiter, UserLimits
from .local import SOON, LocalLimiter

logger = logging.getLogger(__name__)

LEASE = 30.0
"""Seconds after which a call is forgotten whose gateway does not renew it."""
PATIENCE = 1.0
"""Seconds that a call waits for Redis; then it is taken to be away."""
AWAY = 2.0
"""Seconds for which nobody waits for it then."""
_RENEWED = LEASE / 3
_MOST_OWED = 100_000
"""Calls that are over and not told to Redis yet, at the most, where it is away for long."""

_ADMIT = """
local requests, tokens, calls = KEYS[1], KEYS[2], KEYS[3]
local per_minute, per_day, at_once = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local identifier, streams, lease, member = ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local day = math.floor(now / 86400)
local used, held, running = 0, 0, 0
redis.call('ZREMRANGEBYSCORE', calls, '-inf', now)
for place = 8, #ARGV do
    redis.call('ZADD', calls, string.format('%.6f', now + lease), ARGV[place])
    redis.call('EXPIRE', calls, lease + 1)
end
for _, one in ipairs(redis.call('ZRANGE', calls, 0, -1)) do
    local streamed, needs = string.match(one, '^(%d) (%d+) ')
    running = running + tonumber(streamed)
    held = held + tonumber(needs)
end
local kept = redis.call('HMGET', tokens, 'day', 'used')
if kept[1] == tostring(day) then used = tonumber(kept[2]) end
if redis.call('ZSCORE', requests, identifier) or (member ~= '' and redis.call('ZSCORE', calls, member)) then
    return {'', used, '0', held}
end
if per_day > 0 and used >= per_day then
    return {'tokens_per_day', used, tostring((day + 1) * 86400 - now), 0}
end
if per_day > 0 and used + held >= per_day then
    return {'tokens_per_day', used, '0', held}
end
if per_minute > 0 then
    redis.call('ZREMRANGEBYSCORE', requests, '-inf', now - 60)
    local made = redis.call('ZCARD', requests)
    if made >= per_minute then
        local first = redis.call('ZRANGE', requests, made - per_minute, made - per_minute, 'WITHSCORES')
        return {'requests_per_minute', made, tostring(tonumber(first[2]) + 60 - now), 0}
    end
end
if at_once > 0 and streams > 0 and running >= at_once then
    return {'streams_at_once', running, '0', 0}
end
if per_minute > 0 then
    redis.call('ZADD', requests, string.format('%.6f', now), identifier)
    redis.call('EXPIRE', requests, 61)
end
if member ~= '' then
    redis.call('ZADD', calls, string.format('%.6f', now + lease), member)
    redis.call('EXPIRE', calls, lease + 1)
end
return {'', used, '0', held}
"""
_END = """
redis.call('ZREM', KEYS[2], ARGV[1])
local spent = tonumber(ARGV[2])
if spent > 0 then
    local day = tostring(math.floor(tonumber(redis.call('TIME')[1]) / 86400))
    if redis.call('HGET', KEYS[1], 'day') ~= day then
        redis.call('DEL', KEYS[1])
        redis.call('HSET', KEYS[1], 'day', day, 'used', 0)
    end
    if tonumber(ARGV[4]) > tonumber(redis.call('HGET', KEYS[1], ARGV[3]) or '0') then
        redis.call('HSET', KEYS[1], ARGV[3], ARGV[4])
        redis.call('HINCRBY', KEYS[1], 'used', spent)
    end
    redis.call('EXPIRE', KEYS[1], 172800)
end
"""
_RENEW = """
local time = redis.call('TIME')
local lease = tonumber(ARGV[1])
local score = string.format('%.6f', tonumber(time[1]) + tonumber(time[2]) / 1000000 + lease)
for place = 2, #ARGV do redis.call('ZADD', KEYS[1], score, ARGV[place]) end
redis.call('EXPIRE', KEYS[1], lease + 1)
"""


class RedisLimiter(Limiter):
    """The limits of all gateways at a `redis://` or `rediss://` URL."""

    def __init__(self, url: str, limits: UserLimits) -> None:
        """Raises ValueError where the URL is none. It connects when it is first asked."""
        super().__init__(limits)
        self._server = redis.asyncio.Redis.from_url(
            url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), 1)
        )
        self._local = LocalLimiter(limits)
        self._turn = asyncio.Lock()  # what is asked is answered in turn: a user's end before that user's next call
        self._leases: dict[str, set[str]] = {}
        # Of calls that are over: whose, which, how many tokens, and which of those that are told from here it is.
        self._owed: deque[tuple[str, str, int, int]] = deque()
        self._numbers = itertools.count(1)
        self._name = f"told:{uuid.uuid4().hex}"
        self._asked = 0  # how often it was
        self._away_until = 0.0
        self._is_away = False
        self._keeper: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None

    async def check(self) -> str:
        try:
            await asyncio.wait_for(cast(Awaitable[object], self._server.ping()), PATIENCE)
        except (redis.ConnectionError, redis.TimeoutError, asyncio.TimeoutError, OSError) as problem:
            if isinstance(problem, redis.AuthenticationError):
                return str(problem)
            self._note_away(problem)
        except redis.RedisError as problem:
            return str(problem)
        return ""

    async def admit(self, asked: Asked) -> Lease | Exceeded:
        limits = self.limits
        leased = bool(limits.tokens_per_day or (limits.streams_at_once and asked.streams))
        identifier = uuid.uuid4().hex
        member = f"{int(asked.streams)} {asked.tokens} {identifier}" if leased else ""
        async with self._turn:
            told, asked_before = None, self._asked
            if await self._done():  # and then at once: one that ends meanwhile is not to be told as under way
                under_way = self._leases.get(asked.user, ())
                arguments = [*_numbers(limits), identifier, int(asked.streams), LEASE, member, *under_way]
                told = await self._sent(_ADMIT, ("requests", "tokens", "calls"), asked.user, arguments)
        if told is None:
            found = self._local.admitted(asked)
            if isinstance(found, Lease):
                return self._let_in(asked.user, member, found)
            if member and self._asked != asked_before:  # it may have a place in Redis, of which no word came
                self.over(asked.user, member, 0)
            return found
        limit, taken, seconds, held = told[0].decode(), int(told[1]), float(told[2]), int(told[3])
        if limit:
            return Exceeded(limit, taken, seconds or SOON, held)
        self._local.know(asked, taken)
        return self._let_in(asked.user, member, self._local.taken(asked))

    def _let_in(self, user: str, member: str, local: Lease) -> Lease:
        if member:
            self._leases.setdefault(user, set()).add(member)
            self._start_keeper()
        return _Leased(self, user, member, local)

    def _start_keeper(self) -> None:
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep())

    def over(self, user: str, member: str, tokens: int) -> None:
        """A call is over."""
        leases = self._leases.get(user)
        if leases is not None:
            leases.discard(member)
            if not leases:
                del self._leases[user]
        if len(self._owed) < _MOST_OWED:
            self._owed.append((user, member, tokens, next(self._numbers)))
        self._start_keeper()
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        async with self._turn:
            await self._done()

    async def _keep(self) -> None:
        """Renews the leases of this gateway's calls, and tells what could not be told before."""
        renewed = time.monotonic()
        while True:
            await asyncio.sleep(min(AWAY, _RENEWED))
            async with self._turn:
                await self._done()
                if not (self._is_away or time.monotonic() - renewed >= _RENEWED):
                    continue
                renewed = time.monotonic()
                for user in list(self._leases):
                    if await self._done() and (members := self._leases.get(user)):
                        await self._sent(_RENEW, ("calls",), user, [LEASE, *members])

    async def _done(self) -> bool:
        """Tells Redis of calls that are over; returns whether it knows of all."""
        while self._owed:
            user, member, tokens, number = self._owed[0]
            arguments = [member, tokens, self._name, number]
            if await self._sent(_END, ("tokens", "calls"), user, arguments) is None:
                return False
            self._owed.popleft()
        return True

    async def _sent(self, script: str, names: tuple[str, ...], user: str, arguments: list[Any]) -> Any:
        """What a script answers; None where Redis is away."""
        if time.monotonic() < self._away_until:
            return None
        self._asked += 1
        keys = [f"argo-proxy:limits:{{{user}}}:{name}" for name in names]
        try:
            told = await asyncio.wait_for(self._server.eval(script, len(keys), *keys, *arguments), PATIENCE)
        except (redis.RedisError, asyncio.TimeoutError, OSError) as problem:
            self._note_away(problem)
            return None
        if self._is_away:
            self._is_away = False
            logger.warning("the limits of users are counted in Redis again")
        return [] if told is None else told

    def _note_away(self, problem: Exception) -> None:
        self._away_until = time.monotonic() + AWAY
        if not self._is_away:
            self._is_away = True
            why = str(problem) or f"no answer within {PATIENCE:g} s"
            logger.warning(
                "Redis cannot be asked for the limits of users (limits_store): %s. Until it can be, this gateway "
                "counts by itself, so that several of them together may let more through",
                why,
            )

    async def close(self) -> None:
        async with self._turn:  # neither of them is in the middle of telling then
            for task in (self._keeper, self._telling):
                if task is not None:
                    task.cancel()
            await self._done()
        await self._server.aclose()


class _Leased(Lease):
    def __init__(self, limiter: RedisLimiter, user: str, member: str, local: Lease) -> None:
        self._limiter = limiter
        self._user = user
        self._member = member
        self._local = local
        self._ended = False

    def end(self, tokens: int) -> None:
        self._local.end(tokens)
        if not self._ended and (self._member or (tokens and self._limiter.limits.tokens_per_day)):
            self._limiter.over(self._user, self._member, tokens)
        self._ended = True


def _numbers(limits: UserLimits) -> list[int]:
    return [limits.requests_per_minute, limits.tokens_per_day, limits.streams_at_once]
