"""The official SDKs' clients as the tests want them: no retries, which would hide a failure, and no long waits."""

from __future__ import annotations

import anthropic
import ollama
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


def ollama_client(url: str) -> ollama.Client:
    """Ollama's client for a proxy at `url`: it has no key."""
    return ollama.Client(host=url, timeout=SECONDS, trust_env=False)


def azure_client(url: str) -> openai.AzureOpenAI:
    """OpenAI's client for Azure's paths, for a proxy at `url`."""
    return openai.AzureOpenAI(azure_endpoint=url, api_key=KEY, api_version="2024-10-21", max_retries=0, timeout=SECONDS)
