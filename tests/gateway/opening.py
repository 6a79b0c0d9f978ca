"""Opening requests without a socket, and looking at what the gateway makes of them."""

from __future__ import annotations

import json
from typing import Any

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import ClientRequest, Reply

BASE = "https://argo.example/argoapi"
JSON = {"content-type": "application/json"}
SSE = {"content-type": "text/event-stream"}


def opened(gateway: Gateway, path: str, body: Any = None, method: str = "POST", **headers: str) -> Reply | Exchange:
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    outcome = gateway.open(ClientRequest(method, path, named, raw))
    assert isinstance(outcome, Reply | Exchange)
    return outcome


def exchange(gateway: Gateway, path: str, body: Any, **headers: str) -> Exchange:
    outcome = opened(gateway, path, body, **headers)
    assert isinstance(outcome, Exchange), outcome
    return outcome


def reply(gateway: Gateway, path: str, body: Any = None, method: str = "POST", **headers: str) -> Reply:
    outcome = opened(gateway, path, body, method, **headers)
    assert isinstance(outcome, Reply), outcome
    return outcome


CHAT = {"model": "argo:gpt-5.4", "messages": [{"role": "user", "content": "hi"}]}
MESSAGES = {"model": "claude-opus-4-6", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
