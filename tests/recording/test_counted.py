"""Equal failures are counted as often as they came, whether each is recorded or the first alone."""

from __future__ import annotations

import pytest

from argo_addon.recording import index, sums
from argo_addon.recording.recorded_exchange import scanned

from ..proxy.talking import CHAT, CHAT_STREAM, events
from ..running import streamed
from .recorded import Start


@pytest.mark.parametrize(
    "switched", [(True,) * 4, (False,) * 4, (False, False, True, True), (True, True, False, False)]
)
def test_equal_failures_are_counted_once_each(start: Start, switched: tuple[bool, ...]) -> None:
    made = start(everything=True)
    made.argo.answer = lambda seen: streamed(*events(CHAT_STREAM))
    made.client.post("/v1/chat/completions", json=CHAT)
    for on in switched:
        made.running.addon.recorder.switch(on)
        assert made.client.post("/v1/chat/completions", json={**CHAT, "model": "none"}).status_code == 404
    made.found()
    found = index.newest([made.folder], scanned)
    rows = index.joined(found)
    assert sorted(one.entry.times for one in rows) == [1, len(switched)]
    [total] = sums.by(found, "tool")
    assert (total["calls"], total["failed"]) == (1 + len(switched), len(switched))
    assert sum(one.entry.times for one in found) == 1 + len(switched)
