"""In which form whoever asks for `/` wants it, by its `Accept` header (RFC 9110, 12.5.1)."""

from __future__ import annotations

from typing import Literal

Form = Literal["page", "events", "json"]
_FORMS: dict[str, Form] = {"text/html": "page", "application/xhtml+xml": "page", "text/event-stream": "events"}


def wanted_form(accept: str) -> Form:
    """A browser names HTML, its EventSource an event stream; whoever names neither, as curl and SDKs, gets JSON.

    >>> wanted_form("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
    'page'
    >>> wanted_form("*/*"), wanted_form("application/json, text/html;q=0.5")
    ('json', 'json')
    """
    weights = dict(_weights(accept))
    json = next((weights[kind] for kind in ("application/json", "application/*", "*/*") if kind in weights), 0.0)
    named = [(weights[kind], form) for kind, form in _FORMS.items() if weights.get(kind, 0.0) > 0]
    weight, form = max(named, key=lambda one: one[0], default=(0.0, "json"))
    return form if weight >= json else "json"


def _weights(accept: str) -> list[tuple[str, float]]:
    """Each media type with its weight; one whose weight cannot be read is left out."""
    found: list[tuple[str, float]] = []
    for one in accept.lower().split(","):
        kind, *parameters = (part.strip() for part in one.split(";"))
        weight = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        if kind and weight.replace(".", "", 1).isdigit():
            found.append((kind, float(weight)))
    return found
