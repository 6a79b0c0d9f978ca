"""Long work in pieces: it comes to the same, lets others go on between, and leaves nothing behind."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable

import pytest

from argo_addon import pieces
from argo_addon.pieces import MANY, Work, in_pieces, pause

ITEMS = list(range(3 * MANY))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work pauses wherever it may."""
    monkeypatch.setattr(pieces, "PIECE", 0.0)


def done(work: Work[int]) -> int:
    """Does work to its end; into how many pieces it fell."""
    count = 1
    while not work.go_on():
        count += 1
    return count


def test_work_falls_into_pieces_and_comes_to_the_same() -> None:
    work = Work(lambda: sum(in_pieces(ITEMS)))
    assert done(work) > len(ITEMS) // MANY
    assert work.result == sum(ITEMS)


def test_what_is_not_done_in_pieces_does_not_pause() -> None:
    pause()
    assert list(in_pieces(ITEMS)) == ITEMS
    few = ITEMS[: MANY - 1]
    assert in_pieces(few) is few


def test_other_work_may_be_done_between_the_pieces() -> None:
    first, second = Work(lambda: sum(in_pieces(ITEMS))), Work(lambda: len(list(in_pieces(ITEMS))))
    ended = [False, False]
    while not all(ended):
        assert sum(in_pieces(ITEMS)) == sum(ITEMS)  # at once
        for number, work in enumerate((first, second)):
            ended[number] = ended[number] or work.go_on()
    assert (first.result, second.result) == (sum(ITEMS), len(ITEMS))


def test_a_fault_comes_out_of_the_piece_that_it_is_in() -> None:
    def work() -> int:
        pause()
        raise ValueError("it is at fault")

    failing = Work(work)
    assert not failing.go_on()
    with pytest.raises(ValueError, match="it is at fault"):
        failing.go_on()
    failing.abandon()


def test_abandoned_work_ends_where_it_is_and_puts_away_what_it_has() -> None:
    put_away: list[str] = []
    held: list[weakref.ref[set[int]]] = []

    def work() -> int:
        body = {1}
        held.append(weakref.ref(body))
        try:
            pause()
            put_away.append("went on")
            return len(body)
        except Exception:  # no fault of the work's
            put_away.append("failed")
            raise
        finally:
            put_away.append("put away")

    gc.disable()
    try:
        under_way: Work[int] | None = Work(work)
        assert under_way is not None
        assert not under_way.go_on()
        under_way.abandon()
        under_way = None
        assert put_away == ["put away"]
        assert held[0]() is None
    finally:
        gc.enable()
    unbegun = Work(work)
    unbegun.abandon()
    assert len(held) == 1


def test_what_another_thread_does_meanwhile_does_not_pause() -> None:
    """The recorder's, for one, which unpacks the same bodies."""
    told: list[int] = []
    run: Callable[[], None] = lambda: told.append(sum(in_pieces(ITEMS)))  # noqa: E731

    def work() -> int:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join(20)
        return len(told)

    assert done(Work(work)) == 1
    assert told == [sum(ITEMS)]
