"""Whoever does not keep up holds up those who send to him, and not the gateway's memory."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator

from ..running import END, STREAM, Proxy, Seen, Step, Upstream, chunk
from .talking import CHAT

TEXT = "x" * 100_000
EVENT = {"id": "a", "choices": [{"index": 0, "delta": {"content": TEXT}}]}
SAID = b"data: " + json.dumps(EVENT).encode() + b"\n\n"
STOP = b'data: {"id":"a","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
EVENTS = 400  # 40 MB


BODY = json.dumps(CHAT).encode()
ASKED = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n%b" % (len(BODY), BODY)


def test_a_client_that_reads_nothing_holds_up_argo_and_gets_all_in_the_end(gateway: Proxy, argo: Upstream) -> None:
    sent = 0

    def steps(seen: Seen) -> Iterator[Step]:
        nonlocal sent
        yield STREAM
        for _ in range(EVENTS):
            yield chunk(SAID)
            sent += 1
        yield chunk(STOP) + END

    argo.answer = lambda seen: steps(seen) if seen.line.startswith("POST") else []
    gateway.addon.calls._limits = type(gateway.addon.calls._limits)()
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        client.settimeout(20)
        client.connect(("127.0.0.1", gateway.port))
        client.sendall(ASKED)
        client.shutdown(socket.SHUT_WR)
        last = -1
        while sent != last:  # until it stands still
            last = sent
            time.sleep(0.3)
        assert 0 < sent < EVENTS / 2
        got = bytearray()
        while part := client.recv(1 << 20):
            got += part
    assert got.count(b'"content"') == EVENTS
    assert bytes(got).endswith(b"data: [DONE]\n\n\r\n" + END)


def test_requests_sent_ahead_wait_until_their_turn(gateway: Proxy, argo: Upstream) -> None:
    """More of them than are taken at a time, while the first is answered."""
    ahead = 2000
    one = b"GET /version HTTP/1.1\r\nhost: localhost\r\nx: %b\r\n\r\n" % (b"a" * 500)

    def steps(seen: Seen) -> Iterator[Step]:
        yield STREAM
        time.sleep(0.3)
        yield chunk(STOP.replace(b"{}", b'{"content":"hi"}')) + END

    argo.answer = lambda seen: steps(seen) if seen.line.startswith("POST") else []
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as client:
        client.sendall(ASKED + one * ahead)
        client.shutdown(socket.SHUT_WR)
        got = bytearray()
        while part := client.recv(1 << 20):
            got += part
    assert got.count(b"HTTP/1.1 200 OK") == ahead + 1
