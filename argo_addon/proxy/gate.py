"""What waits while an answer may not go on: for a hook that looks at it, or until it is kept."""

from __future__ import annotations

from collections.abc import Callable

Step = Callable[[], None]


class Gate:
    """Steps that come while it is closed are taken later, in their order."""

    def __init__(self) -> None:
        self.closed = False
        self._missed: list[Step] = []

    def defers(self, step: Step) -> bool:
        """Whether a step has to wait. It is taken once the gate is opened."""
        if self.closed:
            self._missed.append(step)
        return self.closed

    def open(self) -> None:
        """Takes the steps that have waited; one of them may close it again for those behind."""
        self.closed = False
        missed, self._missed = self._missed, []
        for step in missed:
            if not self.defers(step):
                step()

    def clear(self) -> None:
        """Nothing that waits is of use any more."""
        self._missed.clear()
