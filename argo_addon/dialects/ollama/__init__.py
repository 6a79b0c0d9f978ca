"""Ollama's own API, for clients of it: editors and scripts that know no key."""

from .dialect import Ollama

__all__ = ["Ollama"]
