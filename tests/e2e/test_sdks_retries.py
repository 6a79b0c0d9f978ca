"""How often the official SDKs, left to themselves, ask again, and what the gateway makes of that."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import anthropic
import httpx
import openai
import pytest

from .clients import KEY
from .conftest import MakeProxy
from .processes import Simulator


def ask_chat(url: str) -> None:
    with openai.OpenAI(base_url=f"{url}/v1", api_key=KEY) as client:
        client.chat.completions.create(model="gpt-5.4", messages=[{"role": "user", "content": "hi"}])


def ask_claude(url: str) -> None:
    with anthropic.Anthropic(base_url=url, api_key=KEY) as client:
        client.messages.create(model="claude-opus-4.6", max_tokens=50, messages=[{"role": "user", "content": "hi"}])


both = pytest.mark.parametrize(("sdk", "ask"), [(openai, ask_chat), (anthropic, ask_claude)], ids=["chat", "claude"])


def calls_of(url: str) -> object:
    return httpx.get(f"{url}/health", trust_env=False).json()["requests"]


@both
def test_an_argo_out_of_reach_is_asked_for_once(make_proxy: MakeProxy, sdk: Any, ask: Callable[[str], None]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    url = make_proxy(argo_base_url=f"http://127.0.0.1:{port}", skip_url_validation=True).url
    with pytest.raises(sdk.InternalServerError, match="connection is refused"):
        ask(url)
    assert calls_of(url) == 1


@both
def test_a_busy_argo_is_asked_again_by_the_sdk_and_not_by_the_gateway(
    make_proxy: MakeProxy, simulator: Simulator, sdk: Any, ask: Callable[[str], None]
) -> None:
    simulator.behave(status=429, headers={"retry-after": "0.01"})
    url = make_proxy().url
    ask(url)
    assert calls_of(url) == 2


@both
def test_the_tries_of_the_gateway_are_not_multiplied_by_those_of_the_sdk(
    make_proxy: MakeProxy, simulator: Simulator, sdk: Any, ask: Callable[[str], None]
) -> None:
    for _ in range(10):
        simulator.behave(status=503, headers={"retry-after": "0.01"})
    url = make_proxy(upstream_retries=3).url
    with pytest.raises(sdk.InternalServerError):
        ask(url)
    asked = sum(entry["method"] == "POST" for entry in simulator.log())
    assert (asked, calls_of(url)) == (1 + 3 + 2, 3), "the gateway's tries come before the SDK's, and once"
