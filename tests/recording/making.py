"""Flow files as stock mitmproxy writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mitmproxy import connection, http
from mitmproxy.io import FlowWriter


def flow_of(
    url: str, body: Any, answer: Any = None, *, headers: Mapping[str, str] | None = None, status: int = 200
) -> http.HTTPFlow:
    """A call of an API, as stock mitmdump records it."""
    made = http.HTTPFlow(
        connection.Client(peername=("10.1.2.3", 4711), sockname=("10.1.2.4", 8080), timestamp_start=1.0),
        connection.Server(address=("203.0.113.7", 443)),
    )
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    made.request = http.Request.make("POST", url, data)
    for name, value in {"content-type": "application/json", **(headers or {})}.items():
        made.request.headers[name] = value
    said = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    if answer is not None:
        made.response = http.Response.make(status, said, {"content-type": "application/json"})
    return made


def file_of(path: Path, *flows: http.HTTPFlow) -> Path:
    """A flow file."""
    with path.open("wb") as file:
        for flow in flows:
            FlowWriter(file).add(flow)
    return path
