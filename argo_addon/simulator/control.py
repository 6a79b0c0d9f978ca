"""The control endpoints, by which tests look and meddle: /_simulator/log and /_simulator/behaviours."""

from __future__ import annotations

import msgspec
from tornado.web import RequestHandler

from argo_addon.simulator.state import State


class _Control(RequestHandler):
    def initialize(self, simulator: State) -> None:
        self.simulator = simulator

    def set_default_headers(self) -> None:
        self.set_header("content-type", "application/json")


class Log(_Control):
    """What was received."""

    def get(self) -> None:
        self.write(msgspec.json.encode(list(self.simulator.received)))

    def delete(self) -> None:
        self.simulator.received.clear()
        self.set_status(204)


class Behaviours(_Control):
    """What is to go wrong."""

    def post(self) -> None:
        try:
            self.simulator.behaviours.add(self.request.body)
        except ValueError as error:
            self.set_status(400)
            self.write({"error": str(error)})
        else:
            self.write({})

    def delete(self) -> None:
        self.simulator.behaviours.clear()
        self.set_status(204)
