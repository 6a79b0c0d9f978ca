"""The calls of a conversation that wait for their results, in dialects that name results by id, by name, or not at all.

It knows no dialect. Source: pitfalls 1.30, 4.2.
"""

from __future__ import annotations

import re
from collections import deque
from itertools import islice

from ...ir.parts import ToolCallPart

_MARK = re.compile("(?=__)")
_MOST_MARKS = 32


class OpenCalls:
    """The calls that wait for a result, in their order; a turn may have thousands."""

    def __init__(self) -> None:
        self._calls: dict[int, ToolCallPart] = {}
        self._by_id: dict[str, deque[int]] = {}
        self._by_name: dict[str, deque[int]] = {}
        self._made = 0

    def add(self, call: ToolCallPart) -> None:
        """Has a call wait."""
        self._made += 1
        self._calls[self._made] = call
        self._by_id.setdefault(call.id, deque()).append(self._made)
        self._by_name.setdefault(call.name, deque()).append(self._made)

    def take(self, identifier: str | None, name: str) -> ToolCallPart | None:
        """The call that a result is of, which waits no more: by its id, else by its name; None if there is none."""
        found = None if identifier is None else self._first(identifier)
        if found is None and identifier is not None:
            # Gemini CLI may put the name before the id, or make ids of its own (pitfalls 4.2).
            marks = islice(_MARK.finditer(identifier), _MOST_MARKS)
            ends = (self._first(identifier[mark.start() + 2 :]) for mark in marks)
            found = min((number for number in ends if number is not None), default=None)
        if found is None:
            found = self._waiting(self._by_name.get(name))
        return None if found is None else self._calls.pop(found)

    def take_oldest(self) -> ToolCallPart | None:
        """The call that has waited longest, for a result that names none."""
        oldest = next(iter(self._calls), None)
        return None if oldest is None else self._calls.pop(oldest)

    def _first(self, identifier: str) -> int | None:
        return self._waiting(self._by_id.get(identifier))

    def _waiting(self, numbers: deque[int] | None) -> int | None:
        """The first of these calls that still waits."""
        while numbers and numbers[0] not in self._calls:
            numbers.popleft()
        return numbers[0] if numbers else None
