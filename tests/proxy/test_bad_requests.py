"""What is told to a client whose request is none."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import httpx
import pytest

from ..running import (
    Proxy,
    Upstream,
    raw_exchange,
)
from .talking import (
    MESSAGES,
    both,
    still_works,
)


@both
def test_a_body_beyond_the_limit_is_a_413_and_the_next_request_works(
    argo: Upstream, client: httpx.Client, gateway: Proxy, path: str, body: dict[str, Any], stream: bytes
) -> None:
    request = b"POST %s HTTP/1.1\r\nhost: localhost\r\ncontent-length: 101000000\r\n\r\n" % path.encode()
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as sending:
        sending.sendall(request)
        piece = bytes(1_000_000)
        for _ in range(101):
            sending.sendall(piece)  # none of it fails: the body is read to its end
        answer = b""
        while part := sending.recv(65536):
            answer += part
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"100 MB (max_body_size)" in answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]
    still_works(client, argo)


def test_a_chunked_body_beyond_the_limit_is_a_413_too(argo: Upstream, client: httpx.Client) -> None:
    answer = client.post("/v1/messages", content=(bytes(1_000_000) for _ in range(101)))
    assert answer.status_code == 413
    assert answer.json()["error"]["type"] == "request_too_large"
    still_works(client, argo)


@pytest.mark.parametrize(
    "head_",
    [
        b"GARBAGE\r\n\r\n",
        b"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: x\r\n\r\n",
    ],
)
def test_7_1_a_request_that_is_no_http_gets_json(gateway: Proxy, head_: bytes) -> None:
    answer = raw_exchange(gateway.port, head_)
    assert answer.startswith(b"HTTP/1.1 400")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["message"]


def test_a_head_beyond_measure_is_refused(gateway: Proxy) -> None:
    answer = raw_exchange(gateway.port, b"GET / HTTP/1.1\r\nx: " + b"a" * 2_000_000 + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 431")


def test_trailers_behind_a_body_are_refused_and_nothing_hangs(gateway: Proxy) -> None:
    body = b"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n"
    body += b"2\r\n{}\r\n0\r\nx: y\r\n\r\n"
    answer = raw_exchange(gateway.port, body)
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"railers" in answer


def test_a_body_of_broken_chunks_is_a_400(gateway: Proxy) -> None:
    asked = b"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"
    answer = raw_exchange(gateway.port, asked)
    assert answer.startswith(b"HTTP/1.1 400")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["type"] == "error"


def test_a_client_that_speaks_tls_is_let_go_at_once(gateway: Proxy, caplog: pytest.LogCaptureFixture) -> None:
    start = time.monotonic()
    assert raw_exchange(gateway.port, b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03") == b""
    assert time.monotonic() - start < 2
    assert "plain http://" in caplog.text


def test_8_8_a_websocket_elsewhere_is_refused_at_once(gateway: Proxy) -> None:
    asked = (
        b"GET /v1/messages HTTP/1.1\r\nhost: localhost\r\nconnection: close, upgrade\r\nupgrade: websocket\r\n"
        b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    assert raw_exchange(gateway.port, asked).startswith(b"HTTP/1.1 426 Upgrade Required")


def test_8_2_head_has_no_body(gateway: Proxy) -> None:
    answer = raw_exchange(gateway.port, b"HEAD / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.endswith(b"\r\n\r\n")


def test_pipelined_requests_are_served_in_turn(gateway: Proxy) -> None:
    asked = b"GET /version HTTP/1.1\r\nhost: localhost\r\n\r\n"
    asked += b"GET /nowhere HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    answer = raw_exchange(gateway.port, asked)
    assert answer.index(b"200 OK") < answer.index(b"404 Not Found")


def test_a_fault_of_our_own_is_a_500_and_the_clients_request_goes_nowhere(
    argo: Upstream,
    client: httpx.Client,
    gateway: Proxy,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(request: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(gateway.addon.gateway, "open", broken)
    answer = client.post("/v1/messages", json=MESSAGES, headers={"x-api-key": "SECRET"})
    assert answer.status_code == 500
    assert answer.json()["type"] == "error"
    assert argo.seen == []
    assert "boom" in caplog.text
