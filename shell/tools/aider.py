"""Aider: variables of OpenAI's API, by which it reaches every model, and two files with what it cannot know (0.86).

For a model that it does not know it warns, counts no tokens, makes no map of the repository and has whole files written
anew instead of changes. Source: trying each model of ARGO's list with 0.86.2.
"""

from __future__ import annotations

import json
import os

from daemon.paths import state_dir

from . import Model, Setup, Where, chat_model, newest

# Behind OpenAI's name; it has settings of its own for these.
_KNOWN = ("gpt5", "gpt5mini", "gpt5nano", "gpt51", "gpt52")
_KNOWN_FAMILIES = ("gpt4", "gpto")
_BEATS = ("OPENAI_API_BASE", "OPENAI_BASE_URL", "OPENAI_API_KEY", "AIDER_MODEL", "AIDER_OPENAI_API_BASE")


def setup(where: Where) -> Setup:
    """Address, key, model, a smaller model for what it does on the side, and facts about the models."""
    model = chat_model(where)
    folder = state_dir({"HOME": where.home, **where.environ})
    facts = {
        "AIDER_MODEL_METADATA_FILE": (os.path.join(folder, "aider.model.metadata.json"), _metadata(where, model)),
        "AIDER_MODEL_SETTINGS_FILE": (os.path.join(folder, "aider.model.settings.yml"), _settings(where, model)),
    }
    ours = {name: fact for name, fact in facts.items() if name not in where.environ}  # else the user has own ones
    variables = {
        "OPENAI_API_BASE": f"{where.url}/v1",
        "OPENAI_BASE_URL": f"{where.url}/v1",
        "OPENAI_API_KEY": where.key,
        "AIDER_MODEL": f"openai/{model.name}",
        "AIDER_WEAK_MODEL": f"openai/{(_small(where) or model).name}",
        **{name: path for name, (path, _) in ours.items()},
    }
    unset = ("AIDER_OPENAI_API_BASE", "AIDER_OPENAI_API_KEY")
    return Setup(variables, unset, files=tuple(ours.values()), notes=_notes(where))


def _small(where: Where) -> Model | None:
    minis = tuple(model for model in where.models if model.internal_id.endswith("mini"))
    return newest(minis, "gpt5", "gpt")


def _metadata(where: Where, chosen: Model) -> str:
    rows: dict[str, object] = {}
    for model in (*where.models, chosen):
        if model.context is not None and model.max_output is not None:
            rows[f"openai/{model.name}"] = {
                "litellm_provider": "openai",
                "mode": "chat",
                "max_input_tokens": model.context,
                "max_output_tokens": model.max_output,
                "max_tokens": model.max_output,
                "supports_vision": True,
            }
    return json.dumps(rows, indent=1) + "\n"


def _settings(where: Where, chosen: Model) -> str:
    """JSON, which is YAML as well."""
    rows = [
        {"name": f"openai/{model.name}", "edit_format": "diff", "use_repo_map": True, "use_temperature": False}
        for model in dict.fromkeys((*where.models, chosen))
        if model.internal_id not in _KNOWN and not model.internal_id.startswith(_KNOWN_FAMILIES)
    ]
    return json.dumps(rows, indent=1) + "\n"


def _notes(where: Where) -> tuple[str, ...]:
    """It reads `.env` files, and what stands there beats the environment."""
    notes = []
    for path in dict.fromkeys((os.path.join(where.home, ".env"), ".env")):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                names = {line.strip().removeprefix("export ").partition("=")[0].strip() for line in file}
        except OSError:
            continue
        if beats := [name for name in _BEATS if name in names]:
            notes.append(f"{path} has {', '.join(beats)}, which beats the environment: Aider will not come here.")
    return tuple(notes)
