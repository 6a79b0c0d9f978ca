"""`make soak`: the real gateway in the background, under streams in four dialects to both upstreams over TLS.

There is a fault a second, and everything is recorded meanwhile. A third of the way through it is restarted, which no
client may notice; at the end it is killed, which no client may take for an answer's end. Prints what it saw, and fails
for an answer that is lost, mixed or falsely ended, and for memory that grows.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import ssl
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from tests.proxy.test_tls import certificate
from tests.shell.person import Person

from .argo import BROKEN, HARMLESS, PACE, listen
from .clients import WORDS, ask, fault_of, read

DIALECTS = ("chat", "messages", "responses", "google")
FAULTS = (*BROKEN, *HARMLESS, "leave")
GROWTH = 1.25
"""By how much the last quarter's memory may be above the second's."""


class Soak:
    """One run."""

    def __init__(self, streams: int, seconds: float, person: Person) -> None:
        self.wrong: list[str] = []
        self.calls = self.faults = 0
        self.cut_by_the_kill = 0
        self.memory: list[int] = []
        self._streams, self._seconds, self._person = streams, seconds, person
        self._numbers = itertools.count()
        self._kinds = itertools.cycle(FAULTS)
        self._due = 0.0
        self._over = self._killed = False

    async def run(self, port: int) -> None:
        """Keeps so many streams under way for so long."""
        self._due = time.monotonic() + 1
        clients = [asyncio.create_task(self._client(port, number)) for number in range(self._streams)]
        await asyncio.sleep(self._seconds / 3)
        await asyncio.to_thread(self._person.run, "restart")
        watching = asyncio.create_task(self._watch())
        await asyncio.sleep(self._seconds * 2 / 3)
        watching.cancel()
        self._over = True
        self._killed = True
        os.kill(self._person.status["pid"], signal.SIGKILL)
        await asyncio.gather(*clients)

    async def _client(self, port: int, number: int) -> None:
        await asyncio.sleep(PACE * WORDS * number / self._streams)  # not all at the same word
        while not self._over:
            call, fault = next(self._numbers), "none"
            if time.monotonic() >= self._due:
                self._due += 1
                fault = next(self._kinds)
                self.faults += 1
            dialect = DIALECTS[call % 4]
            got, broke = await ask(port, dialect, call, fault)
            if self._killed:
                self._look_at_cut(dialect, call, got)
                return
            self.calls += 1
            if broke is not None:
                self.wrong.append(f"{dialect} {fault}: {broke}")
            elif fault != "leave" and (why := fault_of(read(dialect, got), call, fault)):
                self.wrong.append(f"{dialect} {why}")

    def _look_at_cut(self, dialect: str, call: int, got: bytes) -> None:
        """A call that the kill may have cut: what says that it is complete is."""
        answer = read(dialect, got)
        if answer.ends and (why := fault_of(answer, call, "none")):
            self.wrong.append(f"{dialect} after the kill: {why}")
        self.cut_by_the_kill += not answer.ends

    async def _watch(self) -> None:
        gateway = psutil.Process(self._person.status["pid"])
        while True:
            self.memory.append(gateway.memory_info().rss)
            await asyncio.sleep(min(2.0, self._seconds / 60))

    @property
    def growth(self) -> float:
        """The median memory of the last quarter to that of the second."""
        quarter = max(1, len(self.memory) // 4)
        second, last = sorted(self.memory[quarter : 2 * quarter]), sorted(self.memory[-quarter:])
        return last[len(last) // 2] / second[len(second) // 2]


async def soak(streams: int, seconds: float, folder: Path) -> Soak:
    """Runs it in a home of its own in that folder."""
    pem = certificate(folder, "127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    argo = await listen(context)
    home = folder / "home"
    home.mkdir()
    person = Person(home)
    settings: dict[str, Any] = {"skip_url_validation": True, "dump_requests": True, "ssl_ca_file": str(pem)}
    person.config(argo_base_url=f"https://127.0.0.1:{argo.sockets[0].getsockname()[1]}", **settings)
    await asyncio.to_thread(person.run, "start")
    try:
        done = Soak(streams, seconds, person)
        status = await asyncio.to_thread(lambda: person.status)
        await done.run(int(status["url"].rpartition(":")[2]))
    finally:
        await asyncio.to_thread(person.run, "stop", "--timeout", "0", code=None)
        argo.close()
    return done


def main() -> int:
    """Prints what a run of STREAMS and SECONDS saw; the exit code."""
    streams, seconds = int(sys.argv[1]), float(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        done = asyncio.run(soak(streams, seconds, Path(folder)))
    print(f"{streams} streams for {seconds:g} s: {done.calls} answers, {done.faults} faults, {len(done.wrong)} wrong")
    print(f"cut by the kill, and none taken for complete: {done.cut_by_the_kill}")
    print(f"memory: {done.memory[-1] / 1e6:.0f} MB at the end, {done.growth:.2f} of what it was before")
    for why in done.wrong[:50]:
        print(f"  {why}")
    return 1 if done.wrong or done.growth > GROWTH else 0


if __name__ == "__main__":
    sys.exit(main())
