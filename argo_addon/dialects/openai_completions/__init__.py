"""OpenAI's legacy Completions, for clients of it: a prompt's text in, more text out."""

from .dialect import OpenAICompletions

__all__ = ["OpenAICompletions"]
