"""Claude Code: variables alone (2.1.197). Source: pitfalls 8.4, 9.17, and trying."""

from __future__ import annotations

import json
import os

from . import TOOLS, Model, Setup, Where, found, newest

TIERS = ("opus", "sonnet", "haiku")
_WINS = (
    "ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN", "CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX",
    "CLAUDE_CODE_USE_FOUNDRY", "ANTHROPIC_SMALL_FAST_MODEL",
)  # fmt: skip


def setup(where: Where) -> Setup:
    """Address, key, a model for each of its three tiers, and its asking for the list of models."""
    variables = {
        "ANTHROPIC_BASE_URL": where.url,
        "ANTHROPIC_AUTH_TOKEN": where.key,
        "CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY": "1",
    }
    for tier in TIERS:
        # A tier that ARGO does not have is the next best one.
        model = newest(where.models, *(f"claude{name}" for name in (tier, "sonnet", "opus", "haiku")))
        if model is not None:
            variables[f"ANTHROPIC_DEFAULT_{tier.upper()}_MODEL"] = dashed(model.name)
    if where.model is not None:
        chosen = found(where, where.model)
        variables["ANTHROPIC_MODEL"] = _spelled(where.model, chosen)
        if chosen is not None and chosen.context is not None and not chosen.internal_id.startswith("claude"):
            variables["CLAUDE_CODE_MAX_CONTEXT_TOKENS"] = str(chosen.context)
    unset = _WINS if where.model is not None else (*_WINS, "ANTHROPIC_MODEL", "CLAUDE_CODE_MAX_CONTEXT_TOKENS")
    return Setup(variables, unset, notes=_notes(where, variables))


def _notes(where: Where, variables: dict[str, str]) -> tuple[str, ...]:
    """The `env` of its settings beats the environment."""
    names = {*variables, *_WINS}
    own = where.environ.get("CLAUDE_CONFIG_DIR") or os.path.join(where.home, ".claude")
    project = os.path.join(".", ".claude")
    notes = []
    for path in dict.fromkeys(
        os.path.join(folder, name) for folder in (own, project) for name in ("settings.json", "settings.local.json")
    ):
        try:
            with open(path, encoding="utf-8") as file:
                there = json.load(file)["env"]
            beats = sorted(name for name in names.intersection(there) if there[name] != variables.get(name))
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if beats:
            notes.append(
                f'{path} has {", ".join(beats)} in its "env", which beats the environment: Claude Code may not come '
                "here before that is taken out."
            )
    return tuple(notes)


def _spelled(asked: str, model: Model | None) -> str:
    """A model as Claude Code knows it, with the window that was asked for; its own names for models as they are."""
    name, bracket, window = asked.partition("[")
    name = model.name if model is not None and name not in TOOLS["claude"].own_names else name
    return (dashed(name) if name.startswith("claude") else name) + bracket + window


def dashed(name: str) -> str:
    """A name as Claude Code knows it: it takes those with dots for models to come."""
    return name.replace(".", "-")
