"""Gemini CLI: its Vertex AI variables (0.61). Source: pitfalls 9.15, and trying."""

from __future__ import annotations

import json
import os

from . import Setup, Where, newest

_WINS = ("GOOGLE_GENAI_USE_GCA", "GOOGLE_GEMINI_BASE_URL", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION")
_CHOSEN = "vertex-ai"


def setup(where: Where) -> Setup:
    """Address, key and model; a word where the user's settings have another way of signing in, which wins."""
    model = newest(where.models, "gemini", without=("lite", "flash")) or newest(where.models, "gemini")
    name = where.model or (model.name if model is not None else "gemini-2.5-pro")
    variables = {
        "GOOGLE_GENAI_USE_VERTEXAI": "true",
        "GOOGLE_VERTEX_BASE_URL": where.url,
        "GOOGLE_API_KEY": where.key,
        "GEMINI_MODEL": name,
    }
    return Setup(variables, _WINS, notes=_notes(where))


def _notes(where: Where) -> tuple[str, ...]:
    path = os.path.join(where.environ.get("GEMINI_CLI_HOME") or where.home, ".gemini", "settings.json")
    try:
        with open(path, encoding="utf-8") as file:
            chosen = json.load(file)["security"]["auth"]["selectedType"]
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    if chosen == _CHOSEN:
        return ()
    return (
        f"{path} has the auth type {chosen!r} chosen, which beats the environment: Gemini CLI will not come here. "
        f'Choose "Vertex AI" there (/auth in Gemini CLI), that is security.auth.selectedType "{_CHOSEN}".',
    )
