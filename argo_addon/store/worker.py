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

    def submit(self, work: Callable[[Store], object]) -> None:
        """Has the work done; what goes wrong is told in the log."""
        self._thread.submit(work, self._store).add_done_callback(_told)

    def close(self) -> None:
        """Does what is still to be done, and lets go of the store."""
        self._thread.shutdown(wait=True)
        self._store.close()


def _told(done: Future[object]) -> None:
    problem = done.exception()
    if isinstance(problem, StoreProblem):
        logger.warning("a response was not kept: %s", problem)
    elif problem is not None:
        logger.error("a fault of argo-proxy's own in keeping a response", exc_info=problem)
