"""Hooks called in place: what handlers raise, what they wait for, and what this relies on of mitmproxy."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable

import pytest
from mitmproxy import http, options
from mitmproxy.master import Master
from mitmproxy.proxy.layers.http._hooks import HttpRequestHook
from mitmproxy.test.tflow import tflow

from argo_addon.proxy.hooks import HooksInPlace, Waiting


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
    """What is waited for goes the ordinary way, and blocks the layer that the hook blocked."""

    async def run() -> None:
        slow = Slow()
        master = Master(options.Options())
        hooks = HooksInPlace(master.addons)
        master.addons.add(Faulty(), slow, hooks)
        hook = HttpRequestHook(tflow())
        with caplog.at_level(logging.ERROR):
            waiting = hooks.call(hook)
        assert "planted" in caplog.text
        assert isinstance(waiting, Waiting)
        assert (waiting.work.hook, waiting.blocking) == (hook, hook.blocking)
        assert not slow.waited
        await master.addons.handle_lifecycle(waiting)
        assert slow.waited

    asyncio.run(run())


def test_messages_are_checked_by_the_method_that_is_left_out() -> None:
    assert "__post_init__" in vars(http.MessageData)
