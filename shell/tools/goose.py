"""Goose: variables of its provider for OpenAI's API. Source: its documentation ("Configure LLM Provider"); not run."""

from __future__ import annotations

from . import Setup, Where, chat_model


def setup(where: Where) -> Setup:
    """Address, key, provider and model."""
    variables = {
        "GOOSE_PROVIDER": "openai",
        "GOOSE_MODEL": chat_model(where).name,
        "OPENAI_HOST": where.url,
        "OPENAI_API_KEY": where.key,
    }
    return Setup(variables, ("OPENAI_BASE_PATH", "GOOSE_PLANNER_PROVIDER", "GOOSE_LEAD_PROVIDER"))
