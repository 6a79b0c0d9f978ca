"""What counting must keep to, in one process and in a Redis that several gateways share."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from argo_addon.rate_limits import redis as in_redis
from argo_addon.rate_limits.base import Asked, Exceeded, Lease, Limiter, UserLimits, expected_tokens, spent_tokens
from argo_addon.rate_limits.local import LocalLimiter
from argo_addon.rate_limits.opening import LimiterProblem, open_limiter
from argo_addon.rate_limits.redis import RedisLimiter

from .. import servers
from ..ports import free_port

Opened = Callable[..., Limiter]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with servers.redis_server(tmp_path_factory.mktemp("redis")) as (url, _):
        yield url


@pytest.fixture(params=["process", "redis"])
def opened(request: pytest.FixtureRequest) -> Opened:
    url = None if request.param == "process" else str(request.getfixturevalue("server"))

    def made(**limits: int) -> Limiter:
        limiter = open_limiter(limits, url)
        assert limiter is not None
        return limiter

    return made


@asynccontextmanager
async def closing(*limiters: Limiter) -> AsyncIterator[None]:
    try:
        yield
    finally:
        for limiter in limiters:
            await limiter.close()


_users = iter(range(10**6))


def somebody(*, streams: bool = False, tokens: int = 0) -> Asked:
    return Asked(f"user{next(_users)}", streams, tokens)


async def let_in(limiter: Limiter, asked: Asked) -> Lease:
    found = await limiter.admit(asked)
    assert isinstance(found, Lease), found
    return found


async def refused(limiter: Limiter, asked: Asked) -> Exceeded:
    found = await limiter.admit(asked)
    assert isinstance(found, Exceeded)
    return found


def test_so_many_requests_a_minute_and_no_more_for_each_user(opened: Opened) -> None:
    async def run() -> None:
        limiter, one, other = opened(requests_per_minute=3), somebody(), somebody()
        async with closing(limiter):
            for _ in range(3):
                (await let_in(limiter, one)).end(10)
            for _ in range(2):  # what was refused does not count
                told = await refused(limiter, one)
                assert (told.limit, told.taken) == ("requests_per_minute", 3)
                assert 50 < told.seconds <= 60
            await let_in(limiter, other)

    asyncio.run(run())


def test_a_place_among_the_streams_is_free_once_one_has_ended_and_once_only(opened: Opened) -> None:
    async def run() -> None:
        limiter, one = opened(streams_at_once=2), somebody(streams=True)
        async with closing(limiter):
            first, _ = await let_in(limiter, one), await let_in(limiter, one)
            assert (await refused(limiter, one)).taken == 2
            await let_in(limiter, Asked(one.user, False, 0))  # what is no stream needs no place
            first.end(5)
            first.end(5)
            await let_in(limiter, one)
            assert (await refused(limiter, one)).limit == "streams_at_once"

    asyncio.run(run())


def test_tokens_add_up_over_the_day_and_calls_under_way_hold_theirs(opened: Opened) -> None:
    async def run() -> None:
        limiter, one = opened(tokens_per_day=1000), somebody(tokens=600)
        async with closing(limiter):
            first, second = await let_in(limiter, one), await let_in(limiter, one)
            told = await refused(limiter, one)
            assert (told.limit, told.taken, told.held) == ("tokens_per_day", 0, 1200)
            assert told.seconds < 10
            first.end(300)
            second.end(0)
            (await let_in(limiter, one)).end(800)
            told = await refused(limiter, one)
            assert (told.taken, told.held) == (1100, 0)
            assert told.seconds <= 86400

    asyncio.run(run())


def test_two_gateways_that_share_a_server_let_no_more_through_than_one(server: str) -> None:
    async def run() -> None:
        limits = UserLimits(requests_per_minute=37, streams_at_once=1000)
        gateways, one = [RedisLimiter(server, limits) for _ in range(3)], somebody(streams=True)
        async with closing(*gateways):
            found = await asyncio.gather(*(gateways[number % 3].admit(one) for number in range(120)))
            assert sum(isinstance(each, Lease) for each in found) == 37

    asyncio.run(run())


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    end = time.monotonic() + 20
    while not await condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.1)


def test_the_places_of_a_gateway_that_was_killed_come_back_and_those_of_one_that_lives_stay(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_redis, "LEASE", 1.0)
    monkeypatch.setattr(in_redis, "_RENEWED", 0.1)

    async def run() -> None:
        limits = UserLimits(streams_at_once=1)
        killed, lives, looks = (RedisLimiter(server, limits) for _ in range(3))
        one, other = somebody(streams=True), somebody(streams=True)
        async with closing(killed, lives, looks):
            await let_in(killed, one)
            await let_in(lives, other)
            assert isinstance(await looks.admit(one), Exceeded)
            assert killed._keeper is not None
            killed._keeper.cancel()  # all that a process which is killed no longer does

            async def free() -> bool:
                assert isinstance(await looks.admit(other), Exceeded)
                return isinstance(await looks.admit(one), Lease)

            await until(free)
            assert isinstance(await looks.admit(other), Exceeded)

    asyncio.run(run())


@asynccontextmanager
async def losing(server: str, replies: list[bool]) -> AsyncIterator[str]:
    """The same Redis behind a way on which replies to scripts are lost, each with its connection, as `replies` say."""
    host, port = server.removeprefix("redis://").partition("/")[0].split(":")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there = await asyncio.open_connection(host, int(port))
        try:
            while asked := await reader.read(65536):
                there.write(asked)
                told = await there_reader.read(65536)  # a request or a few of a connection's start, and their replies
                if b"EVAL" in asked and replies and replies.pop(0):
                    return
                writer.write(told)
        finally:
            there.close()
            writer.close()

    made = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"redis://127.0.0.1:{made.sockets[0].getsockname()[1]}/0"
    finally:
        made.close()


@pytest.mark.parametrize("lost", [1, 2], ids=["once", "and once more"])
def test_a_reply_that_is_lost_counts_nothing_twice(server: str, monkeypatch: pytest.MonkeyPatch, lost: int) -> None:
    """A script whose reply was lost has been run, and is run once more: at once, or when Redis is taken to be back."""
    monkeypatch.setattr(in_redis, "AWAY", 0.1)

    async def run() -> None:
        limits = UserLimits(requests_per_minute=1, tokens_per_day=100, streams_at_once=1)
        one = somebody(streams=True)
        replies = [*[True] * lost, False]
        async with losing(server, replies) as url:
            asks, looks = RedisLimiter(url, limits), RedisLimiter(server, limits)
            async with closing(asks, looks):
                lease = await let_in(asks, one)  # the only place there is, and it is its own
                replies[:] = [*[True] * lost, False]
                lease.end(60)

                async def told() -> bool:
                    return not asks._owed

                await until(told)
                used = await looks._server.hget(f"argo-proxy:limits:{{{one.user}}}:tokens", "used")
                assert used == b"60"
                assert await looks._server.zcard(f"argo-proxy:limits:{{{one.user}}}:calls") == 0
                assert await looks._server.zcard(f"argo-proxy:limits:{{{one.user}}}:requests") == 1

    asyncio.run(run())


def test_a_place_that_redis_gave_and_nobody_got_is_given_back(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no reply came and the gateway, counting by itself, refuses the call."""
    monkeypatch.setattr(in_redis, "AWAY", 0.1)

    async def run() -> None:
        limits = UserLimits(streams_at_once=1)
        one = somebody(streams=True)
        replies: list[bool] = []
        async with losing(server, replies) as url:
            asks, looks = RedisLimiter(url, limits), RedisLimiter(server, limits)
            async with closing(asks, looks):
                asks._local.admitted(one)  # which it does not know is over
                replies[:] = [True, True]
                assert isinstance(await asks.admit(one), Exceeded)

                async def free() -> bool:
                    return not asks._owed and isinstance(await looks.admit(one), Lease)

                await until(free)

    asyncio.run(run())


def test_what_ends_while_another_call_asks_is_not_leased_once_more(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else its place would be taken until that lease is over, though nobody renews it."""

    async def run() -> None:
        limits = UserLimits(streams_at_once=2)
        asks, looks = RedisLimiter(server, limits), RedisLimiter(server, limits)
        one = somebody(streams=True)
        async with closing(asks, looks):
            first, second = await let_in(asks, one), await let_in(asks, one)
            sent = asks._sent

            async def meanwhile(*arguments: Any) -> Any:
                second.end(0)  # while the end of the first is being told
                return await sent(*arguments)

            monkeypatch.setattr(asks, "_sent", meanwhile)
            first.end(0)
            third = await let_in(asks, one)
            monkeypatch.setattr(asks, "_sent", sent)
            third.end(0)

            async def none_under_way() -> bool:
                return not (asks._owed or asks._leases)

            await until(none_under_way)
            for _ in range(2):
                await let_in(looks, one)
            await refused(looks, one)

    asyncio.run(run())


def test_where_redis_is_away_each_gateway_counts_by_itself_and_tells_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(in_redis, "AWAY", 0.2)
    port = free_port()
    limits = UserLimits(requests_per_minute=5, tokens_per_day=100)

    async def run() -> None:
        gateway, one = RedisLimiter(f"redis://127.0.0.1:{port}", limits), somebody()
        async with closing(gateway):
            with servers.redis_server(tmp_path, port):
                assert await gateway.check() == ""
                (await let_in(gateway, one)).end(10)
                running = await let_in(gateway, one)
            (await let_in(gateway, one)).end(20)
            running.end(70)
            assert caplog.text.count("Redis cannot be asked") == 1
            assert (await refused(gateway, one)).limit == "tokens_per_day"  # it has not forgotten what it knew
            for _ in range(5):
                await let_in(gateway, other := Asked("other", False, 0))
            assert (await refused(gateway, other)).limit == "requests_per_minute"
            with servers.redis_server(tmp_path, port):
                fresh = RedisLimiter(f"redis://127.0.0.1:{port}", UserLimits(tokens_per_day=90))
                async with closing(fresh):

                    async def told() -> bool:
                        return isinstance(await fresh.admit(one), Exceeded)

                    await until(told)  # what Redis has lost is lost; what was owed is told without being asked
                    assert (await refused(fresh, one)).taken == 90

    asyncio.run(run())


def test_streams_that_redis_does_not_know_of_keep_their_places_once_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that began while it was away, and those that it has forgotten since it was started anew."""
    monkeypatch.setattr(in_redis, "AWAY", 0.1)
    port = free_port()
    limits = UserLimits(streams_at_once=2)

    async def run() -> None:
        one, other = (RedisLimiter(f"redis://127.0.0.1:{port}", limits) for _ in range(2))
        early, late = somebody(streams=True), somebody(streams=True)
        async with closing(one, other):
            with servers.redis_server(tmp_path, port):
                known = [await let_in(one, early), await let_in(one, early)]
            await asyncio.sleep(0.2)
            for _ in range(2):
                await let_in(one, late)
            assert (await refused(one, late)).taken == 2
            with servers.redis_server(tmp_path, port):
                assert (await refused(one, early)).taken == 2  # by the gateway that has them, at once

                async def told() -> bool:  # and by the others soon, whoever asks
                    return not any([await _admits(other, each) for each in (early, late)])

                await until(told)
                known[0].end(0)
                await until(lambda: _admits(one, early))

    asyncio.run(run())


async def _admits(limiter: Limiter, asked: Asked) -> bool:
    found = await limiter.admit(asked)
    if isinstance(found, Lease):
        found.end(0)
    return isinstance(found, Lease)


def test_a_redis_that_does_not_answer_holds_calls_up_once_and_not_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_redis, "PATIENCE", 0.3)
    monkeypatch.setattr(in_redis, "AWAY", 30.0)

    async def run() -> None:
        with servers.redis_server(tmp_path) as (url, process):
            gateway, one = RedisLimiter(url, UserLimits(requests_per_minute=2)), somebody()
            async with closing(gateway):
                await let_in(gateway, one)
                os.kill(process.pid, signal.SIGSTOP)
                begun = time.monotonic()
                found = await asyncio.gather(*(gateway.admit(one) for _ in range(50)))
                assert sum(isinstance(each, Lease) for each in found) == 1
                assert time.monotonic() - begun < 5  # fifty times as long if each had waited

    asyncio.run(run())


@pytest.mark.parametrize("url", ["redis://nobody:wrong@{}/0", "redis://{}none/0"])
def test_what_does_not_pass_by_itself_is_told_at_the_start(server: str, url: str) -> None:
    async def run() -> str:
        try:
            limiter = open_limiter({"requests_per_minute": 1}, url.format(server.split("/")[2]))
        except LimiterProblem as problem:
            return str(problem)
        assert limiter is not None
        async with closing(limiter):
            return await limiter.check()

    assert asyncio.run(run())


def test_a_new_day_begins_anew_and_a_clock_that_is_set_locks_nobody_out() -> None:
    now, ticks = [86400.0 * 20000 + 5], [100.0]
    limiter = LocalLimiter(UserLimits(2, 100), lambda: now[0], lambda: ticks[0])
    one = somebody()
    for _ in range(2):
        found = limiter.admitted(one)
        assert isinstance(found, Lease)
        found.end(50)
    told = limiter.admitted(one)
    assert isinstance(told, Exceeded)
    assert (told.limit, told.seconds) == ("tokens_per_day", 86395)
    now[0] += 86395
    told = limiter.admitted(one)
    assert isinstance(told, Exceeded)
    assert (told.limit, told.seconds) == ("requests_per_minute", 60)
    now[0] -= 7200
    ticks[0] += 61
    assert isinstance(limiter.admitted(one), Lease)


def test_users_that_nobody_knows_do_not_fill_the_memory() -> None:
    ticks = [0.0]
    limiter = LocalLimiter(UserLimits(60, 1000), ticks=lambda: ticks[0])
    kept = limiter.admitted(Asked("runs", True, 1))
    assert isinstance(kept, Lease)
    for number in range(10_000):
        ticks[0] += 1.0
        found = limiter.admitted(Asked(f"name{number}", False, 0))
        assert isinstance(found, Lease)
        found.end(0)
    assert len(limiter._users) <= 1001
    assert "runs" in limiter._users


@pytest.mark.parametrize(
    ("told", "failed", "whole", "spent"),
    [
        ({"input_tokens": 7, "output_tokens": 3}, False, True, 10),
        ({"input_tokens": 7, "output_tokens": 3}, False, False, 7 + 30),
        ({"input_tokens": 7, "output_tokens": 99}, True, False, 7 + 99),
        ({"input_tokens": 7, "output_tokens": None}, True, False, 7 + 30),
        ({"input_tokens": None, "output_tokens": None}, False, True, 50 + 30),
        ({}, True, False, 0),
    ],
)
def test_what_argo_does_not_tell_is_reckoned(
    told: dict[str, int | None], failed: bool, whole: bool, spent: int
) -> None:
    assert spent_tokens(told, 50, 30, failed=failed, whole=whole) == spent


def test_pictures_are_not_taken_for_text() -> None:
    assert expected_tokens(b"x" * 4000) == 1000
    assert expected_tokens(b'{"data":"' + b"QUJD" * 1_000_000 + b'"}') < 2000
