"""An upstream for benchmarks: answers in the two native dialects, at once or paced, for as little CPU as it can.

`python -m tests.benchmarks.fake_upstream PORT [PEM]` serves Chat Completions and Messages on the loopback interface,
over TLS with a certificate. What it does stands in the request's text: `bench:burst100` is a stream of 100 deltas in
one write, `bench:paced100` one delta each 20 ms that says when it was sent; without either the answer is plain. It is
as lenient as benchmarks need.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import sys
import time

PACE = 0.02
"""Seconds between two deltas of a paced stream."""
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_TOLD = re.compile(rb"bench:(burst|paced)(\d+)")
WORD = "word "
"""The text of each delta; a benchmark counts them."""
_WORD = WORD.encode()


def _frame(data: object, name: str = "") -> bytes:
    event = f"event: {name}\n" if name else ""
    return f"{event}data: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


def chat_events(count: int) -> list[bytes]:
    """A whole stream of Chat Completions."""

    def part(delta: object, reason: object = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        shared = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-2024-11-20"}
        return _frame({**shared, "system_fingerprint": "fp_1", "choices": [choice]})

    words = [part({"content": f"{WORD}{number} "}) for number in range(count)]
    return [part({"role": "assistant", "content": ""}), *words, part({}, "stop"), b"data: [DONE]\n\n"]


def claude_events(count: int) -> list[bytes]:
    """A whole stream of Messages."""
    message = {
        **{"id": "msg_1", "type": "message", "role": "assistant", "model": "claudeopus46", "content": []},
        **{"stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 9, "output_tokens": 1}},
    }
    start = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    events: list[dict[str, object]] = [{"type": "message_start", "message": message}, start]
    for number in range(count):
        delta = {"type": "text_delta", "text": f"{WORD}{number} "}
        events.append({"type": "content_block_delta", "index": 0, "delta": delta})
    events.append({"type": "content_block_stop", "index": 0})
    stop = {"stop_reason": "end_turn", "stop_sequence": None}
    events.append({"type": "message_delta", "delta": stop, "usage": {"output_tokens": count}})
    events.append({"type": "message_stop"})
    return [_frame(event, str(event["type"])) for event in events]


def _plain(claude: bool) -> bytes:
    if claude:
        body: dict[str, object] = {
            **{"id": "msg_1", "type": "message", "role": "assistant", "model": "claudeopus46"},
            **{"content": [{"type": "text", "text": f"{WORD}0"}], "stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"input_tokens": 9, "output_tokens": 2},
        }
    else:
        message = {"role": "assistant", "content": f"{WORD}0", "refusal": None}
        body = {
            **{"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4o-2024-11-20"},
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
        }
    return json.dumps(body).encode()


_MODELS = json.dumps(
    {
        "object": "list",
        "data": [
            {"id": name, "object": "model", "created": 1, "owned_by": "argo", "internal_id": internal}
            for name, internal in (("GPT-4o", "gpt4o"), ("Claude Opus 4.6", "claudeopus46"))
        ],
    }
).encode()
_JSON = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
_STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class Connection(asyncio.Protocol):
    """One client's connection: request after request."""

    def __init__(self) -> None:
        self._read = bytearray()
        self._playing: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is there."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        if self._playing is not None:
            self._playing.cancel()

    def data_received(self, data: bytes) -> None:
        """Answers once a request is whole."""
        self._read += data
        end = self._read.find(b"\r\n\r\n")
        if end < 0:
            return
        found = _LENGTH.search(self._read, 0, end)
        size = end + 4 + (int(found[1]) if found else 0)
        if len(self._read) < size:
            return
        request = bytes(self._read[:size])
        del self._read[:size]
        self._answer(request)

    def _answer(self, request: bytes) -> None:
        line = request[: request.find(b"\r\n")]
        claude = b"/messages" in line
        told = _TOLD.search(request)
        if line.startswith(b"GET"):
            self._transport.write(_JSON % (len(_MODELS), _MODELS))
        elif told is None:
            body = _plain(claude)
            self._transport.write(_JSON % (len(body), body))
        else:
            events = (claude_events if claude else chat_events)(int(told[2]))
            if told[1] == b"burst":
                self._transport.write(_STREAM + b"".join(map(_chunk, events)) + b"0\r\n\r\n")
            else:
                self._playing = asyncio.get_running_loop().create_task(self._play(events))

    async def _play(self, events: list[bytes]) -> None:
        self._transport.write(_STREAM)
        for event in events:
            self._transport.write(_chunk(event.replace(_WORD, _WORD + b"at%dz " % time.monotonic_ns())))
            await asyncio.sleep(PACE)
        self._transport.write(b"0\r\n\r\n")


async def serve(port: int, pem: str | None = None) -> None:
    """Serves until it is ended."""
    context = None if pem is None else ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    if context is not None and pem is not None:
        context.load_cert_chain(pem)
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", port, ssl=context)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), *sys.argv[2:3]))
