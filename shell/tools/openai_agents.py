"""OpenAI's Agents SDK: the variables of OpenAI's SDK, and none of its traces, which would go to their maker."""

from __future__ import annotations

from . import Setup, Where, chat_model, generic

_NAMES = ("OPENAI_BASE_URL", "OPENAI_API_KEY")


def setup(where: Where) -> Setup:
    """Address, key and model."""
    made = generic.only(where, *_NAMES)
    more = {"OPENAI_DEFAULT_MODEL": chat_model(where).name, "OPENAI_AGENTS_DISABLE_TRACING": "1"}
    return Setup({**made.variables, **more}, made.unset)
