"""Roo Code, in VS Code: what to type where. Source: its documentation ("OpenAI Compatible"); not run."""

from __future__ import annotations

from . import Setup, Where, chat_model


def setup(where: Where) -> Setup:
    """The words; there is nothing to set."""
    note = (
        f"In Roo Code's settings: API Provider OpenAI Compatible, base URL {where.url}/v1, API key {where.key}, model "
        f"{chat_model(where).name}; switch image support on."
    )
    return Setup({}, notes=(note,))
