"""Jupyter AI: the variables of OpenAI's API, by which its magics and its chat reach every model."""

from __future__ import annotations

from . import Setup, Where, chat_model, generic

_NAMES = ("OPENAI_BASE_URL", "OPENAI_API_BASE", "OPENAI_API_KEY")


def setup(where: Where) -> Setup:
    """Address and key, and how a notebook names a model that its LiteLLM does not know."""
    made = generic.only(where, *_NAMES)
    alias = f"%ai alias argo openai/{chat_model(where).name}"
    note = f"In a notebook: %load_ext jupyter_ai_magic_commands, {alias}, and then %%ai argo above what you ask."
    return Setup(made.variables, made.unset, notes=(note,))
