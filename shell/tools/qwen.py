"""Qwen Code: variables of OpenAI's API, and the option that chooses it, or it asks (0.24)."""

from __future__ import annotations

from . import Setup, Where, chat_model


def setup(where: Where) -> Setup:
    """Address, key and model."""
    variables = {
        "OPENAI_BASE_URL": f"{where.url}/v1",
        "OPENAI_API_KEY": where.key,
        "OPENAI_MODEL": chat_model(where).name,
    }
    return Setup(variables, ("QWEN_MODEL",), ("--auth-type", "openai"))
