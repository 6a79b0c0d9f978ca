"""Requests that wait in a hook: for the store, or for images."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from argo_addon.store.base import Bounds
from argo_addon.store.opening import open_store

from ..dialects.asking import chat_body
from ..images.test_downloads import port_of
from ..images.test_images import PNG, limited
from ..running import Pause, Upstream, json_answer, proxy, settings_for, upstream

ANSWER = json_answer(json.dumps(chat_body({"content": "seen"})).encode())


def _until(condition: Callable[[], object], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(condition())


def raw(path: str, body: object) -> bytes:
    data = json.dumps(body).encode()
    return b"POST %b HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n%b" % (path.encode(), len(data), data)


@pytest.mark.parametrize("ahead", [False, True], ids=["alone", "one sent ahead"])
def test_who_leaves_while_the_store_is_asked_leaves_no_call_under_way(
    argo: Upstream, tmp_path: Path, ahead: bool
) -> None:
    argo.answer = lambda seen: [ANSWER]
    with proxy(settings_for(argo.url), store=lambda: open_store(str(tmp_path / "kept"), Bounds())) as running:
        assert running.addon.store is not None
        told = {"model": "gpt-5.4", "input": "a"}
        first = httpx.post(running.url + "/v1/responses", json=told, trust_env=False).json()
        slow = threading.Event()
        running.addon.store.submit(lambda store: slow.wait(5))
        asked = raw("/v1/responses", {**told, "previous_response_id": first["id"]})
        with socket.create_connection(("127.0.0.1", running.port)) as client:
            client.sendall(asked * (2 if ahead else 1))
            time.sleep(0.2)
        time.sleep(0.2)
        slow.set()
        running.addon.store.submit(lambda store: None)
        time.sleep(0.5)
        assert running.addon.gateway.counts.active == 0
        assert len(argo.seen) == 1


@pytest.mark.parametrize(("stops", "status"), [(1, 200), (2, 503)], ids=["in peace", "at once"])
def test_a_request_whose_images_are_fetched_is_answered_before_the_end(argo: Upstream, stops: int, status: int) -> None:
    argo.answer = lambda seen: [ANSWER]
    with upstream() as web, proxy(settings_for(argo.url, enable_payload_control=True)) as running:
        limited(running, 20_000_000, seconds=10)
        web.answer = lambda seen: [Pause(3.5), json_answer(PNG, content_type="image/png")]
        parts = [{"type": "image_url", "image_url": {"url": f"http://slow.example:{port_of(web)}/x.png"}}]
        got: list[httpx.Response] = []
        body = {"model": "gpt-5.4", "messages": [{"role": "user", "content": parts}]}
        asking = threading.Thread(
            target=lambda: got.append(
                httpx.post(running.url + "/v1/chat/completions", json=body, timeout=20, trust_env=False)
            )
        )
        asking.start()
        assert _until(lambda: web.looked_up)
        running.stop(stops)
        asking.join()
        assert [answer.status_code for answer in got] == [status]
