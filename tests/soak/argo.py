"""A stand-in for ARGO under load: paced streams over TLS in both native dialects, with the faults that prompts name.

The prompt has `soak:ID:WORDS:FAULT`; each word of the answer says which call it is for, and which of its words it is.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import ssl
import struct
from contextlib import suppress

PACE = 0.1
"""Seconds between two words."""
BROKEN = ("cut", "reset", "error", "garbage", "short", "refused", "silent")
"""Faults behind which no answer is complete: the stream is cut off, reset, ends in an error, in garbage, or without a
word on its end; the call is refused, or its connection ends without a word."""
HARMLESS = ("slow", "trailers", "interim")
"""What an answer has to come through whole."""
_ASKED = re.compile(rb"soak:(\d+):(\d+):(\w+)")
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def word(call: int, number: int) -> str:
    """A word of an answer."""
    return f"{call}.{number} "


def _chat(call: int, words: int) -> list[dict[str, object]]:
    def part(delta: object, reason: str | None = None) -> dict[str, object]:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return {"id": f"c{call}", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}

    told = [part({"content": word(call, number)}) for number in range(words)]
    return [part({"role": "assistant", "content": ""}), *told, part({}, "stop")]


def _claude(call: int, words: int) -> list[dict[str, object]]:
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": f"m{call}", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": usage}
    told: list[dict[str, object]] = [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word(call, number)}}
        for number in range(words)
    ]
    return [
        {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *told,
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": usage},
        {"type": "message_stop"},
    ]


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _event(event: dict[str, object], claude: bool) -> bytes:
    name = f"event: {event['type']}\n".encode() if claude else b""
    return _chunk(name + b"data: " + json.dumps(event).encode() + b"\n\n")


class Quits(Exception):
    """The connection is to end here."""


async def _answer(writer: asyncio.StreamWriter, claude: bool, call: int, words: int, fault: str) -> None:
    events = (_claude if claude else _chat)(call, words)
    if fault == "silent":
        raise Quits
    if fault == "refused":
        body = b'{"type":"error","error":{"type":"overloaded_error","message":"soak"}}'
        head = b"HTTP/1.1 503 No\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
        writer.write(head + body)
        return
    writer.write(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + _HEAD if fault == "interim" else _HEAD)
    for number, event in enumerate(events):
        if number == len(events) // 2:
            await _half_way(writer, claude, fault)
            if fault == "short":
                break
        writer.write(_event(event, claude))
        await writer.drain()
        await asyncio.sleep(PACE)
    if not claude and fault != "short":
        writer.write(_chunk(b"data: [DONE]\n\n"))
    writer.write(b"0\r\nx-soak: 1\r\n\r\n" if fault == "trailers" else b"0\r\n\r\n")


async def _half_way(writer: asyncio.StreamWriter, claude: bool, fault: str) -> None:
    if fault == "slow":
        await asyncio.sleep(3)
    elif fault == "error":
        told = {"type": "overloaded_error", "message": "soak", "code": 529}
        writer.write(_event({"type": "error", "error": told}, claude))
        raise Quits
    elif fault == "garbage":
        writer.write(_chunk(b"data: <html>\n\n"))
        raise Quits
    elif fault in ("cut", "reset"):
        await writer.drain()
        if fault == "reset":
            held = writer.get_extra_info("socket")
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        raise Quits


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(Quits, asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            body = await reader.readexactly(int(length[1]) if length else 0)
            asked = _ASKED.search(body)
            if asked is None:
                body = b'{"data":[]}'
                writer.write(b"HTTP/1.1 404 No\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
                continue
            claude = b"/messages" in head.partition(b"\r\n")[0]
            await _answer(writer, claude, int(asked[1]), int(asked[2]), asked[3].decode())
    writer.close()


async def listen(context: ssl.SSLContext) -> asyncio.Server:
    """Serves on a free port of the loopback interface."""
    return await asyncio.start_server(_serve, "127.0.0.1", 0, ssl=context, backlog=1000)
