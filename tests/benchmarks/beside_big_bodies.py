"""How late the events of streams come while large requests arrive: ten of 10 MB beside fifty streams.

    make pauses                                              # each pair of dialects in turn
    python -m tests.benchmarks.beside_big_bodies [--size MB] [--requests N] [--streams N]

Upstream, gateway and both kinds of clients are processes of their own. Each delta says when it was sent: what is
measured is what passes between ARGO's write and the client's read, whoever else uses the machine. Figures are printed,
never asserted.
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
import time
from pathlib import Path

from ..ports import free_port
from .fake_upstream import chat_events, claude_events
from .peers import Place, of_checkout, process_of, running

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_SENT = re.compile(rb"at(\d+)z")
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\n%b\r\n"
PACE = 0.02
SECONDS = 8.0
GPT, CLAUDE, GEMINI = "gpt-4o", "claude-opus-4.6", "gemini-2.5-pro"
STREAMS = (("/v1/chat/completions", GPT), ("/v1/messages", GPT), ("/v1/chat/completions", CLAUDE))
BIG = (
    ("/v1/messages", GPT),
    ("/v1/messages", CLAUDE),
    ("/v1/messages", GEMINI),
    ("/v1/chat/completions", GPT),
    ("/v1/chat/completions", CLAUDE),
    ("/v1/responses", GPT),
    ("/v1/responses", CLAUDE),
)


async def _upstream(port: int) -> None:
    """Streams what asks for a stream, a delta each `PACE` that says when it was sent; answers anything else plainly."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                found = _LENGTH.search(head)
                left, body = int(found[1]) if found else 0, b""
                while left:
                    read = await reader.read(min(left, 1 << 18))
                    left -= len(read)
                    body = body or read
                claude = b"/messages" in head
                if len(body) > 5000 or head.startswith(b"GET"):
                    plain = json.dumps(_answer(claude)).encode()
                    writer.write(_HEAD % (b"application/json", b"content-length: %d\r\n" % len(plain)) + plain)
                    continue
                writer.write(_HEAD % (b"text/event-stream", b"transfer-encoding: chunked\r\n"))
                events = (claude_events if claude else chat_events)(int(SECONDS / PACE))
                for event in events:
                    told = event.replace(b"word ", b"at%dz " % time.monotonic_ns())
                    writer.write(b"%x\r\n%b\r\n" % (len(told), told))
                    await asyncio.sleep(PACE)
                writer.write(b"0\r\n\r\n")

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    await server.serve_forever()


def _answer(claude: bool) -> object:
    if claude:
        content = [{"type": "text", "text": "x"}]
        about = {"id": "1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn"}
        return {**about, "content": content, "usage": {"input_tokens": 1, "output_tokens": 1}}
    message = {"role": "assistant", "content": "x"}
    return {"id": "1", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}


def _request(port: int, path: str, body: object) -> bytes:
    written = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-length: {len(written)}\r\n\r\n"
    return head.encode() + written


def _big(path: str, model: str, size: int) -> object:
    """A conversation of about so many bytes."""
    text, turns = "a line of code\n" * 200, size // 6200
    if path == "/v1/responses":
        said = [("user", "input_text"), ("assistant", "output_text")] * turns
        items = [{"type": "message", "role": role, "content": [{"type": kind, "text": text}]} for role, kind in said]
        return {"model": model, "input": [*items, {"type": "message", "role": "user", "content": "?"}]}
    messages = [{"role": role, "content": [{"type": "text", "text": text}]} for role in ("user", "assistant") * turns]
    return {"model": model, "max_tokens": 9, "messages": [*messages, {"role": "user", "content": "?"}]}


async def _watch(port: int, path: str, model: str, lateness: list[float]) -> None:
    """Reads a stream, and notes how late each of its deltas comes, in seconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    said = {"model": model, "max_tokens": 9, "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
    writer.write(_request(port, path, said))
    while not (read := await reader.read(1 << 16)).endswith(b"0\r\n\r\n"):
        if not read:
            raise ConnectionError("a stream broke off")
        now = time.monotonic_ns()
        lateness += [(now - int(sent)) / 1e9 for sent in _SENT.findall(read)]
    writer.close()


async def _send(port: int, path: str, model: str, size: int, count: int) -> None:
    """Sends so many large requests at once, and sees that each is answered."""
    request = _request(port, path, _big(path, model, size))

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        line = await reader.readline()
        assert b" 200 " in line, line
        writer.close()

    await asyncio.gather(*(one() for _ in range(count)))


async def _round(port: int, path: str, model: str, args: argparse.Namespace) -> list[float]:
    lateness: list[float] = []
    streams = [asyncio.create_task(_watch(port, *STREAMS[n % 3], lateness)) for n in range(args.streams)]
    await asyncio.sleep(2)
    lateness.clear()
    if args.requests:
        more = ["--send", f"{port},{path},{model},{args.size},{args.requests}"]
        sender = await asyncio.create_subprocess_exec(sys.executable, "-m", __spec__.name, *more)
        assert await sender.wait() == 0
    await asyncio.gather(*streams)
    return sorted(lateness)


def _told(lateness: list[float]) -> str:
    middle, late = lateness[len(lateness) // 2], lateness[int(len(lateness) * 0.99)]
    return f"p50 {middle * 1e3:.1f} ms, p99 {late * 1e3:.0f} ms, longest {lateness[-1] * 1e3:.0f} ms"


def _measure(args: argparse.Namespace) -> None:
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    up, port = free_port(), free_port()
    upstream = [sys.executable, "-m", __spec__.name, "--upstream", str(up)]
    ours, place = of_checkout("ours", sys.executable), Place(folder, port, f"http://127.0.0.1:{up}")
    with contextlib.ExitStack() as stack:
        stack.enter_context(process_of(upstream, up, dict(os.environ), folder / "upstream.log"))
        gateway = stack.enter_context(running(ours, place))
        alone = argparse.Namespace(**{**vars(args), "requests": 0})
        print(f"alone: {_told(asyncio.run(_round(port, *BIG[0], alone)))}", flush=True)
        for path, model in BIG:
            print(f"{path} to {model}: {_told(asyncio.run(_round(port, path, model, args)))}", flush=True)
        print(f"memory at the end: {gateway.memory():.0f} MB")


def main() -> None:
    """Reads the arguments; the other processes are this module too."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=float, default=10.0, help="of a large request, in MB")
    parser.add_argument("--requests", type=int, default=10)
    parser.add_argument("--streams", type=int, default=50)
    parser.add_argument("--upstream", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--send", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.upstream:
        asyncio.run(_upstream(args.upstream))
    elif args.send:
        port, path, model, size, count = args.send.split(",")
        asyncio.run(_send(int(port), path, model, int(float(size) * 1e6), int(count)))
    else:
        _measure(args)


if __name__ == "__main__":
    main()
