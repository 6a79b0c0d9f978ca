"""Open WebUI: variables of its two kinds of connections. Source: its documentation; run: 0.12.4.

They count when it starts for the first time; later what was saved in its settings does.
"""

from __future__ import annotations

from . import Setup, Where


def setup(where: Where) -> Setup:
    """The connection by OpenAI's API, which every model takes; the one to Ollama off, or each would be there twice."""
    variables = {
        "OPENAI_API_BASE_URL": f"{where.url}/v1",
        "OPENAI_API_KEY": where.key,
        "ENABLE_OLLAMA_API": "false",
    }
    note = "It keeps connections in its own settings after its first start: Admin Settings, Connections."
    return Setup(variables, ("OPENAI_API_BASE_URLS", "OPENAI_API_KEYS"), notes=(note,))
