"""What is asked of the gateways that are compared: kinds of work, and a client that looks at each answer."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence

import msgspec

GPT, CLAUDE = "argo:gpt-4o", "argo:claude-opus-4.6"
CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
_WORDS = re.compile(rb"word (?:at\d+z )?(\d+)")
_SENT = re.compile(rb"at(\d+)z")
_CHUNK = re.compile(rb"([0-9a-fA-F]+)[^\r]*\r\n")
_LONGEST = 60.0
"""Seconds that an answer may take."""


Json = dict[str, object]


class Work(msgspec.Struct, frozen=True):
    """Requests of one kind: how many, how many at a time, and how many deltas each answer has.

    `per` is what the figure is divided by: `request` or `event`. With `fresh` each request has a connection of its
    own, with `tls` the upstream speaks TLS.
    """

    name: str
    told: str
    path: str
    body: dict[str, object]
    requests: int
    at_once: int
    words: int
    per: str = "request"
    fresh: bool = False
    tls: bool = False

    @property
    def model(self) -> str:
        """The model that is asked."""
        return str(self.body["model"])

    def part(self, share: float) -> Work:
        """A part of it."""
        return msgspec.structs.replace(self, requests=max(self.at_once, round(self.requests * share)))

    @property
    def divisor(self) -> int:
        """How many requests, or events, there are."""
        return self.requests * (self.words if self.per == "event" else 1)


def _text(words: str, model: str, path: str, *, stream: bool, more: Json | None = None) -> Json:
    content: object = words if path == CHAT else [{"type": "text", "text": words}]
    body: dict[str, object] = {"model": model, "messages": [{"role": "user", "content": content}], "max_tokens": 1000}
    return {**body, "stream": stream, **(more or {})}


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
    long: dict[str, object] = {"model": GPT, "messages": _conversation(1_200_000), **big}
    small = _text("Hello.", GPT, CHAT, stream=False)
    across = _text("bench:burst100", CLAUDE, CHAT, stream=True)
    back = _text("bench:burst100", GPT, MESSAGES, stream=True)
    coding = _text("bench:burst100", CLAUDE, MESSAGES, stream=True, more=code)
    paced = _text("bench:paced100", GPT, CHAT, stream=True)
    return [
        Work("W1", "small, plain, chat to chat, connections kept", CHAT, small, 800, 8, 1),
        Work("W1c", "the same, a new connection for each request", CHAT, small, 400, 8, 1, fresh=True),
        Work("W1c-TLS", "the same, the upstream with TLS", CHAT, small, 400, 8, 1, fresh=True, tls=True),
        Work("W2", "100 deltas in a burst, chat to Claude", CHAT, across, 100, 8, 100),
        Work("W3", "100 deltas in a burst, Messages to GPT", MESSAGES, back, 100, 8, 100),
        Work("W4", "76 KB of Claude Code, 100 deltas, Messages to Claude", MESSAGES, coding, 100, 8, 100),
        Work("W5", "50 streams, a delta each 20 ms, chat to chat", CHAT, paced, 50, 50, 100, per="event"),
        Work("W5b", "200 streams, a delta each 20 ms, chat to chat", CHAT, paced, 200, 200, 100, per="event"),
        Work("W5t", "50 streams, the upstream with TLS", CHAT, paced, 50, 50, 100, per="event", tls=True),
        Work("W6", "1.2 MB of conversation, plain, Messages to GPT", MESSAGES, long, 24, 4, 1),
    ]


def lasting() -> list[Work]:
    """What is done for long, to see what memory it leaves in use."""
    found = {work.name: work for work in works()}
    return [
        msgspec.structs.replace(found["W4"], name="M4", told="memory after 5,000 of W4", requests=5000),
        msgspec.structs.replace(found["W1"], name="M1", told="memory after 100,000 of W1", requests=100_000),
    ]


class Client(asyncio.Protocol):
    """Sends one request after the other on a connection, and reads the answers."""

    def __init__(self) -> None:
        self._read = bytearray()
        self._done: asyncio.Future[bytes] | None = None
        self.first = 0.0
        """Seconds from a request to the first byte of its answer."""
        self.late: list[float] = []
        """How late words came that say when they were sent, in seconds."""
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is there."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Looks whether the answer is whole."""
        if not self._read:
            self.first = time.perf_counter() - self._sent
        self._read += data
        if b"z " in data:
            now = time.monotonic_ns()
            self.late += [(now - int(sent)) / 1e9 for sent in _SENT.findall(data)]
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
        """The whole answer to a request. Raises TimeoutError."""
        self._done = asyncio.get_running_loop().create_future()
        self._sent = time.perf_counter()
        self.transport.write(request)
        return await asyncio.wait_for(self._done, _LONGEST)


class Outcome(msgspec.Struct):
    """What a share of work gave: seconds of CPU, to first bytes, of events' lateness; whether all was right."""

    cpu: float = 0.0
    firsts: list[float] = []
    late: list[float] = []
    right: bool = True


def is_right(answer: bytes, work: Work) -> bool:
    """Whether an answer has every word of what the upstream said, in order and once."""
    wanted = list(range(work.words))
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        return False
    return _words_in(body) == wanted or _words_in(_without_chunks(body)) == wanted  # one may end within a word


def _words_in(body: bytes) -> list[int]:
    return [int(number) for number in _WORDS.findall(body)]


def _without_chunks(body: bytes) -> bytes:
    pieces, position = [], 0
    while (found := _CHUNK.match(body, position)) is not None:
        pieces.append(body[found.end() : found.end() + int(found[1], 16)])
        position = found.end() + int(found[1], 16) + 2
    return b"".join(pieces)


def request_of(work: Work, port: int, model: str, headers: Sequence[tuple[str, str]]) -> bytes:
    """A work's request, with the name that a peer has for its model."""
    body = msgspec.json.encode({**work.body, "model": model})
    lines = [f"POST {work.path} HTTP/1.1", f"host: 127.0.0.1:{port}", "content-type: application/json"]
    lines += ["authorization: Bearer bench", "x-api-key: bench", "anthropic-version: 2023-06-01"]
    lines += [f"{name}: {text}" for name, text in headers]
    return "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body


async def do(work: Work, port: int, request: bytes) -> Outcome:
    """Has a work's requests answered."""
    left = work.requests
    outcome = Outcome()
    loop = asyncio.get_running_loop()

    async def worker() -> None:
        nonlocal left
        client: Client | None = None
        while left > 0 and outcome.right:
            left -= 1
            if client is None or client.transport.is_closing():
                _, client = await loop.create_connection(Client, "127.0.0.1", port)
            answer = await client.ask(request)
            if not answer:  # the peer had ended the connection between two requests
                _, client = await loop.create_connection(Client, "127.0.0.1", port)
                answer = await client.ask(request)
            outcome.firsts.append(client.first)
            outcome.right = outcome.right and is_right(answer, work)
            if work.fresh:
                outcome.late += client.late
                client.transport.close()
                client = None
        if client is not None:
            outcome.late += client.late
            client.transport.close()

    try:
        await asyncio.gather(*(worker() for _ in range(work.at_once)))
    except (OSError, asyncio.TimeoutError):
        outcome.right = False
    return outcome
