"""JetBrains' AI Assistant: what to type where. Source: its documentation ("Use custom models"); not run."""

from __future__ import annotations

from . import Setup, Where


def setup(where: Where) -> Setup:
    """The words; there is nothing to set."""
    note = (
        f"In Settings, Tools, AI Assistant, Models: enable Ollama with the URL {where.url}, Test Connection; or OpenAI "
        f"API with the URL {where.url}/v1 and the key {where.key}."
    )
    return Setup({}, notes=(note,))
