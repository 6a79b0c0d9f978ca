"""The guard of `make instructions` tells what has become dearer, and nothing of what has not."""

from __future__ import annotations

import pytest

from tests.benchmarks.instructions import misfits


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (1.0, ""),
        (1.09, ""),
        (1.11, "read: +11.0%"),
        (0.92, ""),
        (0.5, "read: -50.0%, which is to be kept"),
    ],
)
def test_a_tenth_more_is_told(found: float, told: str) -> None:
    assert "\n".join(misfits({"read": found}, {"read": 1.0})) == told


def test_a_work_without_a_count_is_told_and_so_is_a_count_without_a_work() -> None:
    assert misfits({"read": 1.0}, {"write": 1.0}) == ["read: not kept yet", "write: kept, but not there"]
