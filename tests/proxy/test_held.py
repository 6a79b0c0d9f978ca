"""Calls that an addon beside ours holds for a person to look at, or kills, as under `mitmweb -s`."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator

import httpx
import pytest
from mitmproxy import http

from argo_addon.proxy.calls import Limits

from ..running import Proxy, Upstream, proxy, settings_for, streamed
from .talking import CHAT, CHAT_STREAM, events, still_works
from .test_backpressure import ASKED


class Person:
    """Holds a flow at one of its hooks, looks at it for a while, and then lets it go on or kills it."""

    name = "person"

    def __init__(self) -> None:
        self.at = ""
        self.seconds = 0.0
        self.kills = False
        self.held: list[http.HTTPFlow] = []
        self.problems: list[str] = []

    def _hold(self, flow: http.HTTPFlow, at: str) -> None:
        if at != self.at:
            return
        flow.intercept()
        self.held.append(flow)
        asyncio.get_running_loop().call_later(self.seconds, flow.kill if self.kills else flow.resume)

    def request(self, flow: http.HTTPFlow) -> None:
        self._hold(flow, "request")

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        self._hold(flow, "responseheaders")

    def response(self, flow: http.HTTPFlow) -> None:
        self._hold(flow, "response")

    def error(self, flow: http.HTTPFlow) -> None:
        self.problems.append(flow.error.msg if flow.error else "")


@pytest.fixture
def person() -> Person:
    return Person()


@pytest.fixture
def gateway(argo: Upstream, person: Person) -> Iterator[Proxy]:
    with proxy(settings_for(argo.url), Limits(connect=0.5, silence=0.5)) as running:
        running.addon.hooks = None  # mitmproxy's way
        asyncio.run_coroutine_threadsafe(_add(running, person), running.loop).result(5)
        yield running


async def _add(running: Proxy, person: Person) -> None:
    running.master.addons.add(person)


HOOKS = pytest.mark.parametrize("at", ["request", "responseheaders", "response"])


@HOOKS
def test_a_call_that_is_held_goes_on_however_long_it_was_looked_at(
    argo: Upstream, client: httpx.Client, person: Person, at: str
) -> None:
    person.at, person.seconds = at, 1.2  # longer than ARGO may take
    still_works(client, argo)
    assert len(person.held) == 1


@HOOKS
def test_one_that_is_killed_while_it_is_held_ends(
    argo: Upstream, client: httpx.Client, person: Person, at: str
) -> None:
    argo.answer = lambda seen: streamed(*events(CHAT_STREAM))
    person.at, person.seconds, person.kills = at, 0.1, True
    with pytest.raises(httpx.RemoteProtocolError):  # it gets no answer, or no end of it
        client.post("/v1/chat/completions", json=CHAT)
    deadline = time.monotonic() + 20
    while not person.problems and time.monotonic() < deadline:
        time.sleep(0.01)
    assert person.problems == ["Connection killed."]
    person.at = ""
    still_works(client, argo)


def test_one_whose_client_leaves_is_held_no_longer(argo: Upstream, gateway: Proxy, person: Person) -> None:
    person.at, person.seconds = "request", 60
    with socket.create_connection(("127.0.0.1", gateway.port)) as client:
        client.sendall(ASKED)
        while not person.held:
            time.sleep(0.01)
    deadline = time.monotonic() + 5
    while (person.held[0].intercepted or gateway.addon.gateway.counts.active) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not person.held[0].intercepted
    assert gateway.addon.gateway.counts.active == 0
