"""HTTP's edges: heads that cannot be trusted, wishes to close, interim answers, streams without their formal end."""

from __future__ import annotations

import json
import socket

import pytest

from ..running import Proxy, Upstream, json_answer, streamed

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


def said(port: int, data: bytes) -> tuple[bytes, bool]:
    """All that comes back, and whether the connection was ended."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.settimeout(8)
        client.sendall(data)
        answer = b""
        try:
            while more := client.recv(65536):
                answer += more
        except TimeoutError:
            return answer, False
    return answer, True


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
    answer, ended = said(gateway.port, head + GET)
    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1") - answer.count(b"and HTTP/1.1") == 1
    assert b"cannot be trusted" in answer or b"no valid HTTP" in answer
    assert ended
    assert not argo.seen


@pytest.mark.parametrize("wish", [b"close", b"Close", b"keep-alive, close"])
def test_a_wish_to_close_is_honoured_behind_the_answer(gateway: Proxy, argo: Upstream, wish: bytes) -> None:
    argo.answer = lambda seen: [ANSWER]
    answer, ended = said(gateway.port, request(b"connection: " + wish + b"\r\n"))
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in answer
    assert ended


@pytest.mark.parametrize("interim", [b"100 Continue\r\n\r\n", b"103 Early Hints\r\nlink: </x>; rel=preload\r\n\r\n"])
def test_interim_answers_are_passed_over(gateway: Proxy, argo: Upstream, interim: bytes) -> None:
    argo.answer = lambda seen: [b"HTTP/1.1 " + interim, b"HTTP/1.1 " + interim + ANSWER]
    answer, _ = said(gateway.port, request(b"connection: close\r\n"))
    assert answer.startswith(b"HTTP/1.1 200")
    assert b'"hi"' in answer


def chunk_of(delta: dict[str, str], reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    event = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(event).encode() + b"\n\n"


def streaming() -> bytes:
    body = json.dumps({**json.loads(BODY), "stream": True}).encode()
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\n"
    return head + b"content-length: %d\r\n\r\n" % len(body) + body


@pytest.mark.parametrize("end", [b"", b"data: [DONE]\n\n", b"data: [DONE]"])
def test_a_finished_stream_ends_in_done_once(gateway: Proxy, argo: Upstream, end: bytes) -> None:
    argo.answer = lambda seen: streamed(*filter(None, (chunk_of({"content": "Hi"}), chunk_of({}, "stop"), end)))
    answer, _ = said(gateway.port, streaming())
    assert answer.count(b"data: [DONE]") == 1
    assert b'"error"' not in answer


def test_nothing_but_done_is_no_answer(gateway: Proxy, argo: Upstream) -> None:
    argo.answer = lambda seen: streamed(b"data: [DONE]\n\n")
    answer, _ = said(gateway.port, streaming())
    assert answer.startswith(b"HTTP/1.1 502")
    assert b"without an answer" in answer
