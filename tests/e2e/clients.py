"""The official SDKs' clients as the tests want them: no retries, which would hide a failure, and no long waits."""

from __future__ import annotations

import anthropic
import openai
from google import genai
from google.genai import types

KEY = "jdoe"
SECONDS = 30


def chat_client(url: str) -> openai.OpenAI:
    """OpenAI's client for a proxy at `url`."""
    return openai.OpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0, timeout=SECONDS)


def claude_client(url: str) -> anthropic.Anthropic:
    """Anthropic's client for a proxy at `url`."""
    return anthropic.Anthropic(base_url=url, api_key=KEY, max_retries=0, timeout=SECONDS)


def async_chat_client(url: str) -> openai.AsyncOpenAI:
    """OpenAI's asynchronous client for a proxy at `url`."""
    return openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0, timeout=SECONDS)


def async_claude_client(url: str) -> anthropic.AsyncAnthropic:
    """Anthropic's asynchronous client for a proxy at `url`."""
    return anthropic.AsyncAnthropic(base_url=url, api_key=KEY, max_retries=0, timeout=SECONDS)


def google_client(url: str) -> genai.Client:
    """Google's client for a proxy at `url`, asynchronous as `.aio`."""
    attempts = types.HttpRetryOptions(attempts=1)
    options = types.HttpOptions(base_url=url, timeout=SECONDS * 1000, retry_options=attempts)
    return genai.Client(api_key=KEY, http_options=options)
