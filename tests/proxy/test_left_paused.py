"""Who was held up by one client holds up nobody else: neither the next call nor the gateway's memory."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from argo_addon.proxy import output
from argo_addon.proxy.calls import Limits

from ..running import STREAM, Pause, Seen, Step, Upstream, chunk, proxy, settings_for, streamed
from .talking import CHAT, CHAT_STREAM, events
from .test_backpressure import ASKED, SAID


def test_a_connection_that_was_held_up_to_its_answers_end_serves_the_next_call(
    argo: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "HIGH_WATER", -1)  # no client keeps up
    argo.answer = lambda seen: [b"".join(step for step in streamed(*events(CHAT_STREAM)) if isinstance(step, bytes))]
    with (
        proxy(settings_for(argo.url), Limits(silence=2)) as running,
        httpx.Client(base_url=running.url, timeout=10, trust_env=False) as client,
    ):
        for _ in range(3):
            assert client.post("/v1/chat/completions", json=CHAT).content == CHAT_STREAM


def test_a_request_sent_ahead_is_held_up_too(argo: Upstream) -> None:
    """The client reads neither answer: the second does not pile up while the first waits."""
    sent = 0
    whole = json.dumps({"id": "a", "choices": [{"index": 0, "message": {"content": "x" * 8_000_000}}]}).encode()
    plain = json.dumps({**CHAT, "stream": False}).encode()
    first = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n%b" % (
        len(plain),
        plain,
    )

    def steps() -> Iterator[Step]:
        nonlocal sent
        yield STREAM
        for _ in range(400):  # 40 MB
            yield chunk(SAID)
            sent += 1
        yield Pause(5)

    def answer(seen: Seen) -> Iterator[Step]:
        if seen.line.startswith("POST") and not json.loads(seen.body).get("stream"):
            head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(whole)
            return iter([head + whole])
        return steps() if seen.line.startswith("POST") else iter([])

    argo.answer = answer
    with proxy(settings_for(argo.url)) as running, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        client.connect(("127.0.0.1", running.port))
        client.sendall(first + ASKED)
        last = -1
        while not sent or sent != last:  # until it stands still
            last = sent
            time.sleep(0.3)
        assert sent < 200
