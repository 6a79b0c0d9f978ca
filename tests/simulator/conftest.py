"""A running simulator, and calls to it as a well-behaved gateway makes them."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from argo_addon.simulator import Simulator

USER = {"role": "user", "content": "Hello there"}
TOOL = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}


class Argo:
    """The simulator behind a client. Bodies are what a gateway sends, with `changes`; None takes a member out."""

    def __init__(self, simulator: Simulator, url: str) -> None:
        self.simulator = simulator
        self.client = httpx.Client(base_url=url, timeout=10, trust_env=False)
        self.control = url.removesuffix("/argoapi") + "/_simulator"

    def messages(self, headers: dict[str, str] | None = None, **changes: Any) -> httpx.Response:
        body = {"model": "claudeopus46", "max_tokens": 4000, "messages": [USER], "user": "jdoe"}
        body |= {"metadata": {"user_id": "jdoe"}, **changes}
        named = {"x-api-key": "jdoe", "anthropic-version": "2023-06-01", **(headers or {})}
        return self._post("/v1/messages", body, named)

    def chat(self, headers: dict[str, str] | None = None, **changes: Any) -> httpx.Response:
        body = {"model": "gpt54", "messages": [USER], "user": "jdoe", **changes}
        return self._post("/v1/chat/completions", body, {"authorization": "Bearer jdoe", **(headers or {})})

    def _post(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
        sent = {name: value for name, value in body.items() if value is not None}
        return self.client.post(path, json=sent, headers=headers)

    def behave(self, **behaviour: Any) -> None:
        httpx.post(f"{self.control}/behaviours", json=[behaviour], trust_env=False).raise_for_status()

    def log(self) -> list[dict[str, Any]]:
        received = httpx.get(f"{self.control}/log", trust_env=False).json()
        assert isinstance(received, list)
        return received


@pytest.fixture(scope="module")
def running() -> Iterator[Argo]:
    ready = threading.Event()
    made: list[tuple[Simulator, str, asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def run() -> None:
        simulator, stop = Simulator(pace=0), asyncio.Event()
        made.append((simulator, await simulator.start(), asyncio.get_running_loop(), stop))
        ready.set()
        await stop.wait()
        await simulator.stop()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    assert ready.wait(5)
    simulator, url, loop, stop = made[0]
    argo = Argo(simulator, url)
    yield argo
    argo.client.close()
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)
    assert not thread.is_alive()


@pytest.fixture
def argo(running: Argo) -> Argo:
    """The simulator, with an empty log and nothing planned."""
    running.simulator.received.clear()
    running.simulator.behaviours.clear()
    running.simulator.users = None
    return running


def events_of(answer: httpx.Response) -> list[dict[str, Any]]:
    """The data of a stream's events; `[DONE]` is left out."""
    lines = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]
