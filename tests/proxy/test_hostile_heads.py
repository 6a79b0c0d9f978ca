"""Heads from either side that are made to do harm: to who reads them next, to everybody's time, to the log."""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Iterator

import pytest

from argo_addon.proxy import client_connection
from argo_addon.proxy.calls import Limits
from argo_addon.proxy.crowd import Seldom
from daemon.logs import SafeFormatter

from ..running import STREAM, Proxy, Upstream, chunk, json_answer, proxy, raw_exchange, settings_for, upstream
from .talking import CHAT, CHAT_STREAM, MESSAGE, MESSAGES

HOST = b"host: localhost\r\n"
BODY = json.dumps({**MESSAGES, "stream": False}).encode()
STREAMED = json.dumps(CHAT).encode()
ANSWER = json.dumps(MESSAGE).encode()


@pytest.fixture(scope="module")
def one_argo() -> Iterator[Upstream]:
    with upstream() as made:
        yield made


@pytest.fixture(scope="module")
def running(one_argo: Upstream) -> Iterator[Proxy]:
    with proxy(settings_for(one_argo.url, allowed_origins=("http://localhost:3000",)), Limits()) as started:
        yield started


@pytest.fixture
def argo(one_argo: Upstream) -> Upstream:
    one_argo.seen.clear()
    one_argo.answer = lambda seen: [json_answer(ANSWER)]
    return one_argo


@pytest.fixture
def gateway(running: Proxy, monkeypatch: pytest.MonkeyPatch) -> Proxy:
    monkeypatch.setattr(client_connection, "PATIENCE", 0.3)
    return running


def post(*more: bytes, path: bytes = b"/v1/messages", body: bytes = BODY) -> bytes:
    lines = (b"POST " + path + b" HTTP/1.1\r\n", HOST, b"connection: close\r\n", *more)
    return b"".join(lines) + b"content-length: %d\r\n\r\n" % len(body) + body


# From clients


@pytest.mark.parametrize(
    "line",
    [
        b"HEAD /health HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
        b"HEAD http://elsewhere.example/ HTTP/1.1\r\nhost: elsewhere.example\r\n\r\n",
        b"HEAD /health HTTP/1.1\r\nhost: localhost\r\ncontent-length: 999999999999\r\n\r\n",
        b"HEAD /health HTTP/1.1\r\nhost: elsewhere.example\r\n\r\n",
        b"HEAD /health HTTP/3.0\r\nhost: localhost\r\n\r\n",
        b"HEAD /" + b"a" * 1_100_000 + b" HTTP/1.1\r\nhost: localhost\r\n\r\n",
    ],
    ids=["untrusted", "elsewhere", "too large", "another host", "another version", "a huge head"],
)
def test_a_head_request_that_is_refused_gets_no_body(gateway: Proxy, line: bytes) -> None:
    head, _, body = raw_exchange(gateway.port, line, must_end=True).partition(b"\r\n\r\n")
    assert head[9:10] in (b"4", b"5")
    assert body == b""


@pytest.mark.parametrize(
    "asked",
    [
        post().replace(HOST, b"host: localhost\n"),
        post(b"x: a\ncontent-length: 3\r\n"),
        b"GET /version HTTP/1.1\nhost: localhost\n\n",
    ],
)
def test_a_line_that_ends_as_only_some_readers_end_lines_is_refused(
    gateway: Proxy, argo: Upstream, asked: bytes
) -> None:
    answer = raw_exchange(gateway.port, asked, must_end=True)
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"carriage return" in answer
    assert not argo.seen


@pytest.mark.parametrize("extension", [b";a\0b", b";a=\x07", b";\x7f"])
def test_an_extension_of_a_chunk_has_no_control_characters(gateway: Proxy, argo: Upstream, extension: bytes) -> None:
    head = b"POST /v1/messages HTTP/1.1\r\n" + HOST + b"transfer-encoding: chunked\r\n\r\n"
    asked = head + b"%x%b\r\n%b\r\n0\r\n\r\n" % (len(BODY), extension, BODY)
    assert raw_exchange(gateway.port, asked, must_end=True).startswith(b"HTTP/1.1 400")
    assert not argo.seen


def test_headers_beyond_number_are_refused(gateway: Proxy) -> None:
    few, many = (b"GET /version HTTP/1.1\r\n" + HOST + b"a:b\r\n" * count for count in (900, 1001))
    assert raw_exchange(gateway.port, few + b"connection: close\r\n\r\n").startswith(b"HTTP/1.1 200")
    answer = raw_exchange(gateway.port, many + b"\r\n", must_end=True)
    assert answer.startswith(b"HTTP/1.1 431")
    assert b"1000 headers" in answer


def is_let_go(client: socket.socket) -> bool:
    """Whether a client is cut off that sends a byte now and then."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            client.sendall(b"x")
        except ConnectionError:
            return True
        time.sleep(0.05)
    return False


def test_a_stranger_that_trickles_is_let_go(gateway: Proxy) -> None:
    """Each byte is a sign of life, and none is of use: the connection is somebody else's."""
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as client:
        client.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: elsewhere.example\r\ncontent-length: 1000000\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 403")
        assert is_let_go(client)


@pytest.mark.parametrize(
    "origins",
    [(b"http://evil.example", b"http://localhost:3000"), (b"http://localhost:3000", b"http://evil.example")],
)
def test_two_origins_are_a_strangers(gateway: Proxy, argo: Upstream, origins: tuple[bytes, bytes]) -> None:
    answer = raw_exchange(gateway.port, post(*(b"origin: " + one + b"\r\n" for one in origins)))
    assert answer.startswith(b"HTTP/1.1 403")
    assert not argo.seen


UPGRADE = b"upgrade: websocket\r\nsec-websocket-version: 13\r\n"
KEY = b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
CONNECTION = b"connection: keep-alive, Upgrade\r\n"


def test_a_web_socket_is_opened_without_a_length(gateway: Proxy) -> None:
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as client:
        client.sendall(b"GET /v1/responses HTTP/1.1\r\n" + HOST + CONNECTION + UPGRADE + KEY + b"\r\n")
        answer = client.recv(1000)
    assert answer.startswith(b"HTTP/1.1 101")
    assert b"content-length" not in answer


@pytest.mark.parametrize(
    ("version", "lines"),
    [(b"1.1", UPGRADE + KEY), (b"1.0", CONNECTION + UPGRADE + KEY),
     (b"1.1", CONNECTION + UPGRADE + b"sec-websocket-key: x\r\n"), (b"1.1", CONNECTION + UPGRADE)],
    ids=["no wish to upgrade", "HTTP/1.0", "no key of 16 bytes", "no key"],
)  # fmt: skip
def test_what_does_not_ask_for_a_web_socket_rightly_gets_none(gateway: Proxy, version: bytes, lines: bytes) -> None:
    asked = b"GET /v1/responses HTTP/" + version + b"\r\n" + HOST + lines + b"\r\n"
    bye = b"GET /version HTTP/1.1\r\n" + HOST + b"connection: close\r\n\r\n"
    answer = raw_exchange(gateway.port, asked + bye, timeout=20, must_end=True)
    assert answer.startswith(b"HTTP/1.1 4")
    assert b'"error"' in answer


def test_no_line_of_the_log_and_no_error_is_as_long_as_a_stranger_likes(
    gateway: Proxy, argo: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    written = SafeFormatter().format
    caplog.set_level(logging.INFO)
    long = b"a" * 500_000
    for asked in (
        post(path=b"/" + long), post(b"user-agent: " + long + b"\r\n"),
        b"A" * 500_000 + b" /version HTTP/1.1\r\n" + HOST + b"connection: close\r\n\r\n",
    ):  # fmt: skip
        assert len(raw_exchange(gateway.port, asked, must_end=True)) < 5000
    assert max(len(written(record)) for record in caplog.records) < 12_000


def test_tls_at_a_port_without_it_is_told_once(
    gateway: Proxy, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_connection, "SPOKE_TLS", Seldom())
    for _ in range(5):
        assert raw_exchange(gateway.port, b"\x16\x03\x01\x00\x10hello", must_end=True) == b""
    assert sum("spoke TLS" in record.getMessage() for record in caplog.records) == 1


# From ARGO


@pytest.mark.parametrize("value", [b"a\0b", b"a\rset-cookie: b", b"a\x1b[2Jb", b"a\x7fb"])
@pytest.mark.parametrize("streamed", [False, True])
def test_no_control_character_of_argos_head_reaches_a_client(
    gateway: Proxy, argo: Upstream, value: bytes, streamed: bool
) -> None:
    lines = b"x-request-id: " + value + b"\r\n"
    head = STREAM if streamed else json_answer(ANSWER)
    argo.answer = lambda seen: [
        head.replace(b"\r\n", b" " + value.replace(b"\r", b"\x0b") + b"\r\n" + lines, 1),
        *([chunk(CHAT_STREAM), b"0\r\n\r\n"] if streamed else []),
    ]
    path, body = (b"/v1/chat/completions", STREAMED) if streamed else (b"/v1/messages", BODY)
    got = raw_exchange(gateway.port, post(path=path, body=body), must_end=True).partition(b"\r\n\r\n")[0]
    assert got.startswith(b"HTTP/1.1 200")
    assert b"x-request-id: a" in got
    assert not [byte for line in got.split(b"\r\n") for byte in line if byte < 32 or byte == 127]


def test_a_header_whose_name_is_none_is_left_out(gateway: Proxy, argo: Upstream) -> None:
    argo.answer = lambda seen: [json_answer(ANSWER, "200 OK", "a b: c", "x\0y: z", "access-control-allow-origin: *")]
    got = raw_exchange(gateway.port, post(), must_end=True).partition(b"\r\n\r\n")[0]
    assert got.startswith(b"HTTP/1.1 200")
    assert not any(left in got for left in (b"a b", b"x\0y", b"access-control"))


def test_an_answer_with_two_framings_is_read_and_its_connection_not_trusted(gateway: Proxy, argo: Upstream) -> None:
    both = json_answer(ANSWER).partition(b"\r\n\r\n")[0] + b"\r\ntransfer-encoding: chunked\r\n\r\n"
    argo.answer = lambda seen: [both, chunk(ANSWER), b"0\r\n\r\n"]
    before = argo.connections
    for _ in range(2):
        assert raw_exchange(gateway.port, post(), must_end=True).startswith(b"HTTP/1.1 200")
    assert argo.connections >= before + 1
    last = argo.connections
    raw_exchange(gateway.port, post(), must_end=True)
    assert argo.connections == last + 1


@pytest.mark.parametrize("path", [b"/v1/messages", b"/v1/chat/completions", b"/v1/responses"])
def test_an_answer_that_is_no_text_is_a_502(gateway: Proxy, argo: Upstream, path: bytes) -> None:
    argo.answer = lambda seen: [json_answer(b'{"choices":[{"message":{"content":"h\xff"}}],"content":"\xff"}')]
    body = json.dumps({"model": "gpt-5.4", "input": "x", "max_tokens": 9, "messages": CHAT["messages"]}).encode()
    answer = raw_exchange(gateway.port, post(path=path, body=body), must_end=True)
    assert answer.startswith(b"HTTP/1.1 502")
