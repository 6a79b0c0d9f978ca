"""What a call waits for where ARGO is far: 20 ms each way, and TLS. The gateway beside argo-proxy 3.

    python -m tests.benchmarks.far_argo

One call after the other, each on a connection of its own, as scripts and short commands make them; then one after a
pause. An answer takes 40 ms for the way there and back at least; each handshake with ARGO that is waited for shows as
40 ms more. (The relay delays bytes, not the opening of a connection: TCP's own handshake is not seen.) Figures are
printed, never asserted.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx

from ..ports import free_port
from ..proxy.test_tls import certificate
from .load import CHAT, GPT
from .peers import OURS, REFERENCE, Peer, Place, kinds, process_of, running

AWAY = 0.02
"""Seconds that each byte takes, each way."""
CALLS = 20
PAUSE = 5.0


class Late(asyncio.Protocol):
    """One side of a connection: what comes goes to the other side `AWAY` later."""

    other: asyncio.Transport | None = None

    def __init__(self) -> None:
        self.waiting: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        asyncio.get_running_loop().call_later(AWAY, self.give, data)

    def give(self, data: bytes) -> None:
        if self.other is None:
            self.waiting.append(data)
        else:
            self.other.write(data)

    def connection_lost(self, problem: Exception | None) -> None:
        if self.other is not None:
            asyncio.get_running_loop().call_later(AWAY, self.other.close)


async def _relay(port: int, target: int) -> None:
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()

    async def join(near: Late) -> None:
        far: Late
        transport, far = await loop.create_connection(Late, "127.0.0.1", target)
        assert isinstance(near.transport, asyncio.Transport)
        near.other, far.other = transport, near.transport
        for data in near.waiting:
            transport.write(data)

    def accepted() -> Late:
        near = Late()
        task = loop.create_task(join(near))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        return near

    server = await loop.create_server(accepted, "127.0.0.1", port, backlog=512)
    await server.serve_forever()


def _call(port: int) -> float:
    """Milliseconds until a small answer is there, on a connection of its own."""
    body = {"model": GPT, "messages": [{"role": "user", "content": "bench:plain"}]}
    with httpx.Client(trust_env=False) as client:
        begun = time.perf_counter()
        answer = client.post(f"http://127.0.0.1:{port}{CHAT}", json=body, timeout=30)
        took = time.perf_counter() - begun
    assert answer.status_code == 200, answer.text
    return took * 1e3


def _measured(peer: Peer) -> str:
    first = _call(peer.place.port)
    calls = [_call(peer.place.port) for _ in range(CALLS)]
    time.sleep(PAUSE)
    rested = _call(peer.place.port)
    told = f"first {first:.0f} ms, then {statistics.median(calls):.0f} ms (most {max(calls):.0f})"
    return f"{peer.kind.name:16} {told}, after {PAUSE:.0f} s {rested:.0f} ms"


def main() -> None:
    if sys.argv[1:]:
        asyncio.run(_relay(*map(int, sys.argv[1:3])))
        return
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder, far, near = Path(name), free_port(), free_port()
        pem = certificate(folder, "127.0.0.1")
        for module, port, more in (("fake_upstream", far, str(pem)), ("far_argo", near, str(far))):
            command = [sys.executable, "-m", f"tests.benchmarks.{module}", str(port), more]
            stack.enter_context(process_of(command, port, dict(os.environ), folder / f"{module}.log"))
        for kind in (kind for kind in kinds() if kind.name in (OURS, REFERENCE)):
            place = Place(folder / kind.name.replace(" ", "-"), free_port(), f"https://127.0.0.1:{near}")
            place.folder.mkdir()
            with running(kind, place, pem) as peer:
                time.sleep(1)
                print(_measured(peer), flush=True)


if __name__ == "__main__":
    main()
