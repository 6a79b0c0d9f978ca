"""Connections to ARGO that outlive their client: whoever comes next pays no handshake."""

from __future__ import annotations

import concurrent.futures
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from argo_addon.proxy import upstreams
from argo_addon.proxy.calls import Limits

from ..running import Pause, Proxy, Upstream, json_answer, proxy, settings_for, streamed, upstream
from .talking import CHAT, CHAT_STREAM, MESSAGE, MESSAGES, events
from .test_resolve import listed
from .test_tls import certificate

PLAIN = {**MESSAGES, "stream": False}
ANSWER = json_answer(json.dumps(MESSAGE).encode())


@pytest.fixture
def gateway(argo: Upstream) -> Iterator[Proxy]:
    with proxy(settings_for(argo.url)) as running:
        yield running


def call(running: Proxy) -> None:
    answer = httpx.post(running.url + "/v1/messages", json=PLAIN, trust_env=False)  # a client of its own
    assert answer.status_code == 200, answer.text


def looked(argo: Upstream) -> None:
    """Waits until the model list has been asked for: by then that connection is counted."""
    while not argo.looked_up:
        time.sleep(0.01)


def test_the_next_client_is_served_on_the_same_connection(argo: Upstream, gateway: Proxy) -> None:
    argo.answer = lambda seen: [ANSWER]
    looked(argo)
    call(gateway)
    before = argo.connections
    for _ in range(5):
        call(gateway)
    argo.answer = lambda seen: streamed(*events(CHAT_STREAM))
    for _ in range(3):
        answer = httpx.post(gateway.url + "/v1/chat/completions", json=CHAT, trust_env=False)
        assert answer.content == CHAT_STREAM
    assert argo.connections == before


def test_over_tls_there_is_one_handshake(tmp_path: Path) -> None:
    pem = certificate(tmp_path, "127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    list_ = json_answer(b'{"data": [{"id": "GPT 9", "internal_id": "gpt9"}]}')
    with upstream(context) as argo:
        argo.answer = lambda seen: [ANSWER] if seen.line.startswith("POST") else [list_]
        with proxy(settings_for(argo.url, ssl_ca_file=str(pem))) as running:
            listed(running.addon.gateway)
            before = argo.connections
            for _ in range(4):
                call(running)
            assert argo.connections == before == 1, "the model list's connection serves the calls"


def test_calls_at_the_same_time_have_one_each_and_all_are_kept(argo: Upstream, gateway: Proxy) -> None:
    argo.answer = lambda seen: [Pause(0.2), ANSWER]
    looked(argo)
    before = argo.connections
    for _ in range(3):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: call(gateway), range(8)))
    assert argo.connections <= before + 8


def test_one_that_nobody_uses_is_ended(argo: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstreams, "KEPT", 0.2)
    argo.answer = lambda seen: [ANSWER]
    with proxy(settings_for(argo.url)) as running:
        looked(argo)
        call(running)
        deadline = time.monotonic() + 5
        while running.addon.upstreams.count and time.monotonic() < deadline:
            time.sleep(0.02)
        assert running.addon.upstreams.count == 0
        call(running)


def test_the_models_endpoints_have_connections_of_their_own(argo: Upstream) -> None:
    """A connection is for one place only: scheme, address, name and proxy."""
    with upstream() as other:
        other.answer = lambda seen: [ANSWER]
        argo.answer = lambda seen: streamed(*events(CHAT_STREAM))
        with proxy(settings_for(argo.url, native_anthropic_base_url=other.url)) as running:
            for _ in range(2):
                call(running)
                answer = httpx.post(running.url + "/v1/chat/completions", json=CHAT, trust_env=False)
                assert answer.content == CHAT_STREAM
            assert [len(argo.seen), len(other.seen)] == [2, 2]


def test_one_that_answered_before_it_had_read_the_request_is_not_kept() -> None:
    """It may never read the rest: the next call would wait behind it."""
    done = threading.Event()
    refusal = json_answer(b'{"error": {"message": "too large"}}', "413 Too Large")

    def serve(one: socket.socket) -> None:
        with one:
            asked = one.recv(65536)
            if asked.startswith(b"POST"):
                while b"\r\n\r\n" not in asked:
                    asked += one.recv(65536)
                one.sendall(refusal if b"x" * 1000 in asked or b"content-length: 3" in asked else ANSWER)
            done.wait(10)

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=(listening.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            with proxy(settings_for(f"http://127.0.0.1:{listening.getsockname()[1]}"), Limits(silence=3)) as running:
                large = {**PLAIN, "messages": [{"role": "user", "content": "x" * 30_000_000}]}
                answer = httpx.post(running.url + "/v1/messages", json=large, trust_env=False, timeout=10)
                assert answer.status_code == 413
                call(running)
        finally:
            done.set()
            listening.shutdown(socket.SHUT_RDWR)
