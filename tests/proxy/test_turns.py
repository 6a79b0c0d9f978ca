"""Large requests begin one by one, and what else there is to do is done between them."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from argo_addon.proxy.turns import LARGE, Turns


class Request:
    """A request that notes when it begins."""

    def __init__(self, name: str, noted: list[str], *, over: bool = False) -> None:
        self._name = name
        self._noted = noted
        self.over = over

    def begin(self) -> None:
        """Fails where it is the one that does."""
        self._noted.append(self._name)
        if self._name == "fails":
            raise ValueError


def test_large_requests_take_turns_and_streams_go_on_between_them() -> None:
    noted: list[str] = []

    async def stream() -> None:
        while "last" not in noted:
            noted.append("event")
            await asyncio.sleep(0)

    async def run() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        turns = Turns()
        for name in ("first", "fails", "gone", "last"):
            turns.take(LARGE, Request(name, noted, over=name == "gone"))
        turns.take(LARGE - 1, Request("small", noted))
        await asyncio.wait_for(stream(), 20)

    asyncio.run(run())
    assert noted[0] == "small"
    assert [name for name in noted if name not in ("event", "small")] == ["first", "fails", "last"]
    at = [noted.index(name) for name in ("first", "fails", "last")]
    assert all("event" in noted[before:after] for before, after in pairwise(at))
