"""Continue: its CLI takes a configuration of ours (1.5); in an editor its text goes into the user's own.

Source: trying with 1.5.47, whose provider for Gemini does not look at the address: every model goes by OpenAI's API.
"""

from __future__ import annotations

import json
import os

from daemon.paths import state_dir

from . import OURS, Setup, Where, chat_model


def setup(where: Where) -> Setup:
    """The configuration, the chosen model first, and the option that names it."""
    chosen = chat_model(where)
    names = dict.fromkeys((chosen.name, *(model.name for model in where.models)))
    models = [
        {
            "name": name,
            "provider": "openai",
            "model": name,
            "apiBase": f"{where.url}/v1",
            "apiKey": where.key,
            "capabilities": ["tool_use", "image_input"],
            "roles": ["chat", "edit", "apply"],
            "useResponsesApi": False,
        }
        for name in names
    ]
    text = json.dumps({"name": "ARGO", "version": "1.0.0", "schema": "v1", "models": models}, indent=1)  # YAML as well
    path = os.path.join(state_dir({"HOME": where.home, **where.environ}), "continue.yaml")
    note = f"In VS Code and JetBrains IDEs: copy the models of {path} into your ~/.continue/config.yaml."
    return Setup({}, (), ("--config", path), ((path, f"{OURS}\n{text}\n"),), (note,))
