"""Kilo Code: its CLI is kin to OpenCode and takes the same configuration; in VS Code it is typed in."""

from __future__ import annotations

from argo_addon.access.tokens import PREFIX

from . import Setup, Where, chat_model
from .opencode import configuration


def setup(where: Where) -> Setup:
    """The CLI's variable, and what to type where in VS Code."""
    key = "that `argo-proxy token` prints" if where.key.startswith(PREFIX) else where.key
    note = (
        "In VS Code: Kilo Code's settings, Providers, add an OpenAI Compatible provider with the base URL "
        f"{where.url}/v1, the API key {key} and the model {chat_model(where).name}."
    )
    return Setup({"KILO_CONFIG_CONTENT": configuration(where)}, notes=(note,))
