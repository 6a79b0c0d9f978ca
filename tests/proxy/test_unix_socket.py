"""The gateway on a Unix socket: the same as on its port, for its owner alone."""

from __future__ import annotations

import json
import os
import socket
import stat
import time
from pathlib import Path

import httpx
import pytest

from argo_addon.store.base import Bounds
from argo_addon.store.opening import open_store

from ..running import STREAM, Pause, Proxy, Upstream, chunk, settings_for, streamed
from ..running import proxy as running_proxy
from .talking import CHAT, CHAT_STREAM, events

HERE = "http://anything"


def client(path: Path) -> httpx.Client:
    return httpx.Client(base_url=HERE, transport=httpx.HTTPTransport(uds=str(path)), timeout=10)


def test_it_serves_as_the_port_does_and_asks_for_no_key(argo: Upstream, tmp_path: Path) -> None:
    path = tmp_path / "made" / "socket"
    argo.answer = lambda seen: streamed(*events(CHAT_STREAM))
    with running_proxy(settings_for(argo.url, socket=str(path), client_auth="username")) as running:
        wait_for(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        with client(path) as asking:
            for _ in range(3):
                assert asking.post("/v1/chat/completions", json=CHAT).content == CHAT_STREAM
            assert asking.get("/health").json()["user"] == "jdoe"
            assert asking.get("/nothing").status_code == 404
        assert httpx.get(running.url + "/v1/models", trust_env=False).status_code == 401
    assert not path.exists()


def test_what_it_asks_of_itself_goes_by_the_socket_too(argo: Upstream, tmp_path: Path) -> None:
    """A response in the background is a call of the gateway's own, as a turn of a WebSocket is."""
    path = tmp_path / "socket"
    argo.answer = lambda seen: streamed(*events(CHAT_STREAM))
    settings = settings_for(argo.url, socket=str(path), client_auth="username")
    with running_proxy(settings, store=lambda: open_store(str(tmp_path / "kept"), Bounds())), client(path) as asking:
        wait_for(path)
        body = {"model": "gpt-5.4", "input": "Hi.", "background": True, "stream": True}
        reply = asking.post("/v1/responses", json=body)
        assert b"event: response.completed" in reply.content, reply.text


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 10
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_client_that_sends_no_more_is_answered_and_one_that_left_ends_its_call(
    argo: Upstream, tmp_path: Path
) -> None:
    path = tmp_path / "socket"
    body = json.dumps(CHAT).encode()
    asked = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    argo.answer = lambda seen: [STREAM, Pause(0.3), *map(chunk, events(CHAT_STREAM)), b"0\r\n\r\n"]
    with running_proxy(settings_for(argo.url, socket=str(path))):
        wait_for(path)
        with socket.socket(socket.AF_UNIX) as half:
            half.connect(str(path))
            half.settimeout(10)
            half.sendall(asked)
            half.shutdown(socket.SHUT_WR)
            answer = b""
            while part := half.recv(65536):
                answer += part
        assert b"[DONE]" in answer
        argo.answer = lambda seen: [STREAM, Pause(30)]
        with socket.socket(socket.AF_UNIX) as gone:
            gone.connect(str(path))
            gone.sendall(asked)
            deadline = time.monotonic() + 10
            while len(argo.seen) < 2 and time.monotonic() < deadline:
                time.sleep(0.02)
        assert argo.left.wait(10)


def test_what_a_dead_process_left_is_replaced_and_nothing_else(argo: Upstream, tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with running_proxy(settings_for(argo.url, socket=str(path))) as running:
        until_it_listens(path)
        with client(path) as asking:
            assert asking.get("/version").status_code == 200
        with socket.socket(socket.AF_UNIX) as other:  # the file of another, made in the meantime, is left alone
            os.unlink(path)
            other.bind(str(path))
            running.stop()
            time.sleep(0.5)
            assert path.exists()


def until_it_listens(path: Path) -> None:
    deadline = time.monotonic() + 10
    while True:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(path)) == 0:
                return
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("kind", ["file", "folder", "another's"])
def test_what_is_no_socket_of_a_dead_process_is_kept_and_told(argo: Upstream, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "socket"
    listening = socket.socket(socket.AF_UNIX)
    if kind == "file":
        path.write_text("mine")
    elif kind == "folder":
        path.mkdir()
    else:
        listening.bind(str(path))
        listening.listen()
    with running_proxy(settings_for(argo.url, socket=str(path))) as running:
        failed(running)
        assert str(path) in str(running.master.failure)
    assert path.exists()
    listening.close()


def failed(running: Proxy) -> None:
    deadline = time.monotonic() + 10
    while running.master.failure is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
