"""What one simulated ARGO remembers: who is registered, what was received, what is to go wrong. It does no I/O."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from argo_addon.simulator.behaviours import Queue
from argo_addon.simulator.log import KEPT, Entry
from argo_addon.simulator.usage import Cache

_KEPT_CALLS = 10_000


class State:
    """`pace` is the seconds between two events of a stream; `users` are the registered users, None for everybody."""

    BASE = "/argoapi"

    def __init__(self, pace: float = 0.0, users: Collection[str] | None = None) -> None:
        self.pace = pace
        self.users = frozenset(users) if users is not None else None
        self.received: deque[Entry] = deque(maxlen=KEPT)
        self.behaviours = Queue()
        self.cache = Cache()
        self.thoughtful: deque[str] = deque(maxlen=_KEPT_CALLS)
        """Ids of the calls that were given together with thinking."""
        self.under_way: set[asyncio.Event] = set()
        """One event for each request that is being answered; setting it ends the answer."""

    def knows(self, user: str) -> bool:
        """Whether ARGO has the user registered."""
        return self.users is None or user in self.users

    def remember_thinking(self, call_ids: tuple[str, ...]) -> None:
        """Notes that these calls came with thinking."""
        self.thoughtful.extend(call_ids)

    @contextmanager
    def serving(self, left: asyncio.Event) -> Iterator[None]:
        """Holds while a request is being answered; `left` is set when the answer has to end."""
        self.under_way.add(left)
        try:
            yield
        finally:
            self.under_way.discard(left)
