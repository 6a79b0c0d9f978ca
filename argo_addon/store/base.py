"""What every store can do, wherever it keeps its documents. Its methods block: worker.py calls them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import msgspec

Change = Callable[[bytes | None], bytes | None]
"""Makes a document of what is there now, None where there is none; None as its result leaves all as it is."""


class StoreProblem(Exception):
    """The store cannot be used. Its text says which, why, and what to do."""


class Bounds(msgspec.Struct, frozen=True):
    """How long documents are kept, and how much of them: what is older, or too much, goes, the oldest first."""

    seconds: float = 30 * 86400.0
    size: int = 1_000_000_000
    """Bytes of all documents together."""


class Store(ABC):
    """Documents by key and owner: nobody finds another's."""

    @abstractmethod
    def get(self, key: str, owner: str) -> bytes | None:
        """A document; None where there is none of this owner's. Raises StoreProblem, as all do."""

    @abstractmethod
    def change(self, key: str, owner: str, change: Change) -> bytes | None:
        """Replaces a document by what becomes of it, with nobody else's change between; returns what it now is.

        What is not this owner's is not there for `change`, and is left alone.
        """

    @abstractmethod
    def delete(self, key: str, owner: str) -> bool:
        """Removes a document; returns whether there was one."""

    @abstractmethod
    def close(self) -> None:
        """Lets go of the store."""

    def put(self, key: str, owner: str, document: bytes) -> None:
        """Keeps a document."""
        self.change(key, owner, lambda _: document)
