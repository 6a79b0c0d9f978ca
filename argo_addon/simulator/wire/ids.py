"""Ids of answers and calls in each vendor's form. They differ from one another and from run to run."""

from __future__ import annotations

import secrets

_LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def message_id() -> str:
    """Of an answer of Claude on Vertex."""
    return f"msg_vrtx_01{_random(22)}"


def tool_use_id() -> str:
    """Of a call of Claude on Vertex."""
    return f"toolu_vrtx_01{_random(22)}"


def completion_id() -> str:
    """Of an answer of Chat Completions."""
    return f"chatcmpl-{_random(29)}"


def call_id() -> str:
    """Of a call of Chat Completions."""
    return f"call_{_random(24)}"
