"""Clients that leave before their answer leave nothing behind."""

from __future__ import annotations

import gc
import socket
import time
from collections.abc import Callable

from mitmproxy import http

from ..running import END, STREAM, Pause, Upstream, chunk, proxy, settings_for
from .talking import CHAT_STREAM, begun
from .test_backpressure import ASKED


def _until(condition: Callable[[], object], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(condition())


def _flows() -> int:
    return sum(isinstance(one, http.HTTPFlow) for one in gc.get_objects())


def test_who_leaves_in_a_stream_is_forgotten_without_the_collector(argo: Upstream) -> None:
    argo.answer = lambda seen: [STREAM, chunk(begun(CHAT_STREAM)), Pause(5), END]
    with proxy(settings_for(argo.url)) as running:

        def leave() -> None:
            with socket.create_connection(("127.0.0.1", running.port)) as client:
                client.sendall(ASKED)
                assert client.recv(100)

        leave()
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
