"""A store that several gateways share: Redis, or what speaks as it does.

A document is a hash of its owner and itself, which expires by itself. How much there may be together is the server's to
say (`maxmemory`, with an eviction policy).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import redis

from .base import Bounds, Change, Store, StoreProblem

_PREFIX = "argo-proxy:responses:"
_SECONDS = 5.0
"""Seconds that the server may take to be reached, and to answer."""


class RedisStore(Store):
    """Documents at a `redis://` or `rediss://` URL."""

    def __init__(self, url: str, bounds: Bounds) -> None:
        """Raises StoreProblem where the server does not answer."""
        self._bounds = bounds
        with _problems():
            self._server = redis.Redis.from_url(url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS)
            self._server.ping()

    def get(self, key: str, owner: str) -> bytes | None:
        with _problems():
            return _of(owner, self._server.hmget(_PREFIX + key, "owner", "document"))

    def change(self, key: str, owner: str, change: Change) -> bytes | None:
        name = _PREFIX + key
        with _problems(), self._server.pipeline() as pipe:
            while True:
                try:
                    pipe.watch(name)
                    there = pipe.hmget(name, "owner", "document")
                    before = _of(owner, there)
                    after = change(before)
                    if after is None or (before is None and there[0] is not None):
                        return before if after is None else after
                    pipe.multi()
                    pipe.hset(name, mapping={"owner": owner, "document": after})
                    pipe.expire(name, max(1, int(self._bounds.seconds)))
                    pipe.execute()
                    return after
                except redis.WatchError:
                    continue  # another gateway was quicker: on what it has made

    def delete(self, key: str, owner: str) -> bool:
        with _problems():
            there = _of(owner, self._server.hmget(_PREFIX + key, "owner", "document"))
            return there is not None and bool(self._server.delete(_PREFIX + key))

    def close(self) -> None:
        self._server.close()


def _of(owner: str, found: Sequence[object]) -> bytes | None:
    document = found[1]
    return document if found[0] == owner.encode() and isinstance(document, bytes) else None


@contextmanager
def _problems() -> Iterator[None]:
    try:
        yield
    except redis.RedisError as problem:
        told = f"the responses' store in Redis (`responses_store`) cannot be used: {str(problem).rstrip('.')}"
        raise StoreProblem(f"{told}. Is the server up, and its URL right?") from problem
