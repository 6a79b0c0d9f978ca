"""Google GenAI, as client: so far its errors and its model list (pitfalls 7.1, 8.3)."""

from .dialect import Google

__all__ = ["Google"]
