"""Clients in four dialects, which know what their answers have to be, and which are complete, an error, or cut."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any, NamedTuple

from argo_addon.sse import Splitter, data_of

from .argo import BROKEN, word

WORDS = 40
_MODELS = ("gpt-5.4", "claude-opus-4.6")


class Answer(NamedTuple):
    """What came of a call: its status and text, how often it was said to be complete, and how often to have failed."""

    status: int
    text: str
    ends: int
    errors: int


def request(dialect: str, model: str, prompt: str) -> bytes:
    """A streamed call, the last on its connection."""
    said: list[dict[str, Any]] = [{"role": "user", "content": prompt}]
    body: dict[str, Any] = {"model": model, "stream": True}
    match dialect:
        case "chat":
            path, body = "/v1/chat/completions", {**body, "messages": said}
        case "messages":
            path, body = "/v1/messages", {**body, "max_tokens": 999, "messages": said}
        case "responses":
            path, body = "/v1/responses", {**body, "input": prompt}
        case _:
            path = f"/v1beta/models/{model}:streamGenerateContent?alt=sse"
            body = {"contents": [{"role": "user", "parts": [{"text": prompt}]}]}
    raw = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n"
    return head.encode() + b"content-length: %d\r\n\r\n" % len(raw) + raw


def _unchunked(body: bytes) -> bytes:
    found = b""
    while (head := re.match(rb"([0-9a-f]+)\r\n", body)) and (size := int(head[1], 16)):
        found += body[head.end() : head.end() + size]
        body = body[head.end() + size + 2 :]
    return found


def read(dialect: str, raw: bytes) -> Answer:
    """What an answer says, as far as it came."""
    head, _, body = raw.partition(b"\r\n\r\n")
    status = int(head[9:12]) if head else 0
    if status != 200:
        return Answer(status, "", 0, 0)
    frames = Splitter()
    whole = [*frames.feed(_unchunked(body)), frames.rest()]
    events = [data for frame in whole if (data := data_of(frame))]
    text, ends = "", 0
    errors = sum(frame.startswith(b'{"error"') for frame in whole)  # Gemini CLI sees a bare one only
    for data in events:
        if data == b"[DONE]":
            continue
        said, end, error = _meaning(dialect, json.loads(data))
        text, ends, errors = text + said, ends + end, errors + error
    return Answer(status, text, ends, errors)


def _meaning(dialect: str, event: dict[str, Any]) -> tuple[str, bool, bool]:
    """The text of an event, whether it says that the answer is complete, and whether that it failed."""
    kind = event.get("type")
    match dialect:
        case "chat":
            choice = (event.get("choices") or [{}])[0]
            return choice.get("delta", {}).get("content") or "", bool(choice.get("finish_reason")), "error" in event
        case "messages":
            return event.get("delta", {}).get("text") or "", kind == "message_stop", kind == "error"
        case "responses":
            said = event["delta"] if kind == "response.output_text.delta" else ""
            return said, kind == "response.completed", kind in ("response.failed", "error")
    candidate = (event.get("candidates") or [{}])[0]
    said = "".join(part.get("text", "") for part in candidate.get("content", {}).get("parts", []))
    return said, bool(candidate.get("finishReason")), "error" in event


def fault_of(answer: Answer, call: int, fault: str) -> str | None:
    """What is wrong with an answer to a call with this fault; None if nothing is."""
    whole = "".join(word(call, number) for number in range(WORDS))
    if not whole.startswith(answer.text):
        return f"{fault}: mixed or lost: {answer.text[:80]!r}"
    if fault in BROKEN:
        told = answer.status >= 400 or answer.errors == 1
        return None if told and not answer.ends else f"{fault}: not told, or falsely ended: {answer._replace(text='')}"
    right = answer == Answer(200, whole, 1, 0)
    return None if right else f"{fault}: not complete: {answer._replace(text=answer.text[-20:])}"


async def ask(port: int, dialect: str, call: int, fault: str) -> tuple[bytes, str | None]:
    """Makes a call; returns what came, and why no more did if the connection broke. With "leave" the client leaves."""
    prompt = f"soak:{call}:{WORDS}:{fault}"
    raw = request(dialect, _MODELS[call // 4 % 2], prompt)
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(raw)
        if fault == "leave":
            got = await reader.read(2000)
            writer.close()
            return got, None
        got = await reader.read(-1)
        writer.close()
    except OSError as error:
        return b"", repr(error)
    return got, None
