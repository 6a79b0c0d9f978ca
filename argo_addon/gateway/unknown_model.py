"""ARGO's refusal of a model's name that was passed on as typed, with the closest names that there are.

A name of a known family that the list does not hold goes to ARGO as it is (argo.md, "The model list"), so that new
models work; where it was a slip only ARGO can say so, and does not know our names. It changes errors and sends none.
"""

from __future__ import annotations

import re

from ..errors import GatewayError, UpstreamError
from ..models.registry import Registry
from .routing import Route

_WORDS = re.compile(
    r"internal.?id|(?:unknown|invalid|no such|unsupported) model"
    r"|model.{0,200}(?:not exist|not (?:be )?found|not (?:supported|available|recogni[sz]ed|valid)|unknown|invalid)",
    re.IGNORECASE | re.DOTALL,
)


def add_closest(error: GatewayError, route: Route, registry: Registry) -> None:
    """Appends the closest names to a refusal that is about the model's name."""
    if route.listed or not isinstance(error, UpstreamError):
        return
    about_it = error.status == 404 or (error.status == 400 and _WORDS.search(error.message[:_LONGEST]) is not None)
    if about_it and (close := registry.closest(route.requested)):
        said = error.message.rstrip()
        error.message = f"{said}{'' if said.endswith(('.', '!', '?')) else '.'} Closest: {', '.join(close)}."
        error.body = None  # it is written anew, with these words in it


_LONGEST = 4000
"""Characters of a message that are looked at: it may quote the request."""
