"""`make soak` in short: a few streams for a few seconds, with each fault once, a restart and a kill."""

from __future__ import annotations

import asyncio
from pathlib import Path

from .run import FAULTS, soak


def test_nothing_is_lost_mixed_or_falsely_ended(tmp_path: Path) -> None:
    done = asyncio.run(soak(16, 3 * len(FAULTS), tmp_path))
    assert done.wrong == []
    assert done.faults >= len(FAULTS)
    assert done.calls > 60
    assert done.cut_by_the_kill > 0
