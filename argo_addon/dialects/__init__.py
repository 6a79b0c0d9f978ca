"""The registry of dialects: one line each."""

from __future__ import annotations

from .anthropic import Anthropic
from .base import Dialect, UpstreamDialect
from .google import Google
from .openai_chat import OpenAIChat
from .openai_responses import OpenAIResponses

UPSTREAM: dict[str, UpstreamDialect] = {dialect.name: dialect for dialect in (OpenAIChat(), Anthropic())}
CLIENT: dict[str, Dialect] = {**UPSTREAM, **{dialect.name: dialect for dialect in (OpenAIResponses(), Google())}}
