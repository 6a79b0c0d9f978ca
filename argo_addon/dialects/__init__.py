"""The registry of dialects: one line each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from .anthropic import Anthropic
from .argo_legacy import ArgoLegacy
from .base import Dialect, Reader, UpstreamDialect
from .google import Google
from .google.stream_reader import AnswerReader as GoogleReader
from .openai_chat import OpenAIChat
from .openai_completions import OpenAICompletions
from .openai_completions.stream_reader import CompletionReader
from .openai_responses import OpenAIResponses
from .openai_responses.stream_reader import AnswerReader as ResponsesReader

UPSTREAM: dict[str, UpstreamDialect] = {dialect.name: dialect for dialect in (OpenAIChat(), Anthropic())}
_CLIENT_ONLY: tuple[Dialect, ...] = (OpenAIResponses(), Google(), OpenAICompletions())
CLIENT: dict[str, Dialect] = {**UPSTREAM, **{dialect.name: dialect for dialect in _CLIENT_ONLY}}
LEGACY = ArgoLegacy()
"""In place of every upstream, where the settings say so."""
READERS: dict[str, Callable[[], Reader]] = {
    **{name: partial(dialect.reader, keep=True) for name, dialect in UPSTREAM.items()},
    OpenAIResponses.name: ResponsesReader,
    OpenAICompletions.name: CompletionReader,
    Google.name: GoogleReader,
}
"""Makers of readers for streams that are shown, whoever speaks the dialect."""
