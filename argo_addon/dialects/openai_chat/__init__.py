"""OpenAI Chat Completions, as client and as upstream."""

from .dialect import OpenAIChat

__all__ = ["OpenAIChat"]
