"""`make bench`: what the gateway costs beside its peers, in one interleaved run.

Each peer runs as a user would run it, before the same upstream (fake_upstream.py) on the loopback interface; each round
gives each peer the same work in turn, and what counts is the CPU of the peer's own processes, read from /proc. A peer
whose answers are wrong or incomplete is disqualified for that row. Figures are printed, never asserted.

    python -m tests.benchmarks.peers [--rounds N] [--only W1,W2] [--beside NAME=PYTHON]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import psutil

from ..ports import free_port
from .fake_upstream import WORD

GPT, CLAUDE = "argo:gpt-4o", "argo:claude-opus-4.6"
CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
REFERENCE = "argo-proxy 3.3.3"


class Work(msgspec.Struct, frozen=True):
    """Requests of one kind: how many, how many at a time, and how many deltas each answer has.

    `per` is what the figure is divided by: `request` or `event`. With `fresh` each request has a connection of its own.
    """

    name: str
    told: str
    path: str
    body: bytes
    requests: int
    at_once: int
    words: int
    per: str = "request"
    fresh: bool = False


def _text(words: str, model: str, path: str, *, stream: bool, more: dict[str, object] | None = None) -> bytes:
    content: object = words if path == CHAT else [{"type": "text", "text": words}]
    body: dict[str, object] = {"model": model, "messages": [{"role": "user", "content": content}]}
    if path == MESSAGES:
        body["max_tokens"] = 1000
    return json.dumps({**body, "stream": stream, **(more or {})}).encode()


def _tools() -> list[dict[str, object]]:
    """Twenty-four tools of the size that a coding tool sends."""
    members = {f"argument_{n}": {"type": "string", "description": "What it is for. " * 12} for n in range(8)}
    schema = {"type": "object", "properties": members, "required": ["argument_0"], "additionalProperties": False}
    return [
        {"name": f"Tool{n}", "description": "What it does, and when to use it. " * 18, "input_schema": schema}
        for n in range(24)
    ]


def _conversation(size: int) -> list[dict[str, object]]:
    """A history of tool calls and their results, of about so many bytes."""
    turns: list[dict[str, object]] = []
    for number in range(size // 4000):
        call = {"type": "tool_use", "id": f"toolu_{number}", "name": "Tool1", "input": {"argument_0": "x" * 300}}
        said = {"type": "text", "text": "I look at the next file. " * 12}
        result = {"type": "tool_result", "tool_use_id": f"toolu_{number}", "content": "a line of code\n" * 210}
        turns += [{"role": "assistant", "content": [said, call]}, {"role": "user", "content": [result]}]
    return [{"role": "user", "content": "Read the files."}, *turns]


def works() -> list[Work]:
    """What is measured."""
    big: dict[str, object] = {"max_tokens": 1000, "tools": _tools()}
    code = {**big, "system": [{"type": "text", "text": "You are a coding tool. " * 500}]}
    long = json.dumps({"model": GPT, "messages": _conversation(1_200_000), **big}).encode()
    small = _text("Hello.", GPT, CHAT, stream=False)
    across = _text("bench:burst100", CLAUDE, CHAT, stream=True)
    back = _text("bench:burst100", GPT, MESSAGES, stream=True)
    coding = _text("bench:burst100", CLAUDE, MESSAGES, stream=True, more=code)
    paced = _text("bench:paced100", GPT, CHAT, stream=True)
    return [
        Work("W1", "small, plain, chat to chat, connections kept", CHAT, small, 800, 8, 1),
        Work("W1c", "the same, a new connection for each request", CHAT, small, 400, 8, 1, fresh=True),
        Work("W2", "100 deltas in a burst, chat to Claude", CHAT, across, 100, 8, 100),
        Work("W3", "100 deltas in a burst, Messages to GPT", MESSAGES, back, 100, 8, 100),
        Work("W4", "76 KB of Claude Code, 100 deltas, Messages to Claude", MESSAGES, coding, 100, 8, 100),
        Work("W5", "50 streams, a delta each 20 ms, chat to chat", CHAT, paced, 50, 50, 100, per="event"),
        Work("W5b", "200 streams, a delta each 20 ms, chat to chat", CHAT, paced, 200, 200, 100, per="event"),
        Work("W6", "1.2 MB of conversation, plain, Messages to GPT", MESSAGES, long, 24, 4, 1),
    ]


class Client(asyncio.Protocol):
    """Sends one request after the other on a connection, and counts the words of each answer."""

    def __init__(self) -> None:
        self._read = bytearray()
        self._done: asyncio.Future[bytes] | None = None
        self.first = 0.0
        self.sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is there."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Looks whether the answer is whole."""
        if not self._read:
            self.first = time.perf_counter() - self.sent
        self._read += data
        end = self._read.find(b"\r\n\r\n")
        if end < 0 or self._done is None or self._done.done():
            return
        head = bytes(self._read[:end]).lower()
        if b"chunked" in head:
            whole = self._read.endswith(b"0\r\n\r\n")
        else:
            length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
            whole = bool(length.strip()) and len(self._read) - end - 4 >= int(length)
        if whole:
            answer = bytes(self._read)
            self._read.clear()
            self._done.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """The peer has ended it, which some do at an answer's end."""
        if self._done is not None and not self._done.done():
            self._done.set_result(bytes(self._read))

    async def ask(self, request: bytes) -> bytes:
        """The whole answer to a request."""
        self._done = asyncio.get_running_loop().create_future()
        self.sent = time.perf_counter()
        self.transport.write(request)
        return await asyncio.wait_for(self._done, 60)


class Outcome(msgspec.Struct):
    """What one peer's share of a round gave: CPU and times to the first byte in seconds, and whether all was right."""

    cpu: float
    firsts: list[float]
    right: bool


class Peer:
    """A gateway that runs, and its processes."""

    def __init__(self, name: str, port: int, process: subprocess.Popen[bytes], started: float) -> None:
        self.name = name
        self.port = port
        self.process = psutil.Process(process.pid)
        self.started = started
        """Seconds from the start to the first answer."""

    def _processes(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]

    def cpu(self) -> float:
        """Seconds of CPU that its processes have used."""
        return sum(sum(process.cpu_times()[:2]) for process in self._processes())

    def memory(self) -> float:
        """Megabytes that its processes hold."""
        return sum(process.memory_info().rss for process in self._processes()) / 1e6

    async def do(self, work: Work) -> Outcome:
        """Gives it a work's requests."""
        head = f"POST {work.path} HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\ncontent-type: application/json\r\n"
        head += "authorization: Bearer bench\r\nx-api-key: bench\r\nanthropic-version: 2023-06-01\r\n"
        request = f"{head}content-length: {len(work.body)}\r\n\r\n".encode() + work.body
        left = work.requests
        outcome = Outcome(0.0, [], right=True)
        loop = asyncio.get_running_loop()

        async def worker() -> None:
            nonlocal left
            client: Client | None = None
            while left > 0:
                left -= 1
                if client is None or client.transport.is_closing():
                    _, client = await loop.create_connection(Client, "127.0.0.1", self.port)
                answer = await client.ask(request)
                if not answer:  # the peer had ended the connection between two requests
                    _, client = await loop.create_connection(Client, "127.0.0.1", self.port)
                    answer = await client.ask(request)
                outcome.firsts.append(client.first)
                if answer.count(WORD.encode()) != work.words or not answer.startswith(b"HTTP/1.1 200"):
                    outcome.right = False
                if work.fresh:
                    client.transport.close()
                    client = None
            if client is not None:
                client.transport.close()

        before = self.cpu()
        try:
            await asyncio.gather(*(worker() for _ in range(work.at_once)))
        except (OSError, asyncio.TimeoutError):
            outcome.right = False
        outcome.cpu = self.cpu() - before
        return outcome


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.1):
        return True
    return False


@contextlib.contextmanager
def running(
    name: str, command: list[str], port: int, environment: dict[str, str], log: Path, folder: Path | None = None
) -> Iterator[Peer]:
    """A process that serves on a port, ended afterwards; peers get a folder, for they may leave files in it.

    Raises RuntimeError where it does not come up.
    """
    start = time.perf_counter()
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=environment, cwd=folder
        )
        try:
            while not _answers(port):
                if process.poll() is not None or time.perf_counter() - start > 60:
                    raise RuntimeError(f"{name} does not come up: {log.read_text(errors='replace')[-2000:]}")
                time.sleep(0.005)
            yield Peer(name, port, process, time.perf_counter() - start)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def argo_config(folder: Path, upstream: int, port: int) -> Path:
    """A configuration that both argo-proxies read."""
    path = folder / f"config-{port}.yaml"
    path.write_text(
        f'config_version: "3"\nuser: bench\nhost: 127.0.0.1\nport: {port}\nverbose: false\n'
        f"argo_base_url: http://127.0.0.1:{upstream}\nskip_url_validation: true\n"
    )
    return path


def _ours(python: str) -> Callable[[Path, int, int], list[str]]:
    return lambda folder, upstream, port: [
        *(str(Path(python).parent / "argo-proxy"), "serve", str(argo_config(folder, upstream, port)))
    ]


def _published(command: str) -> Callable[[Path, int, int], list[str]]:
    return lambda folder, upstream, port: [*(command, "serve", str(argo_config(folder, upstream, port)))]


async def _run(args: argparse.Namespace) -> None:
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    environment = {**os.environ, "HOME": str(folder), "XDG_STATE_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    commands: dict[str, Callable[[Path, int, int], list[str]]] = {"this gateway": _ours(sys.executable)}
    if Path(args.published).exists():
        commands[REFERENCE] = _published(os.path.abspath(args.published))
    for extra in args.beside:
        name, _, checkout = extra.partition("=")
        commands[name] = _ours(checkout)
    upstream = free_port()
    fake = [sys.executable, "-m", "tests.benchmarks.fake_upstream", str(upstream)]
    with contextlib.ExitStack() as stack:
        stack.enter_context(running("the upstream", fake, upstream, dict(os.environ), folder / "upstream.log"))
        peers = []
        for name, command in commands.items():
            port = free_port()
            place = running(name, command(folder, upstream, port), port, environment, folder / f"{port}.log", folder)
            peers.append(stack.enter_context(place))
        await asyncio.sleep(1)
        print("| work | " + " | ".join(f"{peer.name}, ratio" for peer in peers) + " |")
        print("| --- " * (len(peers) + 1) + "|")
        idle = [f"{peer.started:.2f} s, {peer.memory():.0f} MB" for peer in peers]
        print("| W7 start, idle memory | " + " | ".join(idle) + " |", flush=True)
        for work in works():
            if args.only and work.name not in args.only.split(","):
                continue
            await _row(work, peers, args.rounds)
        print("| memory at the end | " + " | ".join(f"{peer.memory():.0f} MB" for peer in peers) + " |")


async def _row(work: Work, peers: list[Peer], rounds: int) -> None:
    """Measures one work and prints its row."""
    found: dict[str, list[Outcome]] = {peer.name: [] for peer in peers}
    for number in range(rounds + 1):
        for peer in peers:
            outcome = await peer.do(work)
            if number:  # the first one warms up
                found[peer.name].append(outcome)
    divided = work.requests * (work.words if work.per == "event" else 1)
    unit, scale = ("us/event", 1e6) if work.per == "event" else ("ms", 1e3)
    costs = {name: statistics.median(o.cpu for o in got) / divided * scale for name, got in found.items()}
    cells = []
    for name, outcomes in found.items():
        if not all(outcome.right for outcome in outcomes):
            cells.append("wrong or lost output")
            continue
        ratio = f", {costs[name] / costs[REFERENCE]:.2f}" if REFERENCE in costs else ""
        first = statistics.median(first for outcome in outcomes for first in outcome.firsts) * 1e3
        cells.append(f"{costs[name]:.3g} {unit}{ratio} (first byte {first:.1f} ms)")
    print(f"| {work.name} {work.told} | " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    """Reads the arguments and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="names of works, with commas")
    parser.add_argument("--published", default=".cache/peers/bin/argo-proxy")
    parser.add_argument(
        "--beside", action="append", default=[], metavar="NAME=PYTHON", help="another checkout's Python"
    )
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
