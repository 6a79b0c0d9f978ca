"""A GenAI answer as Google's SDK reads it: plain and chunk by chunk, by its synchronous and asynchronous clients."""

from __future__ import annotations

import asyncio

import httpx2
from google.genai.types import GenerateContentConfig, GenerateContentResponse, ThinkingConfig

from .wires import gemini


def _config(thoughts: bool) -> GenerateContentConfig:
    return GenerateContentConfig(thinking_config=ThinkingConfig(include_thoughts=True) if thoughts else None)


def answer(
    transport: httpx2.BaseTransport, model: str, *, thoughts: bool, later: bool = False
) -> GenerateContentResponse:
    """A plain answer; `later`: by the asynchronous client."""
    client = gemini(transport)

    async def head_sent() -> GenerateContentResponse:
        async with client.aio as asked:
            return await asked.models.generate_content(model=model, contents="Hi", config=_config(thoughts))

    if later:
        return asyncio.run(head_sent())
    with client:
        return client.models.generate_content(model=model, contents="Hi", config=_config(thoughts))


def chunks(
    transport: httpx2.BaseTransport, model: str, *, thoughts: bool, later: bool = False
) -> list[GenerateContentResponse]:
    """A stream's chunks; `later`: by the asynchronous client."""
    client = gemini(transport)

    async def head_sent() -> list[GenerateContentResponse]:
        async with client.aio as asked:
            stream = asked.models.generate_content_stream(model=model, contents="Hi", config=_config(thoughts))
            return [chunk async for chunk in await stream]

    if later:
        return asyncio.run(head_sent())
    with client:
        return list(client.models.generate_content_stream(model=model, contents="Hi", config=_config(thoughts)))


def listed(transport: httpx2.BaseTransport, model: str) -> httpx2.Response:
    """A stream that is asked for without `alt=sse`, which no SDK does: the HTTP answer itself."""
    asked = {
        "contents": [{"parts": [{"text": "Hi"}]}],
        "generationConfig": {"thinkingConfig": {"includeThoughts": True}},
    }
    with httpx2.Client(transport=transport) as client:
        made: httpx2.Response = client.post(
            f"http://proxy.example/v1beta/models/{model}:streamGenerateContent", json=asked
        )
        return made
