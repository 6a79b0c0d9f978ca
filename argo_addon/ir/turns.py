"""Parts that overlap, put one after the other: for dialects whose streams know one at a time (pitfalls 4.13)."""

from __future__ import annotations

from collections.abc import Sequence

from .events import Event, PartEnd, PartStart, ResponseEnd


class _Waiting:
    """A part whose turn has not come: what it has said so far."""

    __slots__ = ("ended", "events")

    def __init__(self, start: PartStart) -> None:
        self.events: list[Event] = [start]
        self.ended = False


class OneAtATime:
    """Passes on the events of one choice; a part that begins while another is open waits until that has ended."""

    __slots__ = ("_choice", "_live", "_waiting")

    def __init__(self, choice: int = 0) -> None:
        self._choice = choice
        self._live: int | None = None
        self._waiting: dict[int, _Waiting] = {}

    def take(self, event: Event) -> Sequence[Event]:
        """The events whose turn it is, now that this one has come."""
        if isinstance(event, PartStart):
            return self._start(event)
        if isinstance(event, ResponseEnd):
            return [*self._rest(), event]
        index = getattr(event, "index", None)  # every event of a part has one
        if index is None:
            return (event,)
        if isinstance(event, PartEnd):
            return self._end(event)
        if index == self._live:
            return (event,)
        if index in self._waiting:
            self._waiting[index].events.append(event)
        return ()

    def _start(self, event: PartStart) -> Sequence[Event]:
        if event.choice != self._choice:
            return ()
        if self._live is None:
            self._live = event.index
            return (event,)
        self._waiting[event.index] = _Waiting(event)
        return ()

    def _end(self, event: PartEnd) -> list[Event]:
        if event.index != self._live:
            if event.index in self._waiting:
                self._waiting[event.index].ended = True
            return []
        passed: list[Event] = [event]
        self._live = None
        while self._live is None and self._waiting:
            index, waiting = next(iter(self._waiting.items()))
            del self._waiting[index]
            passed += waiting.events
            if waiting.ended:
                passed.append(PartEnd(index))
            else:
                self._live = index
        return passed

    def _rest(self) -> list[Event]:
        """The ends of parts that never had one."""
        passed: list[Event] = []
        while self._live is not None:
            passed += self._end(PartEnd(self._live))
        return passed
