"""Connections to ARGO that come to nothing while they are opened, in ways that are no refusal."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
import time
from contextlib import suppress
from typing import Any

import httpx
import pytest

from argo_addon.proxy.calls import Limits
from argo_addon.proxy.upstreams import Target, _Tunnel

from ..running import Proxy, Upstream, proxy, settings_for
from .talking import CHAT, still_works


def test_a_fault_of_our_own_in_opening_one_is_told_at_once(
    gateway: Proxy, argo: Upstream, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def planted(*_: object) -> None:
        raise ValueError("planted")

    with monkeypatch.context() as patched:
        patched.setattr(gateway.addon.upstreams, "_connect", planted)
        patched.setattr(gateway.addon.upstreams, "take", lambda target: None)  # that of the model list, if it is there
        answer = client.post("/v1/chat/completions", json=CHAT)
        assert answer.status_code == 500
        assert "argo-proxy failed" in answer.json()["error"]["message"]
    still_works(client, argo)


class SlowToHear:
    """An addon that takes its time when it hears of a connection to ARGO."""

    name = "slow to hear"

    async def server_connected(self, data: object) -> None:
        await asyncio.sleep(0.3)


def test_one_that_ends_before_it_is_asked_is_a_broken_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    listening.accept()[0].close()

        threading.Thread(target=accept, daemon=True).start()
        with proxy(settings_for(f"http://127.0.0.1:{listening.getsockname()[1]}"), Limits(connect=2)) as running:

            async def add() -> None:
                running.master.addons.add(SlowToHear())

            asyncio.run_coroutine_threadsafe(add(), running.loop).result(5)
            answer = httpx.post(running.url + "/v1/chat/completions", json=CHAT, trust_env=False)
            assert answer.status_code == 502, answer.text
            deadline = time.monotonic() + 20
            while running.addon.upstreams.count:  # the model list is asked for on one of its own
                assert time.monotonic() < deadline
                time.sleep(0.02)
        listening.shutdown(socket.SHUT_RDWR)


def test_a_tunnel_that_nobody_waits_for_any_more_is_no_error() -> None:
    async def run() -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context))
        _Tunnel(Target("https", "argo.example", 443, "argo.example")).connection_lost(None)
        gc.collect()
        return told

    assert asyncio.run(run()) == []
