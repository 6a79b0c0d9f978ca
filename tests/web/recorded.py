"""A recording of one call: what the client and we said to each other, and what we and the upstream did."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mitmproxy import http
from mitmproxy.io import FlowWriter
from mitmproxy.test import tflow, tutils

from ..dialects.asking import asked
from ..transcript.bodies import UPSTREAM_STREAM, WAYS, stream_for, written


def write_recording(file: Path, names: Iterable[str]) -> None:
    """Writes the two flows of a streamed call of a Claude model for each of the clients, in their order."""
    with file.open("wb") as opened:
        writer = FlowWriter(opened)
        for number, name in enumerate(names):
            for flow in _pair(name):
                flow.request.timestamp_start += number
                writer.add(flow)


def _pair(name: str) -> tuple[http.HTTPFlow, http.HTTPFlow]:
    way = WAYS[name]
    client = flow_of("127.0.0.1", 44497, way.path, written(way.body), stream_for(name), way.type)
    client.comment = f"client side: {name} -> anthropic, claude-opus-4.6"
    call = asked(way.path, way.body).upstream
    upstream = flow_of("argo.example", 80, "/v1/messages", call.body, UPSTREAM_STREAM, "text/event-stream")
    upstream.comment = f"upstream side of {client.id}"
    return client, upstream


def flow_of(host: str, port: int, path: str, body: bytes, answer: bytes, kind: str) -> http.HTTPFlow:
    """A flow of a request in JSON and its answer."""
    headers = http.Headers(host=f"{host}:{port}", content_type="application/json")
    request = tutils.treq(method=b"POST", host=host, port=port, path=path.encode(), content=body, headers=headers)
    response = tutils.tresp(status_code=200, content=answer, headers=http.Headers(content_type=kind))
    return tflow.tflow(req=request, resp=response)
