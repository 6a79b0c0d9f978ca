"""What the client's side of a connection asks of the addon, and what it is told from outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mitmproxy import connection, http
from mitmproxy.proxy import events
from mitmproxy.proxy.layers.http._events import HttpEvent

from ..errors import GatewayError
from ..gateway.messages import Reply
from ..translation.relay import Relay
from .door import Doorkeeper
from .stream import Asker


@dataclass
class Interrupt(events.ConnectionEvent):
    """Ends what is under way on a client's connection, for a reason that lies outside it."""

    error: GatewayError


@dataclass
class KeepAlive(events.ConnectionEvent):
    """The client of a flow has waited for so long that it needs a sign of life."""

    flow: http.HTTPFlow


@dataclass
class Overdue(events.ConnectionEvent):
    """A client takes too long over its request."""


class Handler(Asker, Doorkeeper, Protocol):
    """What the layer asks of the addon."""

    max_head: int
    """Bytes of the largest head of a request."""
    hosts: frozenset[str]
    """The names and addresses of this gateway, in lower case, beside those of loopback."""

    def has_left(self, client: connection.Client) -> bool:
        """Whether a client that has closed its sending half reads no more either."""

    def early_response_head(self, flow: http.HTTPFlow) -> http.Response | None:
        """The head of a stream whose client is not to wait for the upstream's; None where there can be none."""

    def relay_of(self, flow: http.HTTPFlow) -> Relay | None:
        """The relay of an answer that is streamed."""

    def error_reply(self, flow: http.HTTPFlow | None, error: GatewayError) -> Reply:
        """The answer to a request that came to nothing; no flow if not even its head could be read."""

    def describe_failure(self, flow: http.HTTPFlow, status: int, message: str) -> GatewayError:
        """The error behind a failure that mitmproxy reports."""

    def on_client_event(self, flow: http.HTTPFlow, event: HttpEvent) -> None:
        """Hears of what goes to a flow's client, before it does."""
