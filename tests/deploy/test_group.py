"""A group's gateways behind nginx and HAProxy: they stream, limits hold across them, and one that is killed takes only
its own streams along.
"""

from __future__ import annotations

import base64
import os
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

import httpx
import pytest

from ..proxy.talking import MESSAGE_STREAM, MESSAGES, begun, events
from ..running import END, STREAM, Pause, Seen, Step, chunk, streamed
from .conftest import Group

FRONTS = ["nginx", "haproxy"]
_SECONDS = 30.0


def client(group: Group, front: str, user: str) -> httpx.Client:
    headers = {"x-api-key": user, "host": "argo.example.org"}
    return httpx.Client(base_url=group.fronts[front], headers=headers, timeout=_SECONDS, trust_env=False)


@pytest.mark.parametrize("front", FRONTS)
def test_each_event_comes_through_before_the_next_is_sent(group: Group, front: str) -> None:
    rest = threading.Event()
    first, others = begun(MESSAGE_STREAM), events(MESSAGE_STREAM)[3:]

    def answer(seen: Seen) -> Iterator[Step]:
        yield STREAM
        yield chunk(first)
        while not rest.is_set():
            yield Pause(0.02)
        yield from (chunk(event) for event in others)
        yield END

    group.argo.answer = answer
    with client(group, front, "stream") as asking, asking.stream("POST", "/v1/messages", json=MESSAGES) as told:
        assert told.status_code == 200
        pieces = told.iter_bytes()
        read = b""
        while len(read) < len(first):
            read += next(pieces)
        assert read == first
        rest.set()
        assert read + b"".join(pieces) == MESSAGE_STREAM


@pytest.mark.parametrize("front", FRONTS)
def test_a_web_socket_is_opened_through_it(group: Group, front: str) -> None:
    where = urlsplit(group.fronts[front])
    key = base64.b64encode(os.urandom(16)).decode()
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=_SECONDS) as connection:
        head = f"""GET /v1/responses HTTP/1.1
            host: argo.example.org
            authorization: Bearer socket
            upgrade: websocket
            connection: Upgrade
            sec-websocket-version: 13
            sec-websocket-key: {key}"""
        connection.sendall("\r\n".join(line.strip() for line in [*head.splitlines(), "", ""]).encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 101 ")


def test_limits_hold_across_gateways_and_fronts(group: Group) -> None:
    group.argo.answer = lambda seen: streamed(*events(MESSAGE_STREAM))
    with (
        client(group, "nginx", "many") as one,
        client(group, "haproxy", "many") as other,
        ThreadPoolExecutor(4) as pool,
    ):
        asked = [(one, other)[number % 2] for number in range(80)]
        told = list(pool.map(lambda by: by.post("/v1/messages", json=MESSAGES), asked))
    statuses = [answer.status_code for answer in told]
    assert (statuses.count(200), statuses.count(429)) == (50, 30)
    refused = next(answer for answer in told if answer.status_code == 429)
    assert "requests_per_minute" in refused.json()["error"]["message"]
    assert int(refused.headers["retry-after"]) > 0


def _rest(pieces: Iterator[bytes]) -> bytes:
    """What still comes of an answer, be it cut off."""
    data = b""
    with suppress(httpx.RemoteProtocolError):
        for piece in pieces:
            data += piece
    return data


def test_a_gateway_that_is_killed_takes_its_own_streams_along_and_no_others(group: Group) -> None:
    rest = threading.Event()

    def answer(seen: Seen) -> Iterator[Step]:
        yield STREAM
        yield chunk(begun(MESSAGE_STREAM))
        while not rest.is_set():
            yield Pause(0.02)
        yield chunk(b"".join(events(MESSAGE_STREAM)[3:]))
        yield END

    group.argo.answer = answer
    with ExitStack() as stack:
        under_way = []
        for front in FRONTS:
            for _ in range(4):
                asking = stack.enter_context(client(group, front, "kill"))
                under_way.append(stack.enter_context(asking.stream("POST", "/v1/messages", json=MESSAGES)))
        pieces = [one.iter_raw() for one in under_way]
        read = [next(each) for each in pieces]
        process, url = group.gateways[0]
        metrics = httpx.get(f"{url}/metrics", headers={"x-api-key": "kill"}, trust_env=False).text
        (there,) = [line.split()[1] for line in metrics.splitlines() if line.startswith("argo_proxy_active_streams ")]
        assert 0 < float(there) < 8, "both gateways have some"
        process.kill()
        process.wait(_SECONDS)
        rest.set()
        whole = [first + _rest(each) for each, first in zip(pieces, read, strict=True)].count(MESSAGE_STREAM)
        assert whole == 8 - float(there)
    group.argo.answer = lambda seen: streamed(*events(MESSAGE_STREAM))
    for front in FRONTS:
        with client(group, front, "after") as asking:
            end = time.monotonic() + _SECONDS  # until its checks have told HAProxy
            for _ in range(6):
                while asking.post("/v1/messages", json=MESSAGES).status_code != 200:
                    assert front == "haproxy"
                    assert time.monotonic() < end


def test_where_no_gateway_is_left_tools_read_why(group: Group) -> None:
    for process, _ in group.gateways:
        process.kill()
        process.wait(_SECONDS)
    for front in FRONTS:
        with client(group, front, "none") as asking:
            answer = asking.post("/v1/messages", json=MESSAGES)
            assert answer.status_code == 503
            assert "No gateway answers" in answer.json()["error"]["message"]
