"""The shapes of a stream's events: a thousand of them differ in a word, and what they have in common is read once.

An event that was taken apart and has no secret but in its pieces is learnt: the places where the next may say something
else are its pieces, and whatever has differed since. What stands between them must be the same, letter by letter; an
event of which that is not true is taken apart like the first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from .json_walk import LOGPROBS, MARKS, NAMING, TEXT, Leaf, Taken

_MOST = 24
"""Shapes that are kept of a stream; no dialect has so many."""
_VALUE = re.compile(rf"{TEXT}(?=\")", re.DOTALL)
_NUMBER = re.compile(r"-?\d[\d.eE+-]*(?=[\s,}\]])")


class _Hole(NamedTuple):
    """A place where events of a shape differ: what stands before it, and the text that the first one has there."""

    before: str
    leaf: Leaf | None
    """None for a number, which tells nothing."""


class _Shape:
    """Events that are alike: their holes, what is behind the last, and the first one's values, which may differ."""

    def __init__(self, values: list[str]) -> None:
        self.values = values
        self.holes: list[_Hole] = []
        self.differ: set[int] = set()
        self.rest = ""

    def leaves(self, text: str, start: int, end: int) -> list[Leaf] | None:
        """The texts in an event's holes; None where it is of another shape."""
        found: list[Leaf] = []
        place = start
        for before, leaf in self.holes:
            if not text.startswith(before, place):
                return None
            place += len(before)
            value = (_NUMBER if leaf is None else _VALUE).match(text, place, end)
            if value is None:
                return None
            if leaf is not None:
                found.append(Leaf(place, value.end(), leaf.name, leaf.said, leaf.frame))
            place = value.end()
        return found if end - place == len(self.rest) and text.startswith(self.rest, place) else None


class EventShapes:
    """The shapes of one stream."""

    def __init__(self, is_piece: Callable[[Leaf], bool], is_open: Callable[[str], bool]) -> None:
        """`is_piece` tells pieces, `is_open` whether a number may be a secret as the member of such a name."""
        self._is_piece, self._is_open = is_piece, is_open
        self._shapes: list[_Shape] = []
        """The one that came last first."""
        self._known: dict[tuple[str, ...], _Shape] = {}

    def leaves(self, text: str, start: int, end: int) -> list[Leaf] | None:
        """The texts of an event that may have a secret; None where it is of no shape that is known."""
        for place, shape in enumerate(self._shapes):
            found = shape.leaves(text, start, end)
            if found is not None:
                if place:
                    self._shapes.insert(0, self._shapes.pop(place))
                return found
        return None

    def learn(self, text: str, start: int, end: int, taken: Taken) -> None:
        """Learns of an event that was JSON to its end, with no secret but in its pieces."""
        if any(leaf.frame.within & LOGPROBS for leaf in taken.leaves):
            return  # what they tell of a piece stands beside it
        free: list[tuple[int, int, Leaf | None]] = [
            (leaf.start, leaf.end, leaf) for leaf in taken.leaves if _may_differ(leaf)
        ]
        free += [(one, other, None) for one, other, name in taken.numbers if not self._is_open(name)]
        free.sort(key=lambda each: each[0])
        values, between = list[str](), list[str]()
        place = start
        for one, other, _ in free:
            between.append(text[place:one])
            values.append(text[one:other])
            place = other
        key = (*between, text[place:end])
        shape = self._known.get(key)
        if shape is None:
            if len(self._known) >= _MOST:
                return
            shape = self._known[key] = _Shape(values)
            shape.differ = {number for number, one in enumerate(free) if one[2] is not None and self._is_piece(one[2])}
            self._shapes.insert(0, shape)
        shape.differ |= {number for number, value in enumerate(values) if value != shape.values[number]}
        shape.holes, said = [], ""
        for number, (before, value, (_, _, leaf)) in enumerate(zip(between, shape.values, free, strict=True)):
            if number in shape.differ:
                shape.holes.append(_Hole(said + before, leaf))
                said = ""
            else:
                said += before + value
        shape.rest = said + key[-1]


def _may_differ(leaf: Leaf) -> bool:
    """Whether a text says nothing of what others are: whose piece they are, or what stands beside them."""
    return leaf.is_text and not leaf.is_name and not leaf.frame.is_list and leaf.name not in MARKS | NAMING
