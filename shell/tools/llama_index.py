"""LlamaIndex: the variables of OpenAI's, Anthropic's and Ollama's packages."""

from __future__ import annotations

from . import Setup, Where, generic

_NAMES = (
    "OPENAI_API_BASE", "OPENAI_BASE_URL", "OPENAI_API_KEY", "ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY", "OLLAMA_HOST",
)  # fmt: skip


def setup(where: Where) -> Setup:
    """Addresses and keys; what it does not take from the environment is said."""
    made = generic.only(where, *_NAMES)
    note = (
        f'Of models other than OpenAI\'s it wants to be told what they can: OpenAILike(model="claude-opus-4.6", '
        f'api_base="{where.url}/v1", is_chat_model=True, is_function_calling_model=True). Ollama takes '
        f'base_url="{where.url}" in the program.'
    )
    return Setup(made.variables, made.unset, notes=(note,))
