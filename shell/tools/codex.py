"""Codex CLI: a profile beside its configuration, selected by a function (0.169). Source: pitfalls 9.16, and trying."""

from __future__ import annotations

import os

from . import OURS, Model, Setup, SetupError, Where, chat_model, newest

PROFILE = "argo"
KEY = "ARGO_PROXY_KEY"
# The newest that it has facts about, and gives its full set of tools; the first that ARGO has counts.
_KNOWN = ("gpt55", "gpt52", "gpt51", "gpt5")


def setup(where: Where) -> Setup:
    """The profile's file, the key's variable, and the option that selects the profile."""
    import tomli_w  # only here is TOML written

    model = _model(where)
    path = os.path.join(where.environ.get("CODEX_HOME") or os.path.join(where.home, ".codex"), f"{PROFILE}.config.toml")
    _refuse_another(path)
    profile: dict[str, object] = {"model": model.name, "model_provider": PROFILE}
    if model.context is not None:
        profile["model_context_window"] = model.context
    provider = {"name": "ARGO", "base_url": f"{where.url}/v1", "env_key": KEY, "wire_api": "responses"}
    text = tomli_w.dumps({**profile, "model_providers": {PROFILE: provider}})
    notes: tuple[str, ...] = ()
    if model.internal_id not in _KNOWN:
        notes = (f"Codex has no facts about {model.name} and gives it a smaller set of tools; it knows gpt-5.5.",)
    return Setup({KEY: where.key}, (), ("--profile", PROFILE), ((path, f"{OURS}\n{text}"),), notes)


def _model(where: Where) -> Model:
    if where.model is None:
        known = newest(where.models, *_KNOWN, without=("mini", "nano"))
        if known is not None:
            return known
    return chat_model(where)


def _refuse_another(path: str) -> None:
    try:
        with open(path, encoding="utf-8") as file:
            first = file.readline().rstrip("\n")
    except OSError:
        return
    if first != OURS:
        raise SetupError(
            f"{path} is not ours, and stays as it is. Move it away, or set Codex up by hand (docs/how-to/codex.md)."
        )
