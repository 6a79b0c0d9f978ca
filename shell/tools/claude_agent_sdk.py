"""Claude Agent SDK: it runs a Claude Code of its own, which takes the same variables."""

from __future__ import annotations

from . import Setup, Where, claude


def setup(where: Where) -> Setup:
    """Those of Claude Code."""
    return claude.setup(where)
