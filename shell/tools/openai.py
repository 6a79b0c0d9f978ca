"""OpenAI's SDK: variables."""

from __future__ import annotations

from . import Setup, Where


def setup(where: Where) -> Setup:
    """Address and key."""
    return Setup({"OPENAI_BASE_URL": f"{where.url}/v1", "OPENAI_API_KEY": where.key}, ("OPENAI_API_TYPE",))
