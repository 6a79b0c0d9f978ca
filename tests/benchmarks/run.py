"""`make bench`: what a streamed event and a request cost the gateway, without sockets and over them.

Figures, not tests: they are printed, never asserted.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from argo_addon.dialects import UPSTREAM
from argo_addon.dialects.base import ResponseContext
from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import ClientRequest
from argo_addon.gateway.translate import Passthrough, Translator
from argo_addon.sse import Splitter
from tests.running import END, STREAM, chunk, proxy, settings_for, upstream

FIXTURES = Path(__file__).parent.parent / "fixtures"


def microseconds(call: Callable[[], object], times: int) -> float:
    """The best of five rounds, for one call."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(times):
            call()
        best = min(best, time.perf_counter() - start)
    return best / times * 1e6


def relayed(dialect: str, events: list[bytes]) -> Callable[[], object]:
    def run() -> None:
        spoken = UPSTREAM[dialect]
        relay = Passthrough(spoken.observer(1), lambda error: b"", "jdoe")
        for event in events:
            relay.feed(event)
        relay.close()

    return run


def translated(upstream_dialect: str, client: str, events: list[bytes]) -> Callable[[], object]:
    def run() -> None:
        spoken, asked = UPSTREAM[upstream_dialect], ResponseContext("model", "id", 1)
        relay = Translator(spoken.reader(keep_extra=False), UPSTREAM[client].writer(asked), lambda error: b"", "jdoe")
        for event in events:
            relay.feed(event)
        relay.close()

    return run


def main() -> None:
    for dialect, name in (("anthropic", "thinking_and_tools"), ("openai_chat", "text")):
        events = Splitter().feed((FIXTURES / dialect / f"{name}.sse").read_bytes())
        head, word, tail = events[:2], events[3 if dialect == "anthropic" else 1], events[-2:]
        stream = [*head, *([word] * 1000), *tail]
        print(f"relay, {dialect}: {microseconds(relayed(dialect, stream), 20) / len(stream):.2f} us an event")
        for client in UPSTREAM:
            took = microseconds(translated(dialect, client, stream), 20) / len(stream)
            print(f"translate, {dialect} to {client}: {took:.2f} us an event")
    gateway = Gateway(settings_for("http://127.0.0.1:1"))
    tools = [{"name": f"tool{n}", "description": "d " * 1500, "input_schema": {"type": "object"}} for n in range(25)]
    body = {
        "model": "claude-opus-4-6",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "hi"}] * 9,
        "tools": tools,
    }
    request = ClientRequest("POST", "/v1/messages", {"user-agent": "bench"}, json.dumps(body).encode())
    size = len(request.body) // 1000
    print(f"open a request of {size} KB: {microseconds(lambda: gateway.open(request), 200):.0f} us")
    other = ClientRequest("POST", "/v1/messages", request.headers, request.body.replace(b"claude-opus-4-6", b"gpt-5.4"))
    print(f"the same, translated: {microseconds(lambda: gateway.open(other), 200):.0f} us")
    over_sockets()


def over_sockets() -> None:
    """Plain requests and bursts of events through a running gateway, one client, everything in this process."""
    word = Splitter().feed((FIXTURES / "openai_chat" / "text.sse").read_bytes())
    burst = b"".join(chunk(word[1]) for _ in range(1000)) + chunk(b"".join(word[2:]))
    with upstream() as argo, proxy(settings_for(argo.url)) as running:
        argo.answer = lambda seen: [STREAM, burst, END]
        with httpx.Client(base_url=running.url, trust_env=False) as client:
            body = {"model": "gpt-5.4", "stream": True, "messages": []}
            print(f"local answer: {microseconds(lambda: client.get('/version'), 100):.0f} us")
            took = microseconds(lambda: client.post("/v1/chat/completions", json=body), 5)
            print(f"burst of 1000 events: {took / 1000:.1f} us an event, upstream and client included")


if __name__ == "__main__":
    main()
