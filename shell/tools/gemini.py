"""Gemini CLI: its Vertex AI variables, or those of the Gemini API where the user has chosen that (0.61).

Source: pitfalls 9.15, and trying.
"""

from __future__ import annotations

import json
import os

from . import Setup, Where, found, newest

_VERTEX, _BY_KEY = "vertex-ai", "gemini-api-key"
# All that tells it where to go and who asks. What a setup does not set would win, or make it complain.
_ADDRESSES = (
    "GOOGLE_GENAI_USE_GCA", "GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_VERTEX_BASE_URL", "GOOGLE_GEMINI_BASE_URL",
    "GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION",
)  # fmt: skip


def setup(where: Where) -> Setup:
    """Address, key and model; a word where the user's settings have another way of signing in, which wins."""
    model = newest(where.models, "gemini", without=("lite", "flash")) or newest(where.models, "gemini")
    name = model.name if model is not None else "gemini-2.5-pro"
    if where.model is not None:
        asked = found(where, where.model)
        name = where.model if asked is None else asked.name
    path, chosen = _chosen(where)
    if chosen == _BY_KEY:
        variables = {"GOOGLE_GEMINI_BASE_URL": where.url, "GEMINI_API_KEY": where.key}
    else:
        variables = {
            "GOOGLE_GENAI_USE_VERTEXAI": "true",
            "GOOGLE_VERTEX_BASE_URL": where.url,
            "GOOGLE_API_KEY": where.key,
        }
    unset = tuple(address for address in _ADDRESSES if address not in variables)
    return Setup({**variables, "GEMINI_MODEL": name}, unset, notes=_notes(path, chosen))


def _chosen(where: Where) -> tuple[str, str | None]:
    """The way of signing in that settings have chosen, and where: those of the folder go before the user's."""
    home = where.environ.get("GEMINI_CLI_HOME") or where.home
    for folder in (".", home):
        path = os.path.join(folder, ".gemini", "settings.json")
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                text = file.read()
        except OSError:
            continue
        if (chosen := _selected(text)) is not None:
            return path, chosen
    return "", None


def _selected(text: str) -> str | None:
    try:
        selected = json.loads(text)["security"]["auth"]["selectedType"]
    except (KeyError, TypeError):
        return None
    except ValueError:  # it allows comments
        import re  # seldom, and it takes as long to load as all else

        found = re.search(r'"selectedType"\s*:\s*"([^"]*)"', text)
        return found[1] if found is not None else None
    return selected if isinstance(selected, str) else None


def _notes(path: str, chosen: str | None) -> tuple[str, ...]:
    if chosen in (None, _VERTEX, _BY_KEY):
        return ()
    return (
        f"{path} has the auth type {chosen!r} chosen, which beats the environment: Gemini CLI will not come here. "
        f'Choose "Vertex AI" there (/auth in Gemini CLI), that is security.auth.selectedType "{_VERTEX}".',
    )
