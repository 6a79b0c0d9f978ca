"""Anthropic's SDK: variables, the same that Claude Code takes."""

from __future__ import annotations

from . import Setup, Where


def setup(where: Where) -> Setup:
    """Address and key; another key would be sent as well."""
    return Setup({"ANTHROPIC_BASE_URL": where.url, "ANTHROPIC_AUTH_TOKEN": where.key}, ("ANTHROPIC_API_KEY",))
