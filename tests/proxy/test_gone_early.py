"""Clients that leave before their answer leave nothing behind."""

from __future__ import annotations

import gc
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from mitmproxy import http

from ..running import END, STREAM, Pause, Step, Upstream, chunk, json_answer, proxy, settings_for
from .talking import CHAT_STREAM, begun
from .test_backpressure import ASKED
from .test_resolve import listed
from .test_tls import certificate


def _until(condition: Callable[[], object], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(condition())


def _flows() -> int:
    return sum(isinstance(one, http.HTTPFlow) for one in gc.get_objects())


def test_who_leaves_in_a_stream_is_forgotten_without_the_collector(argo: Upstream) -> None:
    list_ = json_answer(b'{"data": [{"id": "GPT 9", "internal_id": "gpt9"}]}')
    stream: list[Step] = [STREAM, chunk(begun(CHAT_STREAM)), Pause(60), END]
    argo.answer = lambda seen: stream if seen.line.startswith("POST") else [list_]
    with proxy(settings_for(argo.url)) as running:
        listed(running.addon.gateway)

        def leave() -> None:
            with socket.create_connection(("127.0.0.1", running.port)) as client:
                client.sendall(ASKED)
                assert client.recv(100)

        leave()  # on the connection that the list was read on
        assert _until(lambda: not running.addon.gateway.counts.active)
        gc.collect()
        gc.disable()
        try:
            before = _flows()
            for _ in range(20):
                leave()
            assert _until(lambda: not running.addon.gateway.counts.active)
            assert _until(lambda: not running.addon.upstreams.count)
            assert _until(lambda: _flows() - before <= 2), _flows() - before
        finally:
            gc.enable()


def test_an_upstream_over_tls_that_says_nothing_to_it_is_left_at_once(tmp_path: Path) -> None:
    """Not once it has agreed, which one that thinks about its answer may do late, or never."""
    pem = certificate(tmp_path, "127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    stop = threading.Event()

    def serve(one: socket.socket) -> None:
        with suppress(OSError), context.wrap_socket(one, server_side=True) as spoken:
            asked = spoken.recv(65536)
            if asked.startswith(b"GET"):
                return
            spoken.sendall(STREAM + chunk(begun(CHAT_STREAM)))
            stop.wait(20)  # it does not listen

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=(listening.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        url = f"https://127.0.0.1:{listening.getsockname()[1]}"
        with proxy(settings_for(url, ssl_ca_file=str(pem))) as running:
            with socket.create_connection(("127.0.0.1", running.port)) as client:
                client.sendall(ASKED)
                assert client.recv(100)
            try:
                assert _until(lambda: not running.addon.upstreams.count, 10)
            finally:
                stop.set()
                listening.shutdown(socket.SHUT_RDWR)
