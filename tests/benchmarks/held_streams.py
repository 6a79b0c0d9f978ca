"""What memory a stream takes while it is under way: so many held at once, and what the process has more of then.

    make held                                               # each pair of dialects in turn, small and large requests
    python -m tests.benchmarks.held_streams [--streams N]

Upstream and gateway are processes of their own, the gateway as a user would run it. A stream is held once 200 of its
events have come through; a gateway that has served some before is measured, so that what it loads once is not counted.
Figures are printed, never asserted.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from ..ports import free_port
from .fake_upstream import WORD, chat_events, claude_events
from .peers import Place, of_checkout, process_of, running

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
GPT, CLAUDE = "gpt-4o", "claude-opus-4.6"
WAYS = (
    ("/v1/chat/completions", GPT, "Chat to GPT, as it is"),
    ("/v1/messages", CLAUDE, "Messages to Claude, as it is"),
    ("/v1/messages", GPT, "Messages to GPT, translated"),
    ("/v1/responses", CLAUDE, "Responses to Claude, translated"),
)
SIZES = (0, 100_000)
_EVENTS = 200
_LAST = f"{WORD}{_EVENTS - 1} ".encode()


async def _upstream(port: int) -> None:
    """Streams so many events, and then says nothing more until the client leaves."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = await reader.readuntil(b"\r\n\r\n")
            found = _LENGTH.search(head)
            await reader.readexactly(int(found[1]) if found else 0)
            writer.write(_HEAD)
            for event in (claude_events if b"/messages" in head else chat_events)(_EVENTS)[: _EVENTS + 2]:
                writer.write(b"%x\r\n%b\r\n" % (len(event), event))
            await reader.read(1)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port, limit=1 << 20)
    await server.serve_forever()


def _request(port: int, path: str, model: str, size: int) -> bytes:
    """A request, a conversation of so many bytes."""
    turns = [{"role": role, "content": "a line of code\n" * 60} for role in ("user", "assistant") * (size // 2000)]
    said = [*turns, {"role": "user", "content": "Hi"}]
    body: dict[str, object] = {"model": model, "stream": True}
    body |= {"input": said} if path == "/v1/responses" else {"max_tokens": 9, "messages": said}
    written = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-length: {len(written)}\r\n\r\n"
    return head.encode() + written


async def _held(port: int, request: bytes, count: int, memory: Callable[[], float]) -> float:
    """The memory with so many streams held."""
    writers: list[asyncio.StreamWriter] = []

    async def hold() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writers.append(writer)
        writer.write(request)
        seen = b""
        while _LAST not in seen:
            read = await reader.read(1 << 16)
            assert read, seen[-300:]
            seen = seen[-200:] + read

    for start in range(0, count, 20):
        await asyncio.gather(*(hold() for _ in range(min(20, count - start))))
    await asyncio.sleep(2)  # what large bodies took is given back by then
    told = memory()
    for writer in writers:
        writer.close()
    return told


def _measure(count: int) -> None:
    for path, model, told in WAYS:
        for size in SIZES:
            folder = Path(tempfile.mkdtemp(prefix="held-"))
            up, port = free_port(), free_port()
            upstream = [sys.executable, "-m", __spec__.name, "--upstream", str(up)]
            ours, place = of_checkout("ours", sys.executable), Place(folder, port, f"http://127.0.0.1:{up}")
            with contextlib.ExitStack() as stack:
                stack.enter_context(process_of(upstream, up, dict(os.environ), folder / "upstream.log"))
                gateway = stack.enter_context(running(ours, place))
                request = _request(port, path, model, size)
                before = asyncio.run(_held(port, request, 20, gateway.memory))
                held = asyncio.run(_held(port, request, count + 20, gateway.memory))
                kib = (held - before) * 1e6 / count / 1024
                print(f"{told}, request of {len(request) / 1e3:.0f} KB: {kib:.0f} KiB a stream", flush=True)


def main() -> None:
    """Reads the arguments; the upstream is this module too."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=300)
    parser.add_argument("--upstream", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.upstream:
        asyncio.run(_upstream(args.upstream))
    else:
        _measure(args.streams)


if __name__ == "__main__":
    main()
