"""What of a recording is damaged is told, and what stands around it is found, with an index and without."""

from __future__ import annotations

from pathlib import Path

import pytest

from argo_addon.recording import index
from argo_addon.recording.explain import explanation
from argo_addon.recording.flow_files import Unreadable
from argo_addon.recording.recorded_exchange import at, scanned

from ..proxy.talking import CHAT, CHAT_STREAM, events
from ..running import streamed
from .recorded import Start


def _recorded(start: Start) -> tuple[Path, list[index.Found]]:
    made = start()
    made.argo.answer = lambda seen: streamed(*events(CHAT_STREAM))
    for _ in range(4):
        made.client.post("/v1/chat/completions", json=CHAT)
    made.found()
    return made.folder, index.newest([made.folder], scanned)[::-1]


def test_a_damaged_exchange_is_told_and_what_stands_behind_it_is_found(start: Start) -> None:
    folder, found = _recorded(start)
    damaged = found[1]
    part = damaged.path
    data = bytearray(part.read_bytes())
    data[damaged.entry.start + 40 : damaged.entry.start + 70] = b"\xff" * 30
    part.write_bytes(data)
    with pytest.raises(Unreadable, match=rf"from byte {damaged.entry.start:,} on, cannot be read: [^.]*\Z"):
        at(part, damaged.entry.start, damaged.entry.size)
    (folder / "index.jsonl").unlink()
    for _ in range(2):  # a second time, with what the index has now
        told: list[str] = []
        left = index.newest([folder], scanned, told.append)[::-1]
        assert [one.meta.number for one in left] == [1, 3, 4]
        assert f"{damaged.entry.size:,} bytes of {part} cannot be read" in " ".join(told)
        assert "Chat" in explanation(at(left[1].path, left[1].entry.start, left[1].entry.size))


def test_a_file_that_is_cut_anywhere_gives_what_is_whole_before(start: Start) -> None:
    folder, found = _recorded(start)
    part = found[0].path
    whole = part.read_bytes()
    for size in range(0, len(whole), 977):
        part.write_bytes(whole[:size])
        (folder / "index.jsonl").unlink(missing_ok=True)
        numbers = [one.meta.number for one in index.newest([folder], scanned)[::-1]]
        begun = [one.meta.number for one in found if one.entry.start < size]
        ended = [one.meta.number for one in found if one.entry.start + one.entry.size <= size]
        assert numbers in (ended, begun), "its client's side alone may be whole"
