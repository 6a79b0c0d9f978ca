"""Jupyter AI: the variables of OpenAI's API, by which its magics and its chat reach every model."""

from __future__ import annotations

from . import Setup, Where, generic

_NAMES = ("OPENAI_BASE_URL", "OPENAI_API_BASE", "OPENAI_API_KEY")


def setup(where: Where) -> Setup:
    """Address and key."""
    return generic.only(where, *_NAMES)
