"""What is noted of calls that are over before they have set out, and what is told of any of them."""

from __future__ import annotations

import time
from collections.abc import Mapping

from ..dialects.base import Dialect
from ..dialects.shared.endpoints import Operation
from ..errors import GatewayError
from .call_metrics import EndedCall
from .exchange import Exchange
from .messages import ClientRequest, tool_of
from .routing import endpoint_of

_EMBEDS = frozenset({Operation.EMBED, Operation.EMBED_SEVERAL})
_OPERATIONS = {"google": "generate_content", "openai_completions": "text_completion"}


def operation_of(dialect: Dialect, operation: Operation) -> str:
    """What a call asks for, in OpenTelemetry's words (`gen_ai.operation.name`)."""
    return "embeddings" if operation in _EMBEDS else _OPERATIONS.get(dialect.name, "chat")


def trace_of(headers: Mapping[str, str]) -> dict[str, str]:
    """What a client's headers, by lower-case names, say of the trace that its call is part of (W3C Trace Context)."""
    return {name: headers[name] for name in ("traceparent", "tracestate") if name in headers}


def refused_request(request: ClientRequest, dialect: Dialect, error: GatewayError) -> EndedCall:
    """A call that was refused before its model was known."""
    return EndedCall(
        dialect=dialect.name,
        model="",
        tool=tool_of(request.headers),
        status=error.status,
        seconds=0.0,
        failed=True,
        at=time.time(),
        problem=error.message,
        flow=request.flow,
        operation=operation_of(dialect, endpoint_of(request.method, request.target).operation),
        trace=trace_of(request.headers),
    )


def refused_call(call: Exchange, error: GatewayError) -> EndedCall:
    """A call that could not set out."""
    parsed = call.call.parsed
    return EndedCall(
        dialect=parsed.client.name,
        model=call.route.internal_id,
        tool=tool_of(parsed.request.headers),
        user=call.call.user,
        status=error.status,
        seconds=0.0,
        failed=True,
        streamed=call.streams,
        at=time.time(),
        asked=call.asked,
        problem=error.message,
        flow=parsed.request.flow,
        operation=operation_of(parsed.client, parsed.operation),
        upstream=call.upstream.url,
        trace=trace_of(parsed.request.headers),
    )
