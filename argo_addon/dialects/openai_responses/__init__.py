"""OpenAI Responses, as client."""

from .dialect import OpenAIResponses

__all__ = ["OpenAIResponses"]
