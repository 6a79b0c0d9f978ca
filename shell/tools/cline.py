"""Cline: its CLI takes a folder of ours (3.0); in VS Code it is typed in. Source: what `cline auth` writes."""

from __future__ import annotations

import json
import os

from daemon.paths import state_dir

from . import Setup, Where, chat_model

_PROVIDER = "openai-compatible"


def setup(where: Where) -> Setup:
    """The folder with its provider, and the option that names it."""
    model = chat_model(where)
    folder = os.path.join(state_dir({"HOME": where.home, **where.environ}), "cline")
    chosen = {"provider": _PROVIDER, "apiKey": where.key, "model": model.name, "baseUrl": f"{where.url}/v1"}
    provider = {"settings": chosen, "updatedAt": "2026-01-01T00:00:00.000Z", "tokenSource": "manual"}
    providers = {"version": 1, "lastUsedProvider": _PROVIDER, "modes": {}, "providers": {_PROVIDER: provider}}
    path = os.path.join(folder, "settings", "providers.json")
    note = (
        f"In VS Code: Cline's settings, API Provider OpenAI Compatible, base URL {where.url}/v1, API key {where.key}, "
        f"model {model.name}."
    )
    text = json.dumps(providers, indent=2) + "\n"
    return Setup({}, (), ("--data-dir", folder), ((path, text),), (note,))
