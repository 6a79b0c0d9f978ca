"""What the tests of the running gateway say to it, and how they look at what comes back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from argo_addon.sse import Splitter, data_of

from ..running import (
    Step,
    Upstream,
    streamed,
)

FIXTURES = Path(__file__).parent.parent / "fixtures"
CHAT_STREAM = (FIXTURES / "openai_chat" / "text.sse").read_bytes()
MESSAGE_STREAM = (FIXTURES / "anthropic" / "thinking_and_tools.sse").read_bytes()
MESSAGE = json.loads((FIXTURES / "anthropic" / "thinking_and_tools.response.json").read_bytes())

CHAT: dict[str, Any] = {"model": "gpt-5.4", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
MESSAGES: dict[str, Any] = {"model": "claude-opus-4.6", "max_tokens": 9, "stream": True, "messages": CHAT["messages"]}
CALLS = [("/v1/chat/completions", CHAT, CHAT_STREAM), ("/v1/messages", MESSAGES, MESSAGE_STREAM)]
both = pytest.mark.parametrize(("path", "body", "stream"), CALLS, ids=["openai_chat", "anthropic"])


def events(stream: bytes) -> list[bytes]:
    return Splitter().feed(stream)


def begun(stream: bytes) -> bytes:
    """The stream's beginning, up to the first that the model says, thinks or does."""
    return b"".join(events(stream)[:3])


def last_error(body: bytes) -> dict[str, Any]:
    frames = events(body)
    assert b"".join(frames) == body, "the stream ends with a whole event"
    error = json.loads(data_of(frames[-1]) or b"")["error"]
    assert isinstance(error, dict)
    return error


def answers_with(argo: Upstream, *steps: Step) -> None:
    argo.answer = lambda seen: steps


def still_works(client: httpx.Client, argo: Upstream) -> None:
    """The next request, on the same connection where it is still open, is served."""
    answers_with(argo, *streamed(*events(CHAT_STREAM)))
    assert client.post("/v1/chat/completions", json=CHAT).content == CHAT_STREAM
