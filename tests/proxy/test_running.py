"""The gateway over real sockets: what must come through it."""

from __future__ import annotations

import gzip
import json
import time
from typing import Any

import httpx
import zstandard

from ..running import (
    END,
    STREAM,
    Pause,
    Upstream,
    chunk,
    head,
    streamed,
)
from .talking import (
    CHAT,
    CHAT_STREAM,
    MESSAGE,
    MESSAGE_STREAM,
    MESSAGES,
    answers_with,
    both,
    events,
    still_works,
)


@both
def test_a_streamed_answer_comes_back_byte_for_byte_however_it_was_cut(
    argo: Upstream, client: httpx.Client, path: str, body: dict[str, Any], stream: bytes
) -> None:
    for size in (1, 17, 4096):
        answers_with(argo, STREAM, *(chunk(stream[i : i + size]) for i in range(0, len(stream), size)), END)
        answer = client.post(path, json=body)
        assert answer.content == stream
        assert answer.headers["content-type"].startswith("text/event-stream")


def test_a_large_request_reaches_the_upstream_byte_for_byte_but_for_what_argo_demands(
    argo: Upstream, client: httpx.Client
) -> None:
    """76 KB as Claude Code writes them, with fields that no one here knows."""
    tools = [{"name": f"tool{n}", "description": "é " * 1200, "input_schema": {"type": "object"}} for n in range(25)]
    body = {
        "model": "claude-opus-4-6",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "\u2603", "citations": None}]}],
        "system": [{"type": "text", "text": "You are Claude Code."}],
        "tools": tools,
        "metadata": {"user_id": "user_0123_account__session_4567"},
        "max_tokens": 64000,
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "medium"},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "stream": True,
        "unheard_of": [1.0, 1e3],
    }  # fmt: skip
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    assert len(raw) > 76_000
    answers_with(argo, *streamed(*events(MESSAGE_STREAM)))
    headers = {"content-type": "application/json", "anthropic-version": "2023-06-01", "anthropic-beta": "x-1"}
    answer = client.post("/v1/messages?beta=true", content=raw, headers=headers)
    assert answer.content == MESSAGE_STREAM
    demanded = raw.replace(b'"claude-opus-4-6"', b'"claudeopus46"')
    demanded = demanded.replace(b"user_0123_account__session_4567", b"jdoe")
    assert argo.seen[-1].body == demanded[:-1] + b',"user":"jdoe"}'


def test_1_34_a_plain_claude_call_gets_the_message_that_its_stream_makes(argo: Upstream, client: httpx.Client) -> None:
    answers_with(argo, *streamed(*events(MESSAGE_STREAM)))
    answer = client.post("/v1/messages", json={**MESSAGES, "stream": False})
    assert answer.json() == MESSAGE
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(argo.seen[-1].body)["stream"] is True


def test_events_are_passed_on_as_they_come(argo: Upstream, client: httpx.Client) -> None:
    role, word, *rest = events(CHAT_STREAM)
    first = role + word
    answers_with(argo, STREAM, chunk(first), Pause(0.3), chunk(b"".join(rest)), END)
    start = time.monotonic()
    with client.stream("POST", "/v1/chat/completions", json=CHAT) as answer:
        pieces = answer.iter_raw()
        assert next(pieces) == first
        assert time.monotonic() - start < 0.25
        assert b"".join(pieces) == b"".join(rest)


def test_9_5_a_compressed_request_is_read(argo: Upstream, client: httpx.Client) -> None:
    answers_with(argo, *streamed(*events(CHAT_STREAM)))
    packed = gzip.compress(json.dumps(CHAT).encode())
    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    assert client.post("/v1/chat/completions", content=packed, headers=headers).content == CHAT_STREAM
    assert json.loads(argo.seen[-1].body)["model"] == "gpt54"
    assert "content-encoding" not in argo.seen[-1].headers
    zstd = zstandard.ZstdCompressor().compress(json.dumps(CHAT).encode())
    assert (
        client.post("/v1/chat/completions", content=zstd, headers={"content-encoding": "zstd"}).content == CHAT_STREAM
    )
    bomb = gzip.compress(bytes(100_000_001))
    refused = client.post("/v1/chat/completions", content=bomb, headers=headers)
    assert refused.status_code == 413
    assert "decompressed (max_decompressed_size)" in refused.json()["error"]["message"]
    assert client.post("/v1/chat/completions", content=b"x", headers={"content-encoding": "lzma"}).status_code == 415
    bad = client.post("/v1/chat/completions", content=b"no gzip", headers=headers)
    assert bad.status_code == 400
    assert "gzip" in bad.json()["error"]["message"]


def test_the_upstream_connection_is_used_again(argo: Upstream, client: httpx.Client) -> None:
    still_works(client, argo)
    before = argo.connections
    for _ in range(3):
        still_works(client, argo)
    assert argo.connections == before


def test_the_head_of_an_answer_may_come_in_pieces(argo: Upstream, client: httpx.Client) -> None:
    raw = head("text/event-stream", "x-request-id: r-1")
    answers_with(argo, raw[:20], Pause(0.02), raw[20:], chunk(CHAT_STREAM), END)
    answer = client.post("/v1/chat/completions", json=CHAT)
    assert answer.content == CHAT_STREAM
    assert answer.headers["x-request-id"] == "r-1"
