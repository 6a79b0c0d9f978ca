"""The simulator as a server: its routes, its start and end. Knows tornado, and no rule."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from argo_addon.simulator import control, handlers
from argo_addon.simulator.state import State

_LARGEST_BODY = 1024 * 1024 * 1024
_STOP_SECONDS = 5.0

_ROUTES: tuple[tuple[str, type[RequestHandler]], ...] = (
    ("/v1/messages", handlers.Messages),
    ("/v1/chat/completions", handlers.Chat),
    ("/v1/embeddings", handlers.Embeddings),
    ("/v1/models", handlers.Models),
    ("/api/v1/resource/chat/", handlers.LegacyChat),
    ("/api/v1/resource/streamchat/", handlers.LegacyStreamChat),
    ("/api/v1/resource/embed/", handlers.LegacyEmbed),
)


class Simulator(State):
    """One ARGO that listens."""

    def __init__(self, pace: float = 0.0, users: Collection[str] | None = None) -> None:
        super().__init__(pace, users)
        self._server: HTTPServer | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listens; returns the base URL. Raises OSError where it cannot."""
        shared = {"simulator": self}
        routes: list[Any] = [(f"{self.BASE}{path}", handler, shared) for path, handler in _ROUTES]
        routes += [
            ("/_simulator/log", control.Log, shared),
            ("/_simulator/behaviours", control.Behaviours, shared),
            (".*", handlers.NotFound, shared),
        ]
        sockets = bind_sockets(port, host)
        application = Application(routes, log_function=lambda handler: None)
        self._server = HTTPServer(application, max_buffer_size=_LARGEST_BODY)
        self._server.add_sockets(sockets)
        return f"http://{host}:{sockets[0].getsockname()[1]}{self.BASE}"

    async def stop(self) -> None:
        """Stops listening and breaks what is being answered. Does nothing when it is not running."""
        server, self._server = self._server, None
        if server is None:
            return
        server.stop()
        for left in list(self.under_way):
            left.set()
        await asyncio.wait_for(server.close_all_connections(), _STOP_SECONDS)
        while self.under_way:
            await asyncio.sleep(0.001)
