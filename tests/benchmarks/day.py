"""A working day of a group by simulation, for `make simulate-day`: what it asks of gateways, machines and Redis.

People begin between 8 and 10, work in bursts as coding tools do (one call after the other, each a stream), pause, and
go between 16 and 18. Prices are those of docs/performance.md; nothing is run. Events are counted second by second.
"""

from __future__ import annotations

import math
import random
from typing import NamedTuple

EVENT = 62e-6
"""Seconds of a core that a streamed event takes (W5)."""
CALL = 6e-3
"""Seconds of a core around a call of a coding tool: 1.2 MB of conversation take 17 ms (W6), a small one 1 (W1)."""
BUSY = 0.5
"""How much of a core a gateway may be busy in the worst second, so that nobody waits."""
OPERATIONS = 2
"""Scripts in Redis that a call takes for its limits: when it sets out and when it is over."""
_DAY = 10 * 3600
_PER_SECOND = 40
"""Events a second that a model gives in one stream."""


class Peak(NamedTuple):
    """The worst second of a day, figure by figure, and the sums of all."""

    calls_a_day: int
    calls: int
    streams: int
    events: int
    cores: float


def person(chance: random.Random) -> list[tuple[int, int]]:
    """The streams of a person's day: the second in which each begins, and how many seconds it takes."""
    now, end = chance.uniform(0, 7200), chance.uniform(8 * 3600, _DAY)
    made = []
    while now < end:
        for _ in range(1 + int(chance.expovariate(1 / 12))):  # a turn: calls until the work of it is done
            seconds = max(1.0, chance.lognormvariate(2.0, 0.8))
            made.append((int(now), math.ceil(seconds)))
            now += seconds + chance.expovariate(1 / 3)  # the tool runs something
        now += chance.expovariate(1 / 400)  # reading, thinking, talking
    return made


def day(people: int, active: float, seed: int = 1) -> Peak:
    """The worst second of a day of so many people, of whom a share is at work with a model."""
    chance = random.Random(seed)
    begun, change = [0] * (_DAY + 7200), [0] * (_DAY + 7200)
    count = 0
    for _ in range(round(people * active)):
        for second, seconds in person(chance):
            if second + seconds < len(change):
                begun[second] += 1
                change[second] += 1
                change[second + seconds] -= 1
                count += 1
    streams, worst = 0, Peak(count, 0, 0, 0, 0.0)
    for second, calls in enumerate(begun):
        streams += change[second]
        events = streams * _PER_SECOND
        cores = events * EVENT + calls * CALL
        worst = Peak(
            count, max(worst.calls, calls), max(worst.streams, streams), max(worst.events, events),
            max(worst.cores, cores),
        )  # fmt: skip
    return worst


def row(people: int, active: float) -> str:
    """A row of the table in docs/reliability.md."""
    peak = day(people, active)
    gateways = max(2, math.ceil(peak.cores / BUSY))  # two, so that one may go
    return (
        f"| {people:,} ({active:.0%} at work) | {peak.calls_a_day:,} | {peak.calls:,} | {peak.streams:,} "
        f"| {peak.events:,} | {peak.cores:.2f} | {gateways} | {peak.calls * OPERATIONS:,} |"
    )


HEAD = (
    "| people | calls a day | calls a second | streams | events a second | cores | gateways | Redis scripts a second |"
)


def main() -> None:
    """Prints the table."""
    print(HEAD)
    print("| --- " * 8 + "|")
    for people, active in ((200, 0.6), (5000, 0.3)):
        print(row(people, active))


if __name__ == "__main__":
    main()
