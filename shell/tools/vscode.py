"""Visual Studio Code: the models that Copilot's chat takes with one's own key.

Source: its documentation ("AI language models in VS Code", custom endpoints); not run.
"""

from __future__ import annotations

import json
import os

from daemon.paths import state_dir

from . import Setup, Where, chat_model

_USUAL = (128_000, 16_000)


def setup(where: Where) -> Setup:
    """The provider with every model of the list, and where it goes."""
    models = [
        {
            "id": model.name,
            "name": model.name,
            "url": f"{where.url}/v1/chat/completions",
            "toolCalling": True,
            "vision": True,
            "maxInputTokens": (model.context or _USUAL[0]) - min(model.max_output or _USUAL[1], _USUAL[1]),
            "maxOutputTokens": min(model.max_output or _USUAL[1], _USUAL[1]),
        }
        for model in {one.name: one for one in (chat_model(where), *where.models)}.values()
    ]
    provider = [{"name": "ARGO", "vendor": "customendpoint", "apiKey": where.key, "models": models}]
    path = os.path.join(state_dir({"HOME": where.home, **where.environ}), "vscode.chatLanguageModels.json")
    note = (
        "Put this into chatLanguageModels.json (command Chat: Open Language Models (JSON)). Or, without a key: Manage "
        f'Models, Ollama, with "github.copilot.chat.byok.ollamaEndpoint": "{where.url}" in the settings.'
    )
    return Setup({}, notes=(note,), settings=((path, json.dumps(provider, indent=1) + "\n"),))
