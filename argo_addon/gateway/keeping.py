"""What keeps the answer to a call, and says when it is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future


class Keeper:
    """Keeps an answer, given its id, its body and the events that it may be told in."""

    def __init__(self, keep: Callable[[str, bytes, Sequence[bytes]], Future[object] | None]) -> None:
        self._keep = keep
        self.pending: Future[object] | None = None
        """Ends once the answer is kept."""

    def __call__(self, identifier: str, response: bytes, frames: Sequence[bytes]) -> None:
        self.pending = self._keep(identifier, response, frames)
