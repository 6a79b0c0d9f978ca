"""A group at work, for `make group`: 50 users on two gateways behind nginx, of which one is killed half-way.

Each user asks in two threads, as fast as it is let, though one stream at once is allowed. It fails where a limit was
overrun by more than a hundredth, or where anything but the streams of the gateway that was killed is lost.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx

from ..proxy.talking import MESSAGE_STREAM, MESSAGES, events
from ..running import END, STREAM, Pause, Seen, Step, chunk
from .conftest import Group, running

USERS = 50
PER_MINUTE = 30
CALLS_A_DAY = 120
_AT_THE_KILL = 3.0
"""Seconds around the kill in which a call may be lost with its gateway."""


class Call(NamedTuple):
    """One call: when it was sent, when its head came, when it was over, and its status.

    That is 0 where its connection broke, -1 where it was cut off.
    """

    begun: float
    headed: float
    ended: float
    status: int
    limit: str


def tokens_of_a_call() -> int:
    """What the stand-in's answer tells."""
    from argo_addon.gateway.token_counts import tokens_in

    told = tokens_in(MESSAGE_STREAM)
    return (told["input_tokens"] or 0) + (told["output_tokens"] or 0)


class Argo:
    """ARGO's stand-in, which sees how many streams of each user are under way."""

    def __init__(self) -> None:
        self.under_way: Counter[str] = Counter()
        self.most: Counter[str] = Counter()

    def answer(self, seen: Seen) -> Iterator[Step]:
        """A stream of half a second."""
        user = seen.headers.get("x-api-key", "")
        self.under_way[user] += 1
        self.most[user] = max(self.most[user], self.under_way[user])
        try:
            yield STREAM
            for place, event in enumerate(all_of_it := events(MESSAGE_STREAM)):
                if place == len(all_of_it) - 1:
                    self.under_way[user] -= 1  # once it is written the gateway may know of the end
                    user = ""
                yield chunk(event)
                if place in (3, len(all_of_it) // 2):
                    yield Pause(0.25)
            yield END
        finally:
            if user:
                self.under_way[user] -= 1


def ask(client: httpx.Client, user: str) -> Call:
    """One call of a user."""
    begun = headed = time.monotonic()
    status, limit = 0, ""
    try:
        with client.stream("POST", "/v1/messages", json=MESSAGES, headers={"x-api-key": user}) as told:
            status, headed = told.status_code, time.monotonic()
            whole = told.read()
            if status == 200 and whole != MESSAGE_STREAM:
                status = -1
            elif status == 429:
                limit = whole.decode().rpartition("limit of this gateway: ")[2].partition(")")[0]
    except httpx.HTTPError:
        status = -1 if status else 0
    return Call(begun, headed, time.monotonic(), status, limit)


def work(url: str, user: str, until: float, calls: list[Call]) -> None:
    """A user's thread."""
    with httpx.Client(base_url=url, headers={"host": "argo.example.org"}, timeout=60, trust_env=False) as client:
        while time.monotonic() < until:
            calls.append(made := ask(client, user))
            if made.status != 200:
                time.sleep(1)


def surely_within_a_minute(calls: list[Call]) -> int:
    """How many calls were let in within 60 s at the most, whenever between its sending and its head each was."""
    return max(
        (sum(one.begun >= call.begun and one.headed <= call.begun + 60 for one in calls) for call in calls), default=0
    )


def overruns(calls: list[Call], streams: int) -> Iterator[str]:
    """Which limits a user's calls have overrun."""
    good = [call for call in calls if call.status in (200, -1)]
    if (most := surely_within_a_minute(good)) > PER_MINUTE * 1.01:
        yield f"{most} requests within a minute, of {PER_MINUTE}"
    if len(good) > CALLS_A_DAY * 1.01:
        yield f"the tokens of {len(good)} calls in a day, of {CALLS_A_DAY}"
    if streams > 1:
        yield f"{streams} streams at once, of 1"


def judged(calls: dict[str, list[Call]], argo: Argo, killed: float, active: float) -> list[str]:
    """What went wrong."""
    wrong = [f"{user}: {what}" for user, made in calls.items() for what in overruns(made, argo.most[user])]
    every = [call for made in calls.values() for call in made]
    lost = [call for call in every if call.status not in (200, 429)]
    wrong += [f"lost without a reason: {call}" for call in lost if abs(call.ended - killed) > _AT_THE_KILL]
    if len(lost) > active + 5:  # what set out between the look and the kill
        wrong.append(f"{len(lost)} calls were lost, and the gateway that was killed had {active:g}")
    refused = Counter(call.limit for call in every if call.status == 429)
    print(f"{len(every)} calls: {Counter(call.status for call in every)}; refused by {dict(refused)}; lost {len(lost)}")
    return wrong


def main(seconds: float) -> int:
    """Runs it; returns the exit code."""
    limits = {
        "requests_per_minute": PER_MINUTE,
        "streams_at_once": 1,
        "tokens_per_day": CALLS_A_DAY * tokens_of_a_call(),
    }
    argo = Argo()
    calls: dict[str, list[Call]] = {f"user{number}": [] for number in range(USERS)}
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), **limits) as group:
        group.argo.answer = argo.answer
        until = time.monotonic() + seconds
        threads = [
            threading.Thread(target=work, args=(group.fronts["nginx"], user, until, made))
            for user, made in calls.items()
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        time.sleep(seconds / 2)
        active = _kill(group)
        killed = time.monotonic()
        for thread in threads:
            thread.join(120)
    wrong = judged(calls, argo, killed, active)
    print("\n".join(wrong) or "no limit was overrun, and nothing was lost but what the killed gateway had")
    return bool(wrong)


def _kill(group: Group) -> float:
    """Kills a gateway; returns how many streams it had."""
    process, url = group.gateways[0]
    told = httpx.get(f"{url}/metrics", headers={"x-api-key": "looks"}, timeout=60, trust_env=False).text
    process.kill()
    lines = told.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("argo_proxy_active_requests "))


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 600.0))
