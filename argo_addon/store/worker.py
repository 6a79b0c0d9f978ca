"""A store at work: one thread that does what it is asked in turn, so that nobody waits for it who need not.

What was given to `submit` is done before whatever is asked for later.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from ..errors import GatewayError
from .base import Store, StoreProblem

LONGEST_WAIT = 2.0
"""Seconds that somebody waits for work which is only to be done before something is told."""
logger = logging.getLogger(__name__)


class StoreWorker:
    """Calls a store's methods, one after the other."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")

    async def result(self, work: Callable[[Store], object]) -> object:
        """Does the work; returns what comes of it, or the error of the store's, or of ours, that it ends in."""
        try:
            return await asyncio.wrap_future(self._thread.submit(work, self._store))
        except (StoreProblem, GatewayError) as problem:
            return problem

    def submit(self, work: Callable[[Store], object]) -> Future[object]:
        """Has the work done; what goes wrong is told in the log."""
        done = self._thread.submit(work, self._store)
        done.add_done_callback(_told)
        return done

    def close(self) -> None:
        """Does what is still to be done, and lets go of the store."""
        self._thread.shutdown(wait=True)
        self._store.close()


def until_done(work: Future[object] | None) -> asyncio.Future[None] | None:
    """What ends when the work is done, or takes too long; None where nothing is to be waited for."""
    if work is None or work.done():
        return None
    loop = asyncio.get_running_loop()
    waited = loop.create_future()

    def end() -> None:
        timer.cancel()
        if not waited.done():
            waited.set_result(None)

    timer = loop.call_later(LONGEST_WAIT, end)
    work.add_done_callback(lambda _: loop.call_soon_threadsafe(end))
    return waited


def _told(done: Future[object]) -> None:
    problem = done.exception()
    if isinstance(problem, StoreProblem):
        logger.warning("a response was not kept: %s", problem)
    elif problem is not None:
        logger.error("a fault of argo-proxy's own in keeping a response", exc_info=problem)
