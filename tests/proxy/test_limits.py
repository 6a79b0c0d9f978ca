"""The limits of the settings, over sockets: what is within is served, what is beyond is told in the dialect."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from ..running import Proxy, Upstream, json_answer, proxy, raw_exchange, settings_for

USER = {"role": "user", "content": "hi"}
PARTS = {"role": "user", "parts": [{"text": "hi"}]}
SCHEMA = {"type": "object", "properties": {}}


def chat(messages: int = 1, tools: int = 0) -> dict[str, Any]:
    offered = [{"type": "function", "function": {"name": f"t{n}", "parameters": SCHEMA}} for n in range(tools)]
    return {"model": "gpt-5.4", "messages": [USER] * messages, **({"tools": offered} if tools else {})}


def responses(messages: int = 1, tools: int = 0) -> dict[str, Any]:
    within = [{"type": "function", "name": f"t{n}", "parameters": SCHEMA} for n in range(tools)]
    space = [{"type": "namespace", "name": "n", "description": "d", "tools": within}]
    return {"model": "gpt-5.4", "input": [USER] * messages, **({"tools": space} if tools else {})}


def anthropic(messages: int = 1, tools: int = 0) -> dict[str, Any]:
    offered = [{"name": f"t{n}", "input_schema": SCHEMA} for n in range(tools)]
    asked = {"model": "claude-opus-4.6", "max_tokens": 9, "messages": [USER] * messages}
    return {**asked, **({"tools": offered} if tools else {})}


def google(messages: int = 1, tools: int = 0) -> dict[str, Any]:
    offered = [{"functionDeclarations": [{"name": f"t{n}", "parameters": SCHEMA} for n in range(tools)]}]
    return {"contents": [PARTS] * messages, **({"tools": offered} if tools else {})}


CLIENTS = {
    "/v1/chat/completions": chat,
    "/v1/responses": responses,
    "/v1/messages": anthropic,
    "/v1beta/models/gemini-2.5-pro:generateContent": google,
}
every = pytest.mark.parametrize("path", CLIENTS)


@pytest.fixture
def gateway(argo: Upstream) -> Iterator[Proxy]:
    limits = {"max_messages": 3, "max_tools": 4, "max_depth": 9, "max_body_size": 0.02}
    sizes = {"max_decompressed_size": 0.04, "max_head_size": 0.002}
    argo.answer = lambda seen: [
        json_answer(b'{"choices":[{"index":0,"message":{"content":"x"},"finish_reason":"stop"}],"content":[]}')
    ]
    with proxy(settings_for(argo.url, anthropic_stream_mode="passthrough", **limits, **sizes)) as running:
        yield running


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["message"]


@every
def test_messages(client: httpx.Client, argo: Upstream, path: str) -> None:
    assert client.post(path, json=CLIENTS[path](messages=3)).status_code == 200
    status, message = refusal(client.post(path, json=CLIENTS[path](messages=4)))
    assert status == 400
    assert "there are 4 of them, and 3 are the most" in message
    assert "max_messages" in message
    assert len(argo.seen) == 1


@every
def test_tools(client: httpx.Client, argo: Upstream, path: str) -> None:
    assert client.post(path, json=CLIENTS[path](tools=4)).status_code == 200
    status, message = refusal(client.post(path, json=CLIENTS[path](tools=5)))
    assert status == 400
    assert message.startswith("tools: there are 5 of them, and 4 are the most")
    assert len(argo.seen) == 1


@every
def test_depth(client: httpx.Client, argo: Upstream, path: str) -> None:
    def nested(levels: int) -> bytes:
        deep = b'{"a[\\"{":' * levels + b"[]" + b"}" * levels
        return json.dumps(CLIENTS[path]()).encode()[:-1] + b',"x_case":' + deep + b"}"

    assert client.post(path, content=nested(7)).status_code == 200
    status, message = refusal(client.post(path, content=nested(8)))
    assert status == 400
    assert "nested more than 9 levels deep" in message
    assert len(argo.seen) == 1


@every
def test_size(client: httpx.Client, argo: Upstream, path: str) -> None:
    body = CLIENTS[path]()
    short = len(json.dumps(body))
    at_most = json.dumps({**body, "x_case": "a" * (20_000 - short - len(', "x_case": ""'))}).encode()
    assert len(at_most) == 20_000
    assert client.post(path, content=at_most).status_code == 200
    status, message = refusal(client.post(path, content=at_most + b" "))
    assert (status, message) == (413, "The request body is larger than 0.02 MB (max_body_size).")
    status, message = refusal(client.post(path, content=iter([at_most, b" "])))
    assert (status, message) == (413, "The request body is larger than 0.02 MB (max_body_size).")


@every
def test_decompressed_size(client: httpx.Client, argo: Upstream, path: str) -> None:
    body = json.dumps(CLIENTS[path]()).encode()
    packed = {"content-encoding": "gzip"}
    assert client.post(path, content=gzip.compress(body.ljust(40_000)), headers=packed).status_code == 200
    status, message = refusal(client.post(path, content=gzip.compress(body.ljust(40_001)), headers=packed))
    assert status == 413
    assert "more than 0.04 MB, decompressed (max_decompressed_size)" in message


@every
def test_the_heads_size_is_that_of_the_head(gateway: Proxy, argo: Upstream, path: str) -> None:
    body = json.dumps(CLIENTS[path]()).encode().ljust(15_000)
    head = b"POST %b HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: " % path.encode()
    head += b"%d\r\nx: " % len(body)
    within = head.ljust(2000, b"a") + b"\r\n\r\n" + body
    assert raw_exchange(gateway.port, within).startswith(b"HTTP/1.1 200")
    beyond = raw_exchange(gateway.port, head.ljust(2001, b"a") + b"\r\n\r\n" + body)
    assert beyond.startswith(b"HTTP/1.1 431")
    assert b"max_head_size" in beyond


@every
def test_what_cannot_be_read_for_its_depth_is_told(argo: Upstream, path: str) -> None:
    body = json.dumps(CLIENTS[path]()).encode()[:-1] + b',"x_case":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    with proxy(settings_for(argo.url)) as running:
        status, message = refusal(httpx.post(running.url + path, content=body, trust_env=False))
    assert (status, message) == (400, "The request body is nested too deep to be read.")
