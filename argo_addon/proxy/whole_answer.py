"""A client's answer, made of an upstream answer that was read to its end."""

from __future__ import annotations

import logging

from mitmproxy import http

from ..errors import UpstreamError
from ..gateway.exchange import Exchange
from ..gateway.token_counts import AnswerEnds
from .messages import as_response, content_of, headers_of
from .stream_body import own_fault

logger = logging.getLogger(__name__)


def whole_answer(response: http.Response, exchange: Exchange) -> http.Response:
    """The client's answer, or what is left of it where it has its head already."""
    relay = exchange.relay
    try:
        answer = response.status_code, headers_of(response), content_of(response)
        exchange.answer_ends = AnswerEnds()
        exchange.answer_ends.add(answer[2])
        if relay is None:
            return as_response(exchange.complete_response(*answer))
        return http.Response.make(200, exchange.finish_stream(*answer))
    except Exception as problem:
        fault = problem if isinstance(problem, UpstreamError) else own_fault()
        if fault is not problem:
            logger.exception("a fault of argo-proxy's own in an answer")
        if relay is None:
            return as_response(exchange.fail(fault))
        return http.Response.make(200, relay.fail(fault))
