"""mitmproxy's hooks, called for the addons of whoever runs us.

mitmproxy gives each hook an asyncio task, since addons may wait in it. A call has five, and in our own process nearly
none waits: there they are called in place. Under `mitmdump -s` and `mitmweb -s`, where others' addons run and flows
may be held for a person to look at, they go mitmproxy's way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from mitmproxy import http
from mitmproxy.addonmanager import AddonManager, traverse
from mitmproxy.exceptions import AddonHalt
from mitmproxy.proxy import commands
from mitmproxy.proxy.server import ConnectionHandler

logger = logging.getLogger(__name__)

LOOK = 0.2
"""Seconds until it is looked again whether a flow that is held is still one."""


class Hooks(Protocol):
    """How hooks are called."""

    def run(self, hook: type[commands.StartHook], flow: http.HTTPFlow, then: Callable[[], None]) -> None:
        """Has addons look at a flow, then goes on: at once where none of them waits."""

    async def wait(self, hook: commands.StartHook) -> None:
        """Has addons hear of something, and waits for them."""


class HooksInPlace:
    """The handlers of the addons that run, by the hook's name, called at once."""

    def __init__(self, addons: AddonManager) -> None:
        """`addons` does not change any more once the first hook has been called."""
        self._addons = addons
        self._handlers: dict[str, list[Callable[..., Awaitable[None] | None]]] = {}
        self._waiting: set[asyncio.Task[None]] = set()

    def _of(self, name: str) -> list[Callable[..., Awaitable[None] | None]]:
        handlers = self._handlers.get(name)
        if handlers is None:
            found = (getattr(addon, name, None) for addon in traverse(self._addons.chain))
            handlers = self._handlers[name] = [handler for handler in found if callable(handler)]
        return handlers

    def run(self, hook: type[commands.StartHook], flow: http.HTTPFlow, then: Callable[[], None]) -> None:
        """Calls a hook's handlers. What a handler raises is logged, as mitmproxy does."""
        awaited = self._call(hook.name, flow)
        if not awaited:
            then()
            return
        task = asyncio.ensure_future(self._go_on(awaited, then))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    def _call(self, name: str, *told: object) -> list[Awaitable[None]]:
        awaited: list[Awaitable[None]] = []
        for handler in self._of(name):
            try:
                if (work := handler(*told)) is not None:
                    awaited.append(work)
            except AddonHalt:
                break
            except Exception:
                logger.exception("a fault in the handling of %s", name)
        return awaited

    async def _go_on(self, awaited: list[Awaitable[None]], then: Callable[[], None]) -> None:
        await _settle(awaited)
        then()

    async def wait(self, hook: commands.StartHook) -> None:
        """Calls a hook's handlers, and waits for what they return."""
        await _settle(self._call(hook.name, *hook.args()))


async def _settle(awaited: list[Awaitable[None]]) -> None:
    for work in awaited:
        try:
            await work
        except Exception:
            logger.exception("a fault in what a hook's handler waited for")


class HooksOfMitmproxy:
    """Hooks by way of mitmproxy's handler of a connection: each in a task, and a flow that is held is waited for."""

    def __init__(self, handler: ConnectionHandler) -> None:
        self._handler = handler
        self._waiting: set[asyncio.Task[None]] = set()

    def run(self, hook: type[commands.StartHook], flow: http.HTTPFlow, then: Callable[[], None]) -> None:
        """Has addons look at a flow, then goes on."""
        made = hook(flow)  # hooks about flows take one
        task = asyncio.ensure_future(self._go_on(made, flow, then))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _go_on(self, hook: commands.StartHook, flow: http.HTTPFlow, then: Callable[[], None]) -> None:
        looked_at = asyncio.ensure_future(self._handler.handle_hook(hook))
        while not (await asyncio.wait((looked_at,), timeout=LOOK))[0]:
            if not flow.live:  # it was killed, which wakes nobody, or its client has left
                flow.intercepted = True
                flow.resume()
        then()

    async def wait(self, hook: commands.StartHook) -> None:
        """Has addons hear of something, and waits for them."""
        await self._handler.handle_hook(hook)
