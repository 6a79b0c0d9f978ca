"""Refusals that are known, how to meet them in each dialect, and what an answer must be."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec
import pytest

from argo_addon.settings.model import Settings

from ...running import Proxy, proxy
from ...simulator.asking import Running

Json = dict[str, Any]
CLIENTS = ("anthropic", "chat", "responses", "google")


@contextmanager
def listed(settings: Settings) -> Iterator[Proxy]:
    """A gateway that has read the model list: what it has learned is not forgotten in between."""
    with proxy(settings) as started:
        deadline = time.monotonic() + 5
        while started.addon.gateway.models.source != "upstream":
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield started


class Refused(msgspec.Struct, frozen=True):
    """A kind of refusal: which request is refused and how, and how to ask for such a one in each dialect."""

    kind: str
    model: str
    internal: str
    text: str
    message: str
    asking: Json
    """What the request says, by client."""


TOOL = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
TOOLS: Json = {
    "chat": [{"type": "function", "function": {"name": "read", "description": "Reads.", "parameters": TOOL}}],
    "responses": [{"type": "function", "name": "read", "description": "Reads.", "parameters": TOOL}],
    "google": [{"functionDeclarations": [{"name": "read", "description": "Reads.", "parameters": TOOL}]}],
    "anthropic": [{"name": "read", "description": "Reads.", "input_schema": TOOL}],
}
EFFORT: Json = {
    "chat": {"reasoning_effort": "high"},
    "responses": {"reasoning": {"effort": "high"}},
    "google": {"generationConfig": {"thinkingConfig": {"thinkingLevel": "high"}}},
}
WARM: Json = {
    "anthropic": {"temperature": 0.5},
    "chat": {"temperature": 0.5},
    "responses": {"temperature": 0.5},
    "google": {"generationConfig": {"temperature": 0.5}},
}
BOTH: Json = {
    "anthropic": {"temperature": 0.5, "top_p": 0.9},
    "chat": {"temperature": 0.5, "top_p": 0.9},
    "responses": {"temperature": 0.5, "top_p": 0.9},
    "google": {"generationConfig": {"temperature": 0.5, "topP": 0.9}},
}
LIMIT: Json = {
    "anthropic": {"max_tokens": 4000},
    "chat": {"max_completion_tokens": 4000},
    "responses": {"max_output_tokens": 4000},
    "google": {"generationConfig": {"maxOutputTokens": 4000}},
}
ENABLED = '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and ...'
_BETA = (
    "Unexpected value(s) `context-management-2025-06-27` for the `anthropic-beta` header. Please consult our "
    "documentation at docs.claude.com or try again without the header."
)
ROWS = (
    Refused(
        "thinking",
        "claude-opus-4.6",
        "claudeopus46",
        '"adaptive"',
        "adaptive thinking is not supported on this model",
        {"anthropic": {"thinking": {"type": "adaptive"}}, **EFFORT},
    ),
    Refused(
        "thinking",
        "claude-opus-4.6",
        "claudeopus46",
        '"enabled"',
        ENABLED,
        {"anthropic": {"thinking": {"type": "enabled", "budget_tokens": 2000}}},
    ),
    Refused(
        "effort",
        "claude-opus-4.6",
        "claudeopus46",
        '"effort":"high"',
        "This model does not support effort level 'high'. Supported levels: low, medium.",
        {"anthropic": {"output_config": {"effort": "high"}}, **EFFORT},
    ),
    Refused(
        "sampling",
        "claude-haiku-4.5",
        "claudehaiku45",
        '"temperature"',
        "`temperature` is deprecated for this model.",
        WARM,
    ),
    Refused(
        "sampling",
        "claude-opus-4.1",
        "claudeopus41",
        '"top_p"',
        "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
        BOTH,
    ),
    Refused(
        "sampling",
        "gpt-4.1",
        "gpt41",
        '"temperature"',
        "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1) value is "
        "supported.",
        WARM,
    ),
    Refused(
        "sampling",
        "gpt-4.1",
        "gpt41",
        '"top_p"',
        "Unsupported parameter: 'top_p' is not supported with this model.",
        BOTH,
    ),
    Refused(
        "reasoning_effort",
        "gpt-5.2",
        "gpt52",
        '"reasoning_effort"',
        "Function tools with reasoning_effort are not supported for gpt-5.2 in /v1/chat/completions. Please use "
        "/v1/responses instead.",
        {name: {**said, "tools": TOOLS[name]} for name, said in EFFORT.items()}
        | {"anthropic": {"output_config": {"effort": "high"}, "tools": TOOLS["anthropic"]}},
    ),
    Refused(
        "reasoning_effort",
        "gpt-5.2",
        "gpt52",
        '"high"',
        "Unsupported value: 'reasoning_effort' does not support 'high' with this model. Supported values are: "
        "'low', and 'medium'.",
        {"anthropic": {"output_config": {"effort": "high"}}, **EFFORT},
    ),
    Refused(
        "max_tokens",
        "gpt-4.1",
        "gpt41",
        '"max_completion_tokens"',
        "Unsupported parameter: 'max_completion_tokens' is not supported with this model. Use 'max_tokens' instead.",
        LIMIT,
    ),
    Refused(
        "anthropic-beta",
        "claude-opus-4.6",
        "claudeopus46",
        '"context_management"',
        _BETA,
        {"anthropic": {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}}},
    ),
)
CASES = [(row, client) for row in ROWS for client in CLIENTS if client in row.asking]
refusals = pytest.mark.parametrize(
    ("row", "client"), CASES, ids=[f"{row.kind}-{row.internal}-{client}" for row, client in CASES]
)
ways = pytest.mark.parametrize("streams", [False, True], ids=["plain", "streamed"])
HEADERS = {"anthropic-beta": "context-management-2025-06-27,interleaved-thinking-2025-05-14"}


def ask(gateway: Proxy, client: str, model: str, streams: bool, said: Json, **more: Any) -> httpx.Response:
    """The answer to a short call."""
    text = more.pop("text", "hello")
    body: Json
    match client:
        case "google":
            verb = "streamGenerateContent?alt=sse" if streams else "generateContent"
            path, body = f"/v1beta/models/{model}:{verb}", {"contents": [{"role": "user", "parts": [{"text": text}]}]}
        case "responses":
            path, body = "/v1/responses", {"model": model, "input": text, "stream": streams}
        case _:
            path = "/v1/messages" if client == "anthropic" else "/v1/chat/completions"
            body = {"model": model, "messages": [{"role": "user", "content": text}], "stream": streams}
    if client == "anthropic":
        body["max_tokens"] = 4000
    headers = HEADERS if client == "anthropic" else {}
    return httpx.post(gateway.url + path, json=body | said, headers=headers, timeout=20, trust_env=False, **more)


def refuse(argo: Running, row: Refused, **how: Any) -> None:
    match = {"model": row.internal, "text": row.text}
    argo.behave({"match": match, "times": 50, "status": 400, "message": row.message, **how})


ENDS = ("message_stop", "[DONE]", "response.completed", "finishReason")


def answered(answer: httpx.Response) -> None:
    """It is a whole answer."""
    assert answer.status_code == 200, answer.text
    assert '"error":' not in answer.text.replace('"error":null', "")
    streams = "event-stream" in answer.headers["content-type"]
    assert any(end in answer.text for end in ENDS) if streams else answer.json()
