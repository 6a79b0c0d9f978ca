"""The simulator as a server: its routes, its state, its start and end. Knows tornado, and no rule."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from argo_addon.simulator import control, handlers
from argo_addon.simulator.behaviours import Queue
from argo_addon.simulator.log import KEPT, Entry
from argo_addon.simulator.usage import Cache

_LARGEST_BODY = 1024 * 1024 * 1024
_KEPT_CALLS = 10_000
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


class Simulator:
    """One ARGO. `pace` is the seconds between two events of a stream; `users` are those that it knows, None for all."""

    BASE = "/argoapi"

    def __init__(self, pace: float = 0.0, users: Collection[str] | None = None) -> None:
        self.pace = pace
        self.users = frozenset(users) if users is not None else None
        self.received: deque[Entry] = deque(maxlen=KEPT)
        self.behaviours = Queue()
        self.cache = Cache()
        self.thoughtful: deque[str] = deque(maxlen=_KEPT_CALLS)
        """Ids of the calls that were given together with thinking."""
        self._server: HTTPServer | None = None
        self._serving: set[asyncio.Event] = set()

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
        for left in list(self._serving):
            left.set()
        await asyncio.wait_for(server.close_all_connections(), _STOP_SECONDS)
        while self._serving:
            await asyncio.sleep(0.001)

    def knows(self, user: str) -> bool:
        """Whether ARGO has the user registered."""
        return self.users is None or user in self.users

    def remember_thinking(self, call_ids: tuple[str, ...]) -> None:
        """These calls came with thinking."""
        self.thoughtful.extend(call_ids)

    @contextmanager
    def serving(self, left: asyncio.Event) -> Iterator[None]:
        """While a request is being answered; `left` is set when it has to end."""
        self._serving.add(left)
        try:
            yield
        finally:
            self._serving.discard(left)
