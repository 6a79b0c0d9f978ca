"""An answer of our own that goes on for as long as its client listens: the events of the page at `/`."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from mitmproxy import http

from .interfaces import ClientSide

logger = logging.getLogger(__name__)


class LiveResponse(http.Response):
    """A response whose body comes piece by piece from `feed`. What is given is recorded nowhere."""

    feed: AsyncGenerator[bytes, None]

    @classmethod
    def of(cls, feed: AsyncGenerator[bytes, None], headers: dict[str, str]) -> LiveResponse:
        """An answer of status 200."""
        fields = http.Headers([(name.encode(), value.encode()) for name, value in headers.items()])
        fields["transfer-encoding"] = "chunked"
        made = cls(b"HTTP/1.1", 200, b"OK", fields, b"", None, time.time(), None)
        made.feed = feed
        return made

    async def give(self, client: ClientSide, then: Callable[[], None]) -> None:
        """Sends the head and the pieces, each once the client has kept up with those before, and goes on at the end."""
        if not client.chunks:
            self.headers.pop("transfer-encoding", None)
        client.write_head(self)
        try:
            async with aclosing(self.feed) as pieces:
                async for piece in pieces:
                    client.write(piece)
                    await client.kept_up()
        except Exception:
            logger.exception("a fault of argo-proxy's own in an answer that goes on")
        then()
