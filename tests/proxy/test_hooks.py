"""Hooks called in place: what handlers raise, what they wait for, and what this relies on of mitmproxy."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Awaitable

import pytest
from mitmproxy import http, options
from mitmproxy.master import Master
from mitmproxy.proxy.layers.http._hooks import HttpRequestHook
from mitmproxy.test.tflow import tflow

from argo_addon.proxy.hooks import HooksInPlace

from ..running import Proxy


class Faulty:
    """An addon whose handler fails."""

    name = "faulty"

    def request(self, flow: http.HTTPFlow) -> None:
        raise ValueError("planted")


class Slow:
    """An addon whose handler has something to wait for."""

    name = "slow"

    def __init__(self) -> None:
        self.waited = False

    def request(self, flow: http.HTTPFlow) -> Awaitable[None]:
        return self._wait()

    async def _wait(self) -> None:
        await asyncio.sleep(0)
        self.waited = True


def test_a_fault_in_one_handler_is_logged_and_the_next_one_is_called(caplog: pytest.LogCaptureFixture) -> None:
    """What is waited for is waited for, before the call goes on."""

    async def run() -> None:
        slow = Slow()
        master = Master(options.Options())
        hooks = HooksInPlace(master.addons)
        master.addons.add(Faulty(), slow)
        then = asyncio.Event()
        with caplog.at_level(logging.ERROR):
            hooks.run(HttpRequestHook, tflow(), then.set)
        assert "planted" in caplog.text
        assert not slow.waited
        assert not then.is_set()
        await asyncio.wait_for(then.wait(), 5)
        assert slow.waited

    asyncio.run(run())


def test_what_nobody_waits_for_goes_on_at_once() -> None:
    async def run() -> None:
        hooks = HooksInPlace(Master(options.Options()).addons)
        gone_on: list[bool] = []
        hooks.run(HttpRequestHook, tflow(), lambda: gone_on.append(True))
        assert gone_on == [True]

    asyncio.run(run())


MADE = """
from mitmproxy import http

def make():
    http.RequestData(b"HTTP/1.1", {}, b"", None, 1.0, 2.0, "host", 80, b"GET", b"http", b"", b"/")

try:
    make()
except TypeError:
    print("checked")
from argo_addon.proxy import internals
internals.leave_checks_out()
make()
print("unchecked")
"""


def test_messages_are_checked_by_the_method_that_is_left_out() -> None:
    done = subprocess.run([sys.executable, "-c", MADE], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["checked", "unchecked"], done.stderr


def test_a_gateway_makes_its_messages_without_that_check(gateway: Proxy) -> None:
    assert http.MessageData.__post_init__.__module__ == "argo_addon.proxy.internals"
