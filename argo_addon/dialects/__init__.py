"""The registry of dialects: one line each."""

from __future__ import annotations

from .anthropic import Anthropic
from .argo_legacy import ArgoLegacy
from .base import Dialect, Recorded, UpstreamDialect
from .google import Google
from .ollama import Ollama
from .openai_chat import OpenAIChat
from .openai_completions import OpenAICompletions
from .openai_responses import OpenAIResponses

# Whose headers or members are more telling comes first.
_SERVED: tuple[Dialect, ...] = (
    OpenAIResponses(),
    Ollama(),
    OpenAICompletions(),
    Google(),
    Anthropic(),
    OpenAIChat(),
)
CLIENT: dict[str, Dialect] = {dialect.name: dialect for dialect in _SERVED}
"""The dialects that clients speak."""
UPSTREAM: dict[str, UpstreamDialect] = {
    dialect.name: dialect for dialect in reversed(_SERVED) if isinstance(dialect, UpstreamDialect)
}
"""Those that ARGO serves natively."""
LEGACY = ArgoLegacy()
"""In place of every upstream, where the settings say so."""
RECORDED: dict[str, Recorded] = {**CLIENT, LEGACY.name: LEGACY}
"""Those that recordings are in."""
