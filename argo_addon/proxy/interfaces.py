"""What a transaction asks of the addon, and of its client's connection."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

from mitmproxy import connection, http

from ..errors import GatewayError
from ..gateway.messages import Reply
from ..translation.relay import Relay
from .opening_web_sockets import Session
from .upstreams import Target


class CallHandler(Protocol):
    """What a transaction asks of the addon."""

    def target_of(self, flow: http.HTTPFlow) -> Target:
        """Where a flow's request goes."""

    def should_resend(self, flow: http.HTTPFlow) -> float | None:
        """After how many seconds the flow's request, as it now is, is to be sent once more in the place of the answer.

        None: not at all.
        """

    def sends_anew(self, flow: http.HTTPFlow) -> bool:
        """Whether the flow's request is sent once more, since its connection ended before it was answered."""

    def early_response_head(self, flow: http.HTTPFlow) -> http.Response | None:
        """The head of a stream whose client is not to wait for the upstream's; None where there can be none."""

    def relay_of(self, flow: http.HTTPFlow) -> Relay | None:
        """The relay of an answer that is streamed."""

    def error_reply(self, flow: http.HTTPFlow, error: GatewayError) -> Reply:
        """The answer to a request that came to nothing."""

    def broken(self, flow: http.HTTPFlow, problem: str, *, reached: bool) -> GatewayError:
        """The error behind a connection to ARGO that could not be made (`reached` is False), or broke."""

    def being_kept(self, flow: http.HTTPFlow) -> asyncio.Future[None] | None:
        """What is to be waited for before a flow's answer is told to be complete; None if there is nothing."""

    def on_client_head(self, flow: http.HTTPFlow, response: http.Response) -> None:
        """Hears of the head that goes to a flow's client, before it does."""

    def on_client_data(self, flow: http.HTTPFlow, data: bytes) -> None:
        """The same for what follows."""

    def on_client_end(self, flow: http.HTTPFlow) -> None:
        """The same for its end."""


class ClientSide(Protocol):
    """What a transaction needs of its client's connection."""

    chunks: bool
    """Whether the client knows them; else a stream ends with the connection."""
    last_upstream_activity: float
    """When the upstream last sent something: a reading of time.monotonic()."""
    last_client_activity: float
    """When the client last got something of an answer."""

    def write_head(self, response: http.Response, body: bytes = b"", *, close: bool = False) -> None:
        """Sends a head, and what is known of the body."""

    def write(self, data: bytes) -> None:
        """Sends bytes of a body."""

    async def kept_up(self) -> None:
        """Waits for a client that does not keep up."""

    def switch(self, flow: http.HTTPFlow) -> None:
        """Speaks WebSocket with the client from now on."""

    def finished(self, *, close: bool = False) -> None:
        """The answer is complete; with `close` it is the connection's last."""

    def drop(self) -> None:
        """Ends the connection at once."""


class Handler(CallHandler, Protocol):
    """What the connection asks of the addon."""

    max_head: int
    """Bytes of the largest head of a request."""
    max_body: int
    """Bytes of its largest body."""
    hosts: frozenset[str]
    """The names and addresses of this gateway, in lower case, beside those of loopback."""

    @property
    def draining(self) -> bool:
        """Whether each answer is the last on its connection, since the process ends."""

    def admit(self, request: http.Request, client: connection.Client) -> tuple[Reply | None, Mapping[str, str]]:
        """The reply to a request that goes no further, None if it may come in; and headers for whatever answer."""

    def open_session(self, flow: http.HTTPFlow) -> Session:
        """Who speaks with the client of a WebSocket that is open."""

    def refusal(self, flow: http.HTTPFlow | None, error: GatewayError) -> Reply:
        """The answer to a request that is none; no flow if not even its head could be read."""
