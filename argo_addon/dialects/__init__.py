"""The registry of dialects: one line each."""

from __future__ import annotations

from .anthropic import Anthropic
from .argo_legacy import ArgoLegacy
from .base import Dialect, UpstreamDialect
from .google import Google
from .openai_chat import OpenAIChat
from .openai_completions import OpenAICompletions
from .openai_responses import OpenAIResponses

UPSTREAM: dict[str, UpstreamDialect] = {dialect.name: dialect for dialect in (OpenAIChat(), Anthropic())}
_CLIENT_ONLY: tuple[Dialect, ...] = (OpenAIResponses(), Google(), OpenAICompletions())
CLIENT: dict[str, Dialect] = {**UPSTREAM, **{dialect.name: dialect for dialect in _CLIENT_ONLY}}
LEGACY = ArgoLegacy()
"""In place of every upstream, where the settings say so."""
