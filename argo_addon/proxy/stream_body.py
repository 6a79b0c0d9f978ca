"""The body of a streamed answer, as mitmproxy asks for it chunk by chunk. It knows relays, and nothing of dialects."""

from __future__ import annotations

import logging

from mitmproxy import http

from ..errors import GatewayError
from ..gateway.exchange import Exchange
from ..gateway.token_counts import AnswerEnds
from ..translation.relay import Relay
from .messages import headers_of
from .trace import UpstreamAttempt

logger = logging.getLogger(__name__)


class Body:
    """The stream callable of mitmproxy around a relay; it may not raise, for that would lose data in silence."""

    __slots__ = ("_attempt", "_ends", "_exchange", "_relay")

    def __init__(self, exchange: Exchange, relay: Relay, attempt: UpstreamAttempt | None) -> None:
        self._exchange = exchange
        self._relay = relay
        self._attempt = attempt
        self._ends = exchange.answer_ends = AnswerEnds()

    def __call__(self, data: bytes) -> list[bytes]:
        relay = self._relay
        if data:
            self._ends.add(data)
            if self._attempt is not None:
                self._attempt.answer.data(data)
        try:
            out = relay.feed(data) if data else relay.close()
            if relay.refusal is not None and (self._exchange.resend or self._exchange.should_retry(relay.refusal)):
                return []  # the call is sent once more
        except Exception:
            logger.exception("a fault of argo-proxy's own in a stream")
            out = relay.fail(own_fault())
        # An empty chunk is how the layer hears of a refusal; otherwise nothing to send is no chunk at all.
        return [out] if out or relay.refusal is not None else []


def start_response(response: http.Response, exchange: Exchange, attempt: UpstreamAttempt | None) -> None:
    """Has the exchange decide whether an answer is streamed, whose head has come."""
    try:
        headers = exchange.start_response(response.status_code, headers_of(response))
    except Exception:
        logger.exception("a fault of argo-proxy's own in the head of an answer")
        return
    if headers is not None and exchange.relay is not None:
        response.http_version = "HTTP/1.1"
        response.headers = stream_headers(headers)
        response.stream = Body(exchange, exchange.relay, attempt)


def early_head(response: http.Response | None, exchange: Exchange) -> http.Response | None:
    """The head of a stream whose client is not to wait for the upstream's, of which `response` may have come."""
    if not exchange.streams:
        return None
    if response is not None and (response.stream or response.status_code != 200):
        return None  # its own head goes out, or tells of an error
    head = http.Response.make(200)
    head.headers = stream_headers(exchange.start_early())
    return head


def stream_headers(headers: dict[str, str]) -> http.Headers:
    """The headers of a streamed answer."""
    return http.Headers(
        [(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in headers.items()],
        transfer_encoding="chunked",
    )


def own_fault() -> GatewayError:
    """What a client is told of a fault that nobody foresaw."""
    return GatewayError(500, "argo-proxy failed to handle this call; its log has the details. Please report it.")
