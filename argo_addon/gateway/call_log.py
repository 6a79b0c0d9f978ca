"""What the log says of a call when it sets out. It shows no content (docs/decisions/0004)."""

from __future__ import annotations

import logging

from ..dialects.shared.endpoints import Operation
from .log_summary import log_summary
from .parsing import ParsedCall
from .routing import Route

logger = logging.getLogger(__name__)

MAX_TOLD = 10_000
"""Pairs of model and field that are remembered as told in the log."""
MAX_LOGGED = 20
"""Fields of one request that are told in the log."""


class CallLog:
    """The log of one gateway's calls; `count` is how many of a conversation's last messages it shows."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._told: set[tuple[str, str]] = set()

    def begun(self, parsed: ParsedCall, route: Route, dropped: tuple[str, ...]) -> None:
        """A call is made, of which this is left out."""
        request = parsed.request
        if self._count and parsed.operation is Operation.GENERATE and logger.isEnabledFor(logging.INFO):
            summary = log_summary(parsed.fields, self._count)
            logger.info("%s %s for %s: %s", request.method, request.path, parsed.model, summary)
        if route.replaced:
            logger.warning("unknown model %r: answered by the default, %s", route.requested, route.internal_id)
        self.dropped(route, dropped)

    def dropped(self, route: Route, dropped: tuple[str, ...]) -> None:
        """Logs what a model does not take, once per model and field."""
        new = [path for path in dropped if (route.internal_id, path) not in self._told]
        for path in new[:MAX_LOGGED]:
            if len(self._told) >= MAX_TOLD:
                self._told.clear()
            self._told.add((route.internal_id, path))
            logger.info("%s does not take %s (told once)", route.internal_id, path)
        if len(new) > MAX_LOGGED:
            logger.info("%s does not take %d more members of this request", route.internal_id, len(new) - MAX_LOGGED)


def one_line(text: str) -> str:
    """Text for the log, where what a client wrote must not look like a line of its own."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
