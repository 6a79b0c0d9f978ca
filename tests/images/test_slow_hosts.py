"""Hosts that take their time: they hold up nobody but who asked for them, and not for longer than that one waits."""

from __future__ import annotations

import json
import select
import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from ..running import Pause, Proxy, Upstream, upstream
from .pictures import shows
from .test_downloads import port_of
from .test_images import PNG, _chat, argo, ask, gateway, limited

__all__ = ["argo", "gateway"]


@pytest.fixture
def web() -> Iterator[Upstream]:
    with upstream() as made:
        yield made


@pytest.fixture
def slow() -> Iterator[Upstream]:
    with upstream() as made:
        made.answer = lambda seen: [Pause(3)]
        yield made


def many(slow: Upstream, count: int) -> list[str]:
    return [f"http://slow.example:{port_of(slow)}/{number}.png" for number in range(count)]


def test_one_request_with_many_slow_images_leaves_places_for_others(
    gateway: Proxy, web: Upstream, slow: Upstream
) -> None:
    shows(web, PNG)
    slow.answer = lambda seen: [Pause(30)]
    path, body = _chat("gpt-5.4", tuple(many(slow, 40)))
    told = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(told)}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as hog:
        hog.sendall(head + told)
        deadline = time.monotonic() + 20
        while slow.connections == 0 and time.monotonic() < deadline:
            time.sleep(0.02)
        answer = ask(gateway, "chat", "gpt-5.4", f"http://fast.example:{port_of(web)}/x.png")
        assert answer.status_code == 200
        assert not select.select([hog], [], [], 0)[0], "the other request has been answered: it was waited for"


def test_the_calls_own_timeout_holds_for_its_images(gateway: Proxy, slow: Upstream) -> None:
    slow.answer = lambda seen: [Pause(30)]
    path, body = _chat("gpt-5.4", tuple(many(slow, 3)))
    began = time.monotonic()
    answer = httpx.post(gateway.url + path, json={**body, "timeout": 1}, timeout=20, trust_env=False)
    assert answer.status_code == 504
    assert "images" in answer.json()["error"]["message"]
    assert time.monotonic() - began < 15


def test_9_3_a_client_that_leaves_takes_its_downloads_along(gateway: Proxy, slow: Upstream) -> None:
    path, body = _chat("gpt-5.4", tuple(many(slow, 30)))
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(gateway.url + path, json=body, timeout=0.5, trust_env=False)
    time.sleep(0.5)
    asked = slow.connections
    time.sleep(3.5)
    assert slow.connections == asked
    assert gateway.addon.preparing.images is not None
    assert gateway.addon.preparing.images._under_way == {}


def test_there_is_an_end_to_what_is_fetched_for_one_request(gateway: Proxy, web: Upstream) -> None:
    shows(web, PNG + b"\0" * 10_000)
    limited(gateway, 1_000)
    answer = ask(gateway, "chat", "gpt-5.4", *(f"http://a.example:{port_of(web)}/{number}.png" for number in range(9)))
    assert answer.status_code == 400
    assert "together already" in answer.json()["error"]["message"]
    assert len(web.looked_up) < 9
