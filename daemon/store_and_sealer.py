"""What a gateway keeps for its clients beyond a run: responses to go on from, and the keys of what it has sealed."""

from __future__ import annotations

from pathlib import Path

from argo_addon.sealing import Sealer
from argo_addon.settings.checks import OFF
from argo_addon.settings.model import Settings
from argo_addon.store.base import Bounds, Change, Store
from argo_addon.store.opening import open_store

from .paths import responses_key, responses_store


def sealer_of(settings: Settings) -> Sealer:
    """With the keys of the file that the settings name, or of our own. Raises NoKey."""
    return Sealer.of_file(key_file(settings.responses_key_file))


def key_file(named: str | None) -> Path:
    """The file of keys that the settings name, or our own."""
    return Path(named or responses_key())


def store_of(settings: Settings) -> Store | None:
    """Where responses are kept, if they are. Raises StoreProblem."""
    if settings.responses_store == OFF:
        return None
    bounds = Bounds(settings.responses_store_days * 86400, round(settings.responses_store_size * 1e6))
    return open_store(settings.responses_store or responses_store(), bounds)


class Unchanged(Store):
    """A store as it is: what would be written to it is not."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, key: str, owner: str) -> bytes | None:
        """A document of the store's."""
        return self._store.get(key, owner)

    def change(self, key: str, owner: str, change: Change) -> bytes | None:
        """Leaves it alone."""
        return self._store.get(key, owner)

    def delete(self, key: str, owner: str) -> bool:
        """Leaves it alone."""
        return self._store.get(key, owner) is not None

    def close(self) -> None:
        """Lets go of the store."""
        self._store.close()
