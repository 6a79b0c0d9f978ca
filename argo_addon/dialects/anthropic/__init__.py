"""Anthropic Messages, as client and as upstream."""

from .dialect import Anthropic

__all__ = ["Anthropic"]
