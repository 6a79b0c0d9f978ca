"""HTTP's edges, one row each: what comes over the socket, and what is answered. test_heads.py has more heads."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from argo_addon.proxy import client_connection
from argo_addon.proxy.calls import Limits

from ..running import END, STREAM, Pause, Proxy, Upstream, chunk, json_answer, raw_exchange
from .talking import CHAT, CHAT_STREAM, MESSAGE, MESSAGES, begun

HOST = b"host: 127.0.0.1\r\n"
CLOSE = HOST + b"connection: close\r\n\r\n"
PLAIN = json.dumps({**MESSAGES, "stream": False}).encode()
STREAMED = json.dumps(CHAT).encode()
ANSWER = json_answer(json.dumps(MESSAGE).encode())


def post(path: bytes, body: bytes, *more: bytes) -> bytes:
    return b"POST %b HTTP/1.1\r\n%bcontent-length: %d\r\n%b\r\n" % (path, HOST, len(body), b"".join(more)) + body


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_connection, "PATIENCE", 0.2)
    monkeypatch.setattr(client_connection, "HEAD_TIME", 1.0)
    monkeypatch.setattr(client_connection, "BODY_SILENCE", 1.0)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("asked", "status", "says"),
    [
        pytest.param(b"GET /version HTTP/1.0\r\n\r\n", 200, b'"version"', id="HTTP/1.0 without a host"),
        pytest.param(b"GET /version HTTP/1.1\r\n" + CLOSE, 200, b'"version"', id="HTTP/1.1"),
        pytest.param(b"\r\n\r\nGET /version HTTP/1.1\r\n" + CLOSE, 200, b'"version"', id="empty lines first"),
        pytest.param(b"GET /version HTTP/2.0\r\n" + CLOSE, 505, b"HTTP/1.1", id="a version that does not exist"),
        pytest.param(b"GET /version\r\n\r\n", 400, b"HTTP", id="HTTP/0.9"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, b"HTTP/1.1 is served", id="h2c by prior knowledge"),
        pytest.param(
            b"GET /version HTTP/1.1\r\nhost: localhost\r\nconnection: close, upgrade, http2-settings\r\n"
            b"upgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n\r\n",
            200, b'"version"', id="an upgrade to h2c is passed over",
        ),
        pytest.param(b"CONNECT api.anthropic.com:443 HTTP/1.1\r\n" + HOST + b"\r\n", 405, b"no forward proxy",
                     id="CONNECT"),
        pytest.param(b"CONNECT 127.0.0.1:22 HTTP/1.1\r\n" + HOST + b"\r\n", 405, b"no forward proxy",
                     id="CONNECT to this machine"),
        pytest.param(b"GET http://example.com/version HTTP/1.1\r\nhost: example.com\r\n\r\n", 421,
                     b"no forward proxy", id="absolute form of another host"),
        pytest.param(b"GET http://127.0.0.1/version HTTP/1.1\r\nhost: example.com\r\n\r\n", 400,
                     b"two hosts", id="absolute form beside another Host"),
        pytest.param(b"GET http://example.com/version HTTP/1.0\r\n\r\n", 421, b"no forward proxy",
                     id="absolute form, HTTP/1.0"),
        pytest.param(b"GET http://user@127.0.0.1@example.com/version HTTP/1.0\r\n\r\n", 421, b"no forward proxy",
                     id="absolute form that looks like ours"),
        pytest.param(b"GET http://LOCALHOST:44497/version HTTP/1.1\r\n"
                     b"host: localhost:44497\r\nconnection: close\r\n\r\n",
                     200, b'"version"', id="absolute form of this host"),
        pytest.param(b"GET http://[::1]/version HTTP/1.1\r\nhost: [::1]\r\nconnection: close\r\n\r\n",
                     200, b'"version"', id="absolute form of this host, v6"),
        pytest.param(b"GET ftp://127.0.0.1/version HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n", 400, b"HTTP",
                     id="absolute form of another scheme"),
        pytest.param(b"GET version HTTP/1.1\r\n" + CLOSE, 400, b"HTTP", id="a target without a slash"),
        pytest.param(b"OPTIONS * HTTP/1.1\r\n" + CLOSE, 404, b"error", id="OPTIONS *"),
        pytest.param(b"TRACE /version HTTP/1.1\r\n" + CLOSE, 405, b"error", id="TRACE"),
        pytest.param(b"GET /ver%73ion HTTP/1.1\r\n" + CLOSE, 200, b'"version"', id="an encoded letter"),
        pytest.param(b"GET /v1%2Fmodels HTTP/1.1\r\n" + CLOSE, 200, b'"data"', id="an encoded slash"),
        pytest.param(b"GET /v1/../health HTTP/1.1\r\n" + CLOSE, 404, b"error", id="dots"),
        pytest.param(b"GET /%00 HTTP/1.1\r\n" + CLOSE, 404, b"error", id="an encoded NUL"),
        pytest.param(b"GET /%zz HTTP/1.1\r\n" + CLOSE, 404, b"error", id="no encoding at all"),
        pytest.param("GET /ü HTTP/1.1\r\n".encode() + CLOSE, 404, b"error", id="bytes beyond ASCII"),
        pytest.param(b"GET /version?" + b"a" * 60_000 + b" HTTP/1.1\r\n" + CLOSE, 200, b'"version"', id="a long URL"),
        pytest.param(b"GET /" + b"a" * 1_100_000 + b" HTTP/1.1\r\n" + CLOSE, 431, b"head", id="a huge URL"),
        pytest.param(b"GET / HTTP/1.1\r\nx: " + b"a" * 1_100_000 + b"\r\n" + CLOSE, 431, b"head", id="a huge header"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 200_000 + CLOSE, 431, b"head", id="many headers"),
        pytest.param(b"GET / HTTP/1.1\r\n" + HOST, 408, b"in time", id="half a head"),
        pytest.param(post(b"/v1/messages", PLAIN)[:-5], 408, b"in time", id="half a body"),
        pytest.param(b"", None, b"", id="nothing at all"),
    ],
)  # fmt: skip
def test_what_each_gets(gateway: Proxy, argo: Upstream, asked: bytes, status: int | None, says: bytes) -> None:
    answer = raw_exchange(gateway.port, asked, timeout=20, must_end=True)
    assert answer.startswith(b"HTTP/1.1 %d " % status if status else b"")
    assert bool(answer) == bool(status)
    assert says in answer
    assert not argo.seen
    if status and status >= 400:
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]


@pytest.mark.usefixtures("impatient")
def test_a_head_that_trickles_in_is_not_waited_for(gateway: Proxy) -> None:
    """Each byte is a sign of life, and no head comes of it."""
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as client:
        client.sendall(b"GET / HTTP/1.1\r\nx: ")
        client.settimeout(0.05)
        deadline = time.monotonic() + 6
        answer = b""
        while not answer:
            assert time.monotonic() < deadline
            try:
                answer = client.recv(1000)
            except TimeoutError:
                client.sendall(b"a")
    assert answer.startswith(b"HTTP/1.1 408")


@pytest.mark.usefixtures("impatient")
def test_a_connection_ends_some_time_behind_its_last_answer_but_not_during_a_call(
    gateway: Proxy, argo: Upstream
) -> None:
    first = begun(CHAT_STREAM)
    argo.answer = lambda seen: [STREAM, chunk(first), Pause(2.5), chunk(CHAT_STREAM[len(first) :]), END]
    gateway.addon.calls._limits = Limits()  # so short a silence is none
    answer = raw_exchange(gateway.port, post(b"/v1/chat/completions", STREAMED), timeout=20, must_end=True)
    assert answer.endswith(END)


@pytest.fixture
def crowd(gateway: Proxy) -> Iterator[ExitStack]:
    """A thousand connections on which nothing is said, half of them with the beginning of a head."""
    with ExitStack() as open_ones:
        for number in range(1000):
            one = open_ones.enter_context(socket.create_connection(("127.0.0.1", gateway.port), timeout=5))
            if number % 2:
                one.sendall(b"GET / HT")
        yield open_ones


@pytest.mark.usefixtures("crowd")
def test_others_are_served_beside_a_crowd_that_says_nothing(gateway: Proxy, argo: Upstream) -> None:
    argo.answer = lambda seen: [ANSWER]
    for _ in range(3):
        answer = raw_exchange(gateway.port, post(b"/v1/messages", PLAIN, b"connection: close\r\n"), must_end=True)
        assert answer.startswith(b"HTTP/1.1 200")


# A client that closes its sending half


def half_closed(port: int, asked: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=8) as client:
        client.sendall(asked)
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while part := client.recv(65536):
            answer += part
        return answer


@pytest.mark.parametrize("version", [b"1.1", b"1.0"])
def test_a_client_that_sends_no_more_gets_its_answer(gateway: Proxy, argo: Upstream, version: bytes) -> None:
    argo.answer = lambda seen: [Pause(0.3), ANSWER]
    answer = half_closed(gateway.port, post(b"/v1/messages", PLAIN).replace(b"HTTP/1.1", b"HTTP/" + version))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in head
    assert json.loads(body)["content"]


def test_a_client_that_sends_no_more_gets_its_stream(gateway: Proxy, argo: Upstream) -> None:
    first = begun(CHAT_STREAM)
    argo.answer = lambda seen: [Pause(0.1), STREAM, chunk(first), Pause(0.3), chunk(CHAT_STREAM[len(first) :]), END]
    answer = half_closed(gateway.port, post(b"/v1/chat/completions", STREAMED))
    assert answer.endswith(b"data: [DONE]\n\n\r\n" + END)


def test_a_client_that_sends_no_more_within_a_stream_gets_its_rest(gateway: Proxy, argo: Upstream) -> None:
    first = begun(CHAT_STREAM)
    argo.answer = lambda seen: [STREAM, chunk(first), Pause(0.4), chunk(CHAT_STREAM[len(first) :]), END]
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=8) as client:
        client.sendall(post(b"/v1/chat/completions", STREAMED))
        answer = client.recv(65536)
        client.shutdown(socket.SHUT_WR)
        while part := client.recv(65536):
            answer += part
    assert answer.endswith(b"data: [DONE]\n\n\r\n" + END)


def test_all_that_a_client_asked_before_it_sent_no_more_is_answered(gateway: Proxy, argo: Upstream) -> None:
    argo.answer = lambda seen: [Pause(0.2), ANSWER]
    asked = post(b"/v1/messages", PLAIN) * 2 + b"GET /version HTTP/1.1\r\n" + HOST + b"\r\n"
    answer = half_closed(gateway.port, asked)
    assert answer.count(b"HTTP/1.1 200 OK") == 3
    assert answer.count(b"connection: close") == 1
    assert b'"version"' in answer


def test_an_empty_line_behind_a_request_is_no_other_request(gateway: Proxy, argo: Upstream) -> None:
    argo.answer = lambda seen: [Pause(0.2), ANSWER]
    for asked in (post(b"/v1/messages", PLAIN), b"GET /version HTTP/1.1\r\n" + HOST + b"\r\n"):
        answer = half_closed(gateway.port, asked + b"\r\n")
        assert answer.startswith(b"HTTP/1.1 200 OK")
        assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "asked", [b"GET /version HT", post(b"/v1/messages", PLAIN)[:-5],
              b"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"],
    ids=["head", "body", "chunk"],
)  # fmt: skip
def test_half_a_request_behind_which_nothing_comes_is_told(gateway: Proxy, argo: Upstream, asked: bytes) -> None:
    answer = half_closed(gateway.port, asked)
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"breaks off" in answer
    assert answer.count(b"HTTP/1.1 400") == 1
    assert not argo.seen


@pytest.mark.parametrize("first", ["leaves at once", "sends no more"])
def test_a_client_that_leaves_ends_its_call(gateway: Proxy, argo: Upstream, first: str) -> None:
    gateway.addon.calls._limits = Limits()
    argo.answer = lambda seen: [Pause(20)]
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=8) as client:
        client.sendall(post(b"/v1/messages", PLAIN))
        if first == "sends no more":
            client.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + 3
        while not argo.seen and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.2)
        assert not argo.left.is_set()
    assert argo.left.wait(3)
