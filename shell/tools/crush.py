"""Crush: a folder of ours with its configuration. Source: its documentation and sources; not run."""

from __future__ import annotations

import json
import os

from daemon.paths import state_dir

from . import Setup, Where, chat_model, newest

_USUAL = (128_000, 16_000)


def setup(where: Where) -> Setup:
    """The variable that names the folder, and the configuration with every model in it."""
    folder = os.path.join(state_dir({"HOME": where.home, **where.environ}), "crush")
    chosen = chat_model(where)
    small = newest(tuple(one for one in where.models if one.internal_id.endswith("mini")), "gpt5", "gpt") or chosen
    models = [
        {
            "id": model.name,
            "name": model.name,
            "context_window": model.context or _USUAL[0],
            "default_max_tokens": min(model.max_output or _USUAL[1], _USUAL[1]),
            "supports_attachments": True,
        }
        for model in {one.name: one for one in (chosen, *where.models)}.values()
    ]
    provider = {"type": "openai-compat", "base_url": f"{where.url}/v1", "api_key": where.key, "models": models}
    whole = {
        "$schema": "https://charm.land/crush.json",
        "providers": {"argo": provider},
        "models": {
            "large": {"provider": "argo", "model": chosen.name},
            "small": {"provider": "argo", "model": small.name},
        },
        "options": {"disable_provider_auto_update": True},
    }
    variables = {"CRUSH_GLOBAL_CONFIG": folder}
    return Setup(variables, files=((os.path.join(folder, "crush.json"), json.dumps(whole, indent=1) + "\n"),))
