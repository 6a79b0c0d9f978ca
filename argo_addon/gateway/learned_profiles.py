"""Profiles of models that refusals have corrected, until the model list is read anew (docs/decisions/0012)."""

from __future__ import annotations

from ..models.catalogue import Profile
from .routing import Route

MAX_LEARNED = 1000
"""Models of which something is kept: names that ARGO does not list go there as they are, and callers make them up."""


class LearnedProfiles:
    """What refusals have taught of models since the model list was read, by ARGO's id of the model."""

    def __init__(self) -> None:
        self._by_id: dict[str, Profile] = {}

    def profile(self, route: Route) -> Profile:
        """What is known of a route's model."""
        return self._by_id.get(route.internal_id, route.profile)

    def learn(self, route: Route, profile: Profile) -> None:
        """Takes what is known of a route's model from now on."""
        if len(self._by_id) >= MAX_LEARNED:
            self._by_id.clear()
        self._by_id[route.internal_id] = profile

    def forget(self) -> None:
        """Unlearns everything: the catalogue's word counts again."""
        self._by_id.clear()
