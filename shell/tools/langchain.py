"""LangChain: the variables of each of its packages; its Google package takes its address in the program only."""

from __future__ import annotations

from . import Setup, Where, generic

_NAMES = (
    "OPENAI_API_BASE", "OPENAI_BASE_URL", "OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY",
    "OPENAI_API_VERSION", "ANTHROPIC_API_URL", "ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY",
    "OLLAMA_HOST", "OLLAMA_API_KEY",
)  # fmt: skip


def setup(where: Where) -> Setup:
    """Addresses and keys."""
    note = f'ChatGoogleGenerativeAI takes its address in the program: base_url="{where.url}"'
    made = generic.only(where, *_NAMES)
    return Setup(made.variables, made.unset, notes=(note,))
