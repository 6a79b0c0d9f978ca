"""Zed: settings by which it takes the gateway for Ollama, and every model with it.

Source: Zed's documentation ("Use a Local Model"); not run.
"""

from __future__ import annotations

import json
import os

from daemon.paths import state_dir

from . import Setup, Where, chat_model


def setup(where: Where) -> Setup:
    """The settings, and where they go."""
    model = {"provider": "ollama", "model": f"{chat_model(where).name}:latest"}
    settings = {"language_models": {"ollama": {"api_url": where.url}}, "agent": {"default_model": model}}
    path = os.path.join(state_dir({"HOME": where.home, **where.environ}), "zed.settings.json")
    note = (
        "Put these into Zed's settings (command zed: open settings file); the key, if one is asked for, in its panel."
    )
    return Setup({}, notes=(note,), settings=((path, json.dumps(settings, indent=2) + "\n"),))
