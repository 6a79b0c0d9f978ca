"""Long work on the event loop, done in pieces of a few milliseconds: whoever else waits is served between them.

A request of ten megabytes takes as long to translate as several events of every stream beside it. Whatever does such
work says where it may pause (`pause`, `in_pieces`), at no cost where nobody does it in pieces. A piece is as long as
the longest single step between two such places: a body decoded, a conversation encoded.

The work runs in a greenlet, so that the functions in which it pauses need not be coroutines, and on the loop's own
thread, so that nothing runs at the same time: two threads would wait for each other's hold of the interpreter with
every read and write of a socket, and each step of the work in C would come between.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

_T = TypeVar("_T")
PIECE = 0.004
"""Seconds after which work pauses as soon as it may."""
MANY = 200
"""Items of a list that are gone through without a pause."""

_now = time.perf_counter
_due = math.inf
"""When the piece under way has lasted long enough."""


def _nothing() -> None:
    pass


_hand_over: Callable[[], None] = _nothing


class Abandoned(BaseException):
    """Raised in work that is not to go on, where it pauses."""


def pause() -> None:
    """Lets others go on, if this is work in pieces and it is time."""
    if _now() >= _due:
        _hand_over()


def in_pieces(items: Sequence[_T]) -> Iterable[_T]:
    """The items, with pauses between them where there are many."""
    return items if len(items) < MANY else _with_pauses(items)


def _with_pauses(items: Sequence[_T]) -> Iterable[_T]:
    for start in range(0, len(items), MANY // 4):
        yield from items[start : start + MANY // 4]
        pause()


class Work(Generic[_T]):
    """Work that is done in pieces. It may not wait for anything, nor pause within other such work."""

    result: _T
    """What came of it, once it is done."""

    def __init__(self, work: Callable[[], _T]) -> None:
        from greenlet import getcurrent, greenlet  # few gateways ever need it

        self._work = work
        self._getcurrent = getcurrent
        self._greenlet = greenlet(self._do)
        self._abandoned = False

    def _do(self) -> None:
        self.result = self._work()

    def go_on(self) -> bool:
        """Does the next piece; whether that was the last. Raises what the work raises."""
        global _due, _hand_over
        _due, _hand_over = _now() + PIECE, self._rest
        try:
            self._greenlet.switch()
        finally:
            _due, _hand_over = math.inf, _nothing
        return bool(self._greenlet.dead)

    def _rest(self) -> None:
        if self._getcurrent() is not self._greenlet:
            return  # it is another thread that pauses
        self._greenlet.parent.switch()
        if self._abandoned:
            raise Abandoned

    def abandon(self) -> None:
        """Ends the work where it is, unless it is done: nobody needs it any more."""
        self._abandoned = True
        if self._greenlet:  # it has begun
            with contextlib.suppress(Abandoned):
                self.go_on()
