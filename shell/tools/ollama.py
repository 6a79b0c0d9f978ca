"""The ollama SDKs, and what looks for Ollama where they do."""

from __future__ import annotations

from . import Setup, Where


def setup(where: Where) -> Setup:
    """Address and key, which only `username_passthrough` looks at."""
    return Setup({"OLLAMA_HOST": where.url, "OLLAMA_API_KEY": where.key})
