"""llm: a folder of ours with every model in it (0.36). Its own knows OpenAI's models, and no address for others.

Source: trying. The folder is the one where it keeps its logs, keys and templates as well.
"""

from __future__ import annotations

import json
import os

from daemon.paths import state_dir

from . import OURS, Setup, Where, chat_model


def setup(where: Where) -> Setup:
    """The folder, with the list of models."""
    folder = os.path.join(state_dir({"HOME": where.home, **where.environ}), "llm")
    chosen = chat_model(where)
    names = dict.fromkeys((chosen.name, *(model.name for model in where.models)))
    rows = [
        {
            "model_id": f"argo/{name}",
            "model_name": name,
            "aliases": [] if name.startswith(("gpt", "o")) else [name],
            "api_base": f"{where.url}/v1",
            "api_key_name": "argo",
            "supports_tools": True,
            "supports_schema": True,
            "vision": True,
        }
        for name in names
    ]
    files = (
        (os.path.join(folder, "extra-openai-models.yaml"), f"{OURS}\n{json.dumps(rows, indent=1)}\n"),  # YAML as well
        (os.path.join(folder, "keys.json"), json.dumps({"argo": where.key}) + "\n"),
        (os.path.join(folder, "default_model.txt"), f"argo/{chosen.name}"),
    )
    note = f"llm keeps its logs, keys and templates in {folder} now; your own are there again after --unset."
    return Setup({"LLM_USER_PATH": folder}, ("LLM_MODEL",), files=files, notes=(note,))
