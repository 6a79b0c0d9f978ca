"""What a client sees when the upstream fails before it answers."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import httpx
import pytest

from argo_addon.proxy.calls import Limits

from ..running import (
    END,
    STREAM,
    Pause,
    Proxy,
    Seen,
    Step,
    Upstream,
    chunk,
    json_answer,
    proxy,
    settings_for,
)
from .talking import (
    MESSAGES,
    answers_with,
    both,
    still_works,
)


@both
def test_an_upstream_that_refuses_the_connection_is_a_502_that_names_it(
    client: httpx.Client, gateway: Proxy, path: str, body: dict[str, Any], stream: bytes
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with proxy(settings_for(dead)) as running:
        for _ in range(2):
            answer = httpx.post(running.url + path, json=body, trust_env=False)
            assert answer.status_code == 502
            assert answer.headers["content-type"] == "application/json"
            assert dead in answer.json()["error"]["message"]
            assert "refused" in answer.json()["error"]["message"]


def test_an_upstream_that_takes_no_connection_is_a_504() -> None:
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for waiting in (first, second):  # they fill its queue: the system lets the next one wait
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        with proxy(settings_for(f"http://127.0.0.1:{full.getsockname()[1]}"), Limits(connect=0.4)) as running:
            answer = httpx.post(running.url + "/v1/messages", json=MESSAGES, trust_env=False)
    assert answer.status_code == 504
    assert "did not accept a connection within 0.4 s" in answer.json()["error"]["message"]


@both
def test_an_upstream_that_hangs_is_a_504(
    argo: Upstream, client: httpx.Client, path: str, body: dict[str, Any], stream: bytes
) -> None:
    answers_with(argo, Pause(30))
    answer = client.post(path, json=body)
    assert answer.status_code == 504
    assert "nothing for 0.5 s" in answer.json()["error"]["message"]
    still_works(client, argo)


def test_a_timeout_in_the_body_is_kept(argo: Upstream) -> None:
    answers_with(argo, Pause(30))
    with proxy(settings_for(argo.url)) as running:
        start = time.monotonic()
        answer = httpx.post(running.url + "/v1/messages", json={**MESSAGES, "timeout": 0.3}, trust_env=False)
    assert answer.status_code == 504
    assert "timeout of 0.3 s" in answer.json()["error"]["message"]
    assert time.monotonic() - start < 5


@both
@pytest.mark.parametrize("rubbish", [b"SSH-2.0-OpenSSH\r\n\r\n", b"\x00\xff\r\n\r\n", b""])
def test_an_upstream_that_speaks_no_http_is_a_502(
    argo: Upstream, client: httpx.Client, path: str, body: dict[str, Any], stream: bytes, rubbish: bytes
) -> None:
    def quits(seen: Seen) -> list[Step]:
        raise ConnectionError if not rubbish else _Say(rubbish)

    argo.answer = quits if not rubbish else lambda seen: [rubbish]
    answer = client.post(path, json=body)
    assert answer.status_code == 502
    assert answer.json()["error"]["message"]
    still_works(client, argo)


class _Say(Exception):
    pass


@both
def test_7_10_a_200_whose_stream_begins_with_an_error_gets_the_errors_status(
    argo: Upstream, client: httpx.Client, path: str, body: dict[str, Any], stream: bytes
) -> None:
    kinds = {
        "/v1/messages": '"type":"overloaded_error","message":"busy"',
        "/v1/chat/completions": '"message":"busy","code":529',
    }
    error = f'data: {{"type":"error","error":{{{kinds[path]}}}}}\n\n'.encode()
    answers_with(argo, STREAM, chunk(error), Pause(5), END)
    answer = client.post(path, json=body)
    assert answer.status_code == 529
    assert answer.json()["error"]["message"] == "busy"
    still_works(client, argo)


@both
def test_a_200_whose_stream_is_garbage_from_the_start_is_a_502(
    argo: Upstream, client: httpx.Client, path: str, body: dict[str, Any], stream: bytes
) -> None:
    answers_with(argo, STREAM, chunk(b"data: <html>\n\n"), END)
    answer = client.post(path, json=body)
    assert answer.status_code == 502
    still_works(client, argo)


@both
def test_7_6_a_429_keeps_its_retry_after(
    argo: Upstream, client: httpx.Client, path: str, body: dict[str, Any], stream: bytes
) -> None:
    answers_with(
        argo,
        json_answer(
            b'{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}', "429 Slow", "retry-after: 7"
        ),
    )
    answer = client.post(path, json=body)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert answer.json()["error"]["message"] == "slow"


@both
def test_1_35_the_authentication_notice_is_a_403(
    argo: Upstream, client: httpx.Client, path: str, body: dict[str, Any], stream: bytes
) -> None:
    text = "AUTHENTICATION NOTICE FROM ARGO: 'jdoe' is not registered"
    message = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
    said = {"/v1/messages": message, "/v1/chat/completions": {"choices": [{"index": 0, "delta": {"content": text}}]}}
    answers_with(argo, STREAM, chunk(b"data: " + json.dumps(said[path]).encode() + b"\n\n"), Pause(5))
    answer = client.post(path, json=body)
    assert answer.status_code == 403
    assert answer.json()["error"]["type"] == "authentication_error"
    plain = {"content": [{"type": "text", "text": text}], "choices": [{"message": {"content": text}}]}
    answers_with(argo, json_answer(json.dumps(plain).encode()))
    answer = client.post(path, json={**body, "stream": False})
    assert answer.status_code == 403
    assert "jdoe" in answer.json()["error"]["message"]
    still_works(client, argo)
