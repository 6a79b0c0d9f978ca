"""The simulator's HTTP server: ARGO's endpoints under /argoapi, and the control endpoints of the tests."""

from __future__ import annotations

import asyncio

import msgspec
import tornado.httpserver
import tornado.netutil
import tornado.web

from .behaviour import Behaviours
from .endpoints import ChatEndpoint, MessagesEndpoint
from .facts import MODELS
from .legacy import EmbeddingsEndpoint, LegacyEndpoint
from .log import Received

BASE = "/argoapi"


class Simulator:
    """One running stand-in for ARGO.

    `pace` is the number of seconds between two events of a stream; `users` are the usernames that it knows, None for
    all.
    """

    def __init__(self, pace: float = 0.01, users: frozenset[str] | None = None) -> None:
        self.pace = pace
        self.users = users
        self.behaviours = Behaviours()
        self.received: list[Received] = []
        self.prefixes: set[int] = set()
        """What stands in the prompt cache."""
        self._server: tornado.httpserver.HTTPServer | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listens; returns ARGO's base URL. Raises OSError where the port is taken."""
        sockets = tornado.netutil.bind_sockets(port, host)
        self._server = tornado.httpserver.HTTPServer(self._application(), max_body_size=256 * 1024 * 1024)
        self._server.add_sockets(sockets)
        return f"http://{host}:{sockets[0].getsockname()[1]}{BASE}"

    async def stop(self) -> None:
        """Stops listening and closes what is open."""
        if self._server is not None:
            self._server.stop()
            await asyncio.wait_for(self._server.close_all_connections(), 5)
            self._server = None

    def _application(self) -> tornado.web.Application:
        shared = {"simulator": self}
        return tornado.web.Application(
            [
                (f"{BASE}/v1/chat/completions", ChatEndpoint, shared),
                (f"{BASE}/v1/messages", MessagesEndpoint, shared),
                (f"{BASE}/v1/embeddings", EmbeddingsEndpoint, shared),
                (f"{BASE}/v1/models", _Models),
                (f"{BASE}/api/v1/resource/(chat|streamchat|embed)/", LegacyEndpoint, shared),
                ("/_simulator/log", _Log, shared),
                ("/_simulator/behaviours", _Behaviours, shared),
            ],
            log_function=lambda handler: None,
        )


class _Models(tornado.web.RequestHandler):
    """The model list (argo.md). No credentials are asked for."""

    def get(self) -> None:
        rows = [
            {
                "id": facts.display,
                "internal_id": name,
                "object": "model",
                "created": 1760000000,
                "owned_by": facts.family,
            }
            for name, facts in MODELS.items()
        ]
        self.write({"object": "list", "data": rows})


class _Log(tornado.web.RequestHandler):
    """What was received, for the tests."""

    def initialize(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def get(self) -> None:
        self.set_header("content-type", "application/json")
        self.write(msgspec.json.encode(self._simulator.received))

    def delete(self) -> None:
        self._simulator.received.clear()
        self.set_status(204)


class _Behaviours(tornado.web.RequestHandler):
    """What is to go wrong next, for the tests."""

    def initialize(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def post(self) -> None:
        try:
            waiting = self._simulator.behaviours.add(self.request.body)
        except msgspec.MsgspecError as error:
            self.set_status(400)
            self.write({"error": f"behaviours: {error}"})
            return
        self.write({"waiting": waiting})

    def delete(self) -> None:
        self._simulator.behaviours.clear()
        self.set_status(204)
