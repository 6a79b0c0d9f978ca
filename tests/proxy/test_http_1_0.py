"""A client that speaks HTTP/1.0 knows no chunks: its answers end with the connection."""

from __future__ import annotations

import json

import pytest

from ..running import Proxy, Step, Upstream, raw_exchange, streamed
from .talking import CHAT, CHAT_STREAM, events


def asked(gateway: Proxy, more: bytes = b"") -> tuple[bytes, bytes]:
    body = json.dumps(CHAT).encode()
    head = b"POST /v1/chat/completions HTTP/1.0\r\n%scontent-length: %d\r\n\r\n" % (more, len(body))
    answer, _, rest = raw_exchange(gateway.port, head + body).partition(b"\r\n\r\n")
    return answer.lower(), rest


@pytest.mark.parametrize("more", [b"", b"connection: keep-alive\r\n"])
def test_a_stream_comes_without_chunks_and_ends_with_the_connection(
    argo: Upstream, gateway: Proxy, more: bytes
) -> None:
    steps: list[Step] = streamed(*events(CHAT_STREAM))
    argo.answer = lambda seen: steps
    head, body = asked(gateway, more)
    assert body == CHAT_STREAM
    assert b"connection: close" in head
    assert b"transfer-encoding" not in head


def test_an_error_has_its_length(argo: Upstream, gateway: Proxy) -> None:
    head, body = raw_exchange(gateway.port, b"GET /nowhere HTTP/1.0\r\n\r\n").split(b"\r\n\r\n")
    assert b" 404 " in head
    assert b"content-length: %d" % len(body) in head.lower()
