"""Google GenAI, as client."""

from .dialect import Google

__all__ = ["Google"]
