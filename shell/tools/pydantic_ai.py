"""pydantic-ai: the variables of the vendors' SDKs."""

from __future__ import annotations

from . import Setup, Where, generic

_NAMES = (
    "OPENAI_BASE_URL", "OPENAI_API_KEY", "ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY", "GOOGLE_GEMINI_BASE_URL",
    "GOOGLE_API_KEY",
)  # fmt: skip


def setup(where: Where) -> Setup:
    """Addresses and keys."""
    made = generic.only(where, *_NAMES)
    # Its provider for Ollama goes by OpenAI's API, and wants that path.
    return Setup({**made.variables, "OLLAMA_BASE_URL": f"{where.url}/v1"}, made.unset)
