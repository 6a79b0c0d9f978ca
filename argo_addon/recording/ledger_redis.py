"""Usage that several machines share: a hash in Redis for each day, `argo-proxy:usage:2026-11-28`.

It expires by itself. Its fields are JSON: user, dialect, model, tool and the figure's name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import msgspec
import redis

from .ledger_books import FIGURES, KEPT_DAYS, KEYS, Book, BookProblem, Row, Sums, joined, named

_PREFIX = "argo-proxy:usage:"
_BATCH = "argo-proxy:usage-batch:"
_SECONDS = 5.0
_ADD = """
if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', 86400) then return end
for place = 2, #ARGV, 4 do
    redis.call(ARGV[place], KEYS[tonumber(ARGV[place + 1])], ARGV[place + 2], ARGV[place + 3])
end
for place = 2, #KEYS do redis.call('EXPIRE', KEYS[place], ARGV[1]) end
"""


class RedisBook(Book):
    """The server at a `redis://` or `rediss://` URL."""

    def __init__(self, url: str) -> None:
        """Raises ValueError where the URL is none. It connects when it is first used."""
        self._server = redis.Redis.from_url(url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS)

    def add(self, sums: Mapping[Row, Sequence[float]], batch: str) -> None:
        days = sorted({row[0] for row in sums})
        keys = [_BATCH + batch, *(_PREFIX + day for day in days)]
        arguments: list[Any] = [KEPT_DAYS * 86400]
        for (day, *names), figures in sums.items():
            for name, figure in zip(FIGURES, figures, strict=True):
                field, place = msgspec.json.encode([*names, name]), days.index(day) + 2
                if name == "seconds":
                    arguments += ["HINCRBYFLOAT", place, field, repr(float(figure))]
                elif figure:
                    arguments += ["HINCRBY", place, field, int(figure)]
        with _problems():
            self._server.eval(_ADD, len(keys), *keys, *arguments)

    def read(self, by: Sequence[str], since: str, until: str) -> list[dict[str, object]]:
        keys, sums = named(by), cast(Sums, {})
        with _problems():
            names = [bytes(key).decode() for key in self._server.scan_iter(match=f"{_PREFIX}*", count=1000)]
            days = sorted(name.removeprefix(_PREFIX) for name in set(names))
            for day in (day for day in days if since <= day <= until):
                for field, told in cast(Mapping[bytes, bytes], self._server.hgetall(_PREFIX + day)).items():
                    *others, figure = msgspec.json.decode(field, type=list[str])
                    row = dict(zip(KEYS, (day, *others), strict=True))
                    added = [float(told) if name == figure else 0 for name in FIGURES]
                    joined(sums, tuple(row[key] for key in keys), added)
        return [
            {**dict(zip(keys, row, strict=True)), **dict(zip(FIGURES, map(_whole, FIGURES, figures), strict=True))}
            for row, figures in sorted(sums.items())
        ]

    def close(self) -> None:
        self._server.close()


def _whole(name: str, figure: float) -> float:
    return figure if name == "seconds" else round(figure)


@contextmanager
def _problems() -> Iterator[None]:
    try:
        yield
    except redis.RedisError as problem:
        told = f"Redis (`usage_ledger`) cannot be used: {str(problem).rstrip('.')}"
        raise BookProblem(f"{told}. Is the server up, and its URL right?") from problem
