"""Hooks called at once, rather than in a task of their own each: where no addon but ours may be slow.

mitmproxy gives each hook an asyncio task, since addons may wait in it. A call has five, and in our own process nearly
none waits. It relies on mitmproxy's public hooks alone: what an addon returns to be awaited goes the ordinary way, as a
hook of its own. Under `mitmdump -s`, where others' addons run, all go the ordinary way.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple

from mitmproxy.addonmanager import AddonManager, traverse
from mitmproxy.exceptions import AddonHalt
from mitmproxy.proxy import commands

logger = logging.getLogger(__name__)


class Work(NamedTuple):
    """What is waited for, and the hook that is over with it."""

    awaited: Awaitable[None]
    hook: commands.StartHook


@dataclass
class Waiting(commands.StartHook):
    """The rest of a hook that was called in place."""

    name = "argo_proxy_waiting"
    work: Work


class HooksInPlace:
    """The handlers of the addons that run, by the hook's name. It is an addon itself, for what is to be awaited."""

    def __init__(self, addons: AddonManager) -> None:
        """`addons` does not change any more once the first hook has been called."""
        self._addons = addons
        self._handlers: dict[str, list[Callable[..., Awaitable[None] | None]]] = {}

    def call(self, hook: commands.StartHook) -> Waiting | None:
        """Calls a hook's handlers; what one of them waits for is returned, to be awaited before the hook is over.

        What a handler raises is logged, as mitmproxy does. Only the last one that has anything to wait for is awaited:
        ours is the only one.
        """
        handlers = self._handlers.get(hook.name)
        if handlers is None:
            found = (getattr(addon, hook.name, None) for addon in traverse(self._addons.chain))
            handlers = self._handlers[hook.name] = [handler for handler in found if callable(handler)]
        work = None
        for handler in handlers:
            try:
                work = handler(*hook.args()) or work
            except AddonHalt:
                break
            except Exception:
                logger.exception("a fault in the handling of %s", hook.name)
        if work is None:
            return None
        waiting = Waiting(Work(work, hook))
        waiting.blocking = hook.blocking  # the same layer waits
        return waiting

    def argo_proxy_waiting(self, work: Work) -> Awaitable[None]:
        """The hook of that name, which mitmproxy gives a task."""
        return work.awaited
