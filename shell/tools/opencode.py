"""OpenCode: one variable with a configuration, merged over the user's own (1.18)."""

from __future__ import annotations

import json

from . import Model, Setup, Where, chat_model, newest

_SEES = {"attachment": True, "modalities": {"input": ["text", "image", "pdf"], "output": ["text"]}}


def setup(where: Where) -> Setup:
    """The provider with every model of the list."""
    return Setup({"OPENCODE_CONFIG_CONTENT": configuration(where)})


def configuration(where: Where) -> str:
    """The configuration as JSON."""
    chosen = chat_model(where)
    models = {model.name: _entry(model) for model in (*where.models, chosen)}
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "ARGO",
        "options": {"baseURL": f"{where.url}/v1", "apiKey": where.key},
        "models": models,
    }
    # For titles; the user's own may be out of reach.
    small = newest(tuple(one for one in where.models if one.internal_id.endswith("mini")), "gpt5", "gpt") or chosen
    whole = {"provider": {"argo": provider}, "model": f"argo/{chosen.name}", "small_model": f"argo/{small.name}"}
    return json.dumps(whole, separators=(",", ":"))


def _entry(model: Model) -> dict[str, object]:
    if model.context is None or model.max_output is None:
        return dict(_SEES)
    return {**_SEES, "limit": {"context": model.context, "output": model.max_output}}
