"""Aider: variables of OpenAI's API, by which it reaches every model (0.86)."""

from __future__ import annotations

from . import Setup, Where, chat_model, newest


def setup(where: Where) -> Setup:
    """Address, key, model, and a smaller model for what it does on the side."""
    model = chat_model(where)
    small = newest(where.models, "gpt", without=()) if where.models else None
    small = next((one for one in where.models if one.internal_id.endswith("mini") and _family(one) == "gpt5"), small)
    variables = {
        "OPENAI_API_BASE": f"{where.url}/v1",
        "OPENAI_BASE_URL": f"{where.url}/v1",
        "OPENAI_API_KEY": where.key,
        "AIDER_MODEL": f"openai/{model.name}",
        "AIDER_WEAK_MODEL": f"openai/{(small or model).name}",
    }
    return Setup(variables, ("AIDER_OPENAI_API_BASE", "AIDER_OPENAI_API_KEY"))


def _family(model: object) -> str:
    return str(getattr(model, "internal_id", ""))[:4]
