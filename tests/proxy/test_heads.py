"""HTTP's edges: heads that cannot be trusted, wishes to close, interim answers, streams without their formal end."""

from __future__ import annotations

import json
import socket
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argo_addon.errors import ClientError
from argo_addon.proxy import client_connection, request_reader
from argo_addon.proxy.heads import RequestHead, request_head
from argo_addon.proxy.request_reader import RequestReader

from ..running import Proxy, Upstream, json_answer, raw_exchange, streamed

BODY = json.dumps({"model": "gpt-5.4", "messages": [{"role": "user", "content": "x"}]}).encode()
GET = b"GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
CHOICE = {"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}
ANSWER = json_answer(
    json.dumps({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [CHOICE]}).encode()
)
LENGTH = b"content-length: %d\r\n" % len(BODY)


def request(
    *more: bytes, length: bytes = LENGTH, host: bytes = b"host: 127.0.0.1\r\n", version: bytes = b"1.1"
) -> bytes:
    head = b"POST /v1/chat/completions HTTP/" + version + b"\r\n" + host + b"content-type: application/json\r\n"
    return head + b"".join(more) + length + b"\r\n" + BODY


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients that are refused get less time to read their answer, so that a test need not wait for it."""
    monkeypatch.setattr(client_connection, "PATIENCE", 0.2)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "head",
    [
        pytest.param(request(b"transfer-encoding: chunked\r\n"), id="length and coding"),
        pytest.param(request(b"x-a: a\rb\r\n"), id="bare carriage return"),
        pytest.param(request(b"x-a: a\0b\r\n"), id="NUL"),
        pytest.param(request(b"x-a: a\r\n b\r\n"), id="folded line"),
        pytest.param(request(b"x-a : b\r\n"), id="blank before the colon"),
        pytest.param(request(host=b""), id="no host"),
        pytest.param(request(host=b"host: a\r\nhost: b\r\n"), id="two hosts"),
        pytest.param(request(length=b"content-length: +%d\r\n" % len(BODY)), id="signed length"),
        pytest.param(request(b"content-length: 5\r\n"), id="two lengths"),
        pytest.param(request(length=b"transfer-encoding: gzip\r\n"), id="another coding"),
        pytest.param(request(length=b"transfer-encoding: chunked, identity\r\n"), id="two codings"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2"),
    ],
)
def test_a_head_that_cannot_be_trusted_is_the_last_on_its_connection(
    gateway: Proxy, argo: Upstream, head: bytes
) -> None:
    answer = raw_exchange(gateway.port, head + GET, timeout=20, must_end=True)
    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1") - answer.count(b"and HTTP/1.1") == 1
    assert b"cannot be trusted" in answer or b"no valid HTTP" in answer
    assert not argo.seen


@pytest.mark.parametrize("wish", [b"close", b"Close", b"keep-alive, close"])
def test_a_wish_to_close_is_honoured_behind_the_answer(gateway: Proxy, argo: Upstream, wish: bytes) -> None:
    argo.answer = lambda seen: [ANSWER]
    answer = raw_exchange(gateway.port, request(b"connection: " + wish + b"\r\n"), timeout=20, must_end=True)
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in answer


EARLY = b"103 Early Hints\r\nlink: </x>; rel=preload\r\n\r\n"
MANY = b"HTTP/1.1 ".join([b"102 Processing\r\n\r\n"] * 5000)


@pytest.mark.parametrize(
    "interim", [b"100 Continue\r\n\r\n", b"103 Early Hints\r\nlink: </x>; rel=preload\r\n\r\n", MANY]
)
def test_interim_answers_are_passed_over(gateway: Proxy, argo: Upstream, interim: bytes) -> None:
    argo.answer = lambda seen: [b"HTTP/1.1 " + interim, b"HTTP/1.1 " + interim + ANSWER]
    answer = raw_exchange(gateway.port, request(b"connection: close\r\n"), timeout=20, must_end=True)
    assert answer.startswith(b"HTTP/1.1 200")
    assert b'"hi"' in answer


def chunk_of(delta: dict[str, str], reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    event = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(event).encode() + b"\n\n"


def streaming() -> bytes:
    body = json.dumps({**json.loads(BODY), "stream": True}).encode()
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
    head += b"content-type: application/json\r\n"
    return head + b"content-length: %d\r\n\r\n" % len(body) + body


@pytest.mark.parametrize("end", [b"", b"data: [DONE]\n\n", b"data: [DONE]"])
def test_a_finished_stream_ends_in_done_once(gateway: Proxy, argo: Upstream, end: bytes) -> None:
    argo.answer = lambda seen: streamed(*filter(None, (chunk_of({"content": "Hi"}), chunk_of({}, "stop"), end)))
    answer = raw_exchange(gateway.port, streaming(), timeout=20, must_end=True)
    assert answer.count(b"data: [DONE]") == 1
    assert b'"error"' not in answer


@pytest.mark.parametrize("path", [b"/v1/chat/completions", b"/v1/messages"])
def test_nothing_but_done_is_no_answer(gateway: Proxy, argo: Upstream, path: bytes) -> None:
    argo.answer = lambda seen: streamed(b"data: [DONE]\n\n")
    asked = streaming().replace(b"/v1/chat/completions", path)
    answer = raw_exchange(gateway.port, asked, timeout=20, must_end=True)
    assert answer.startswith(b"HTTP/1.1 502")
    assert b"without an answer" in answer


def test_a_head_that_trickles_in_is_looked_at_once(gateway: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte of it, not all of it with each: else one client holds up all others."""
    read: list[int] = []

    def look(head: bytes) -> RequestHead:
        read.append(len(head))
        return request_head(head)

    monkeypatch.setattr(request_reader, "request_head", look)
    lines = [b"GET /version HTTP/1.1\r\n", b"host: localhost\r\n", *(b"x-%d: y\r\n" % number for number in range(60))]
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for line in (*lines, b"connection: close\r\n", b"\r", b"\n"):
            client.sendall(line)
            time.sleep(0.002)
        assert client.recv(100).startswith(b"HTTP/1.1 200")
    assert read == [len(b"".join(lines)) + len(b"connection: close")]


REQUESTS = [
    (b"GET /version HTTP/1.1\r\nhost: x\r\n\r\n", b""),
    (b"\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n", b""),
    (b"POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nab\r\nc", b"ab\r\nc"),
    (
        b"POST /b HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3;e=1\r\na\r\n\r\n2\r\nbc\r\n0\r\n\r\n",
        b"a\r\nbc",
    ),
]


@given(st.lists(st.sampled_from(REQUESTS), min_size=1, max_size=4), st.lists(st.integers(1, 40), max_size=20))
def test_requests_are_the_same_however_their_bytes_are_cut(
    requests: list[tuple[bytes, bytes]], cuts: list[int]
) -> None:
    sent = b"".join(raw for raw, _ in requests)
    ends = [sum(cuts[: number + 1]) for number in range(len(cuts))]
    reader, bodies = RequestReader(1000, 1000), []
    for start, end in zip([0, *ends], [*ends, len(sent)], strict=True):
        reader.feed(sent[start:end])
        while reader.read_head() is not None and (body := reader.read_body()) is not None:
            bodies.append(body)
            reader.next()
    assert bodies == [body for _, body in requests]


def test_a_body_that_is_no_chunks_is_told(gateway: Proxy) -> None:
    reader = RequestReader(1000, 1000)
    reader.feed(b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n2\r\nabc\r\n")
    assert reader.read_head() is not None
    with pytest.raises(ClientError, match="longer than its head says"):
        reader.read_body()
