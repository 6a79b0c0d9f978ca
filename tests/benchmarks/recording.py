"""What recording costs the first byte: 50 paced streams at a time, recorded and not, turn by turn, in one gateway.

`make bench-recording`. The gateway is a process of its own; streams come from a scripted upstream in this one. What is
noise is told beside: by how much turns without recording differ among themselves.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from tests.running import END, STREAM, Pause, chunk, upstream

STREAMS, EVENTS, PACE = 50, 40, 0.025
_EVENT = (
    b'data: {"id":"a","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":%b}]}\n\n'
)
_BODY = b'{"model":"gpt-5.4","stream":true,"messages":[{"role":"user","content":"%b"}]}' % (b"word " * 2000)
_REQUEST = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % len(_BODY) + _BODY


async def stream(port: int) -> float:
    """Reads one stream to its end; returns the milliseconds until its first event."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    started = time.perf_counter()
    writer.write(_REQUEST)
    await reader.readuntil(b"data: ")
    first = (time.perf_counter() - started) * 1000
    await reader.readuntil(b"0\r\n\r\n")
    writer.close()
    return first


async def streams(port: int) -> list[float]:
    """Fifty streams, begun over the time that one takes."""

    async def later(place: int) -> float:
        await asyncio.sleep(place * EVENTS * PACE / STREAMS)
        return await stream(port)

    return list(await asyncio.gather(*(later(place) for place in range(STREAMS))))


def grown(after: list[float], before: list[float]) -> str:
    """By how much two of the percentiles grow."""
    cuts = [statistics.quantiles(taken, n=100) for taken in (after, before)]
    return ", ".join(f"p{place} {(cuts[0][place - 1] / cuts[1][place - 1] - 1) * 100:+.1f} %" for place in (50, 99))


def main(rounds: int) -> None:
    said = [chunk(_EVENT % b'{"content":"word "}')] * EVENTS
    done = chunk(_EVENT % b"{}")[:0] + chunk(b"data: [DONE]\n\n")
    steps = [STREAM, *(step for event in said for step in (event, Pause(PACE))), done, END]
    with upstream() as argo, tempfile.TemporaryDirectory() as home:
        argo.answer = lambda seen: steps
        environ = {**os.environ, "HOME": home, "XDG_STATE_HOME": "", "ARGO_PROXY_RECORD_FAILURES": "true"}
        config = Path(home, "config.yaml")
        config.write_text(f'config_version: "3"\nuser: jdoe\nhost: 127.0.0.1\nport: 0\nargo_base_url: {argo.url}\n'
                          "skip_url_validation: true\nverbose: false\n")  # fmt: skip
        command = [str(Path(sys.executable).with_name("argo-proxy")), "serve", str(config)]
        gateway = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)
        try:
            assert gateway.stdout is not None
            said_lines = iter(gateway.stdout.readline, "")
            found = (re.search(r"listens on http://[^:]+:(\d+)", line) for line in said_lines)
            port = int(next(match for match in found if match is not None)[1])
            time.sleep(0.5)
            asyncio.run(streams(port))
            times: dict[bool, list[list[float]]] = {True: [], False: []}
            for turn in range(2 * rounds):
                on = turn % 4 in (1, 2)
                gateway.send_signal(signal.SIGUSR1 if on else signal.SIGUSR2)
                time.sleep(0.1)
                times[on].append(asyncio.run(streams(port)))
            state = httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False).json()["recording"]
        finally:
            gateway.terminate()
            gateway.wait(10)
        for on, turns in times.items():
            taken = list(itertools.chain(*turns))
            cuts = statistics.quantiles(taken, n=100)
            kind = "recorded" if on else "not recorded"
            print(
                f"{kind:13} p50 {cuts[49]:.2f} ms, p90 {cuts[89]:.2f} ms, p99 {cuts[98]:.2f} ms, {len(taken)} streams"
            )
        recorded, not_recorded = (list(itertools.chain(*times[on])) for on in (True, False))
        halves = [list(itertools.chain(*times[False][half::2])) for half in (0, 1)]
        print(f"recording costs the first byte {grown(recorded, not_recorded)}; noise: {grown(*halves)}")
        print(f"recorded: {state['written']}, missed: {state['missed']}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 12)
