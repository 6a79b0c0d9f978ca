"""The lines of the README's table that are code: each SDK, set up by its line as it stands, gets an answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import anthropic
import ollama
import openai
import pytest
from google import genai

from .processes import ROOT, Proxy

LINES = dict(
    re.findall(r"^\| \[?(\S+ SDK)\b[^|]*\| `([^`]+)` \|", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
)
SAID = [{"role": "user", "content": "Hello!"}]


def _by_chat(client: Any) -> str:
    return str(client.chat.completions.create(model="gpt-5.4", messages=SAID).choices[0].message.content)


ASKED: Mapping[str, Callable[[Any], str]] = {
    "openai SDK": _by_chat,
    "AzureOpenAI SDK": _by_chat,
    "anthropic SDK": lambda client: client.messages.create(model="haiku", max_tokens=99, messages=SAID).content[0].text,
    "google-genai SDK": lambda client: client.models.generate_content(model="gemini-2.5-pro", contents="Hello!").text,
    "ollama SDK": lambda client: client.chat(model="gpt-5.4", messages=SAID).message.content,
}
NAMES = {
    "OpenAI": openai.OpenAI,
    "AzureOpenAI": openai.AzureOpenAI,
    "Anthropic": anthropic.Anthropic,
    "genai": genai,
    "Client": ollama.Client,
}


def test_each_sdk_has_a_line() -> None:
    assert LINES.keys() == ASKED.keys()


@pytest.mark.parametrize("sdk", ASKED)
def test_an_sdk_is_set_up_by_its_line(sdk: str, proxy: Proxy) -> None:
    client = eval(LINES[sdk].replace("http://127.0.0.1:44497", proxy.url), dict(NAMES))
    try:
        assert "simulated" in ASKED[sdk](client)
    finally:
        (getattr(client, "close", None) or client._client.close)()  # ollama's has none of its own
