"""The index of recordings beside what is written, and beside what is damaged."""

from __future__ import annotations

import io
from pathlib import Path

from argo_addon.recording import flow_files, index
from argo_addon.recording.metadata import ExchangeMetadata
from argo_addon.recording.recorded_exchange import scanned

from ..proxy.talking import CHAT, CHAT_STREAM, events
from ..running import streamed
from .recorded import Start


def _recorded(start: Start, count: int) -> tuple[Path, Path]:
    """A folder with so many exchanges, and the file that they are in."""
    made = start()
    made.argo.answer = lambda seen: streamed(*events(CHAT_STREAM))
    for _ in range(count):
        made.client.post("/v1/chat/completions", json=CHAT)
    assert len(made.found()) == count
    [path] = made.folder.glob("*.flow")
    return made.folder, path


def test_an_exchange_that_is_half_written_is_not_noted_as_it_is(start: Start, tmp_path: Path) -> None:
    folder, path = _recorded(start, 2)
    one, two = sorted(index.noted(folder).values(), key=lambda entry: entry.start)
    first, second = path.read_bytes()[: one.size], path.read_bytes()[two.start :]
    half = next(flow_files.record_ends(io.BytesIO(second)))
    parts = flow_files.Parts(tmp_path / "other")
    try:
        parts.add(first)
        [part] = parts.folder.glob("*.flow")
        with part.open("ab") as file:  # as a reader may see what is being written
            file.write(second[: half + 7])
        assert len(index.entries_in(parts.folder, scanned)) == 2
        with part.open("ab") as file:
            file.write(second[half + 7 :])
        told: list[str] = []
        found = index.entries_in(parts.folder, scanned, told.append)
    finally:
        parts.close()
    assert [found.entry.size for found in found] == [len(first), len(second)]
    assert not told


def test_what_cannot_be_read_is_told_each_time_and_looked_at_once(start: Start) -> None:
    folder, path = _recorded(start, 3)
    data = path.read_bytes()
    one, two, _ = sorted(index.noted(folder).values(), key=lambda entry: entry.start)
    place = two.start + 9
    path.write_bytes(data[:place] + b"\0" * 40 + data[place + 40 :])
    (folder / index.NAME).unlink()
    looked: list[Path] = []

    def scan(path: Path, start: int) -> list[tuple[int, int, float, ExchangeMetadata, str]]:
        looked.append(path)
        return list(scanned(path, start))

    for _ in range(3):
        told: list[str] = []
        assert one.meta.number in [found.meta.number for found in index.entries_in(folder, scan, told.append)]
        [note] = told
        assert f"{two.size:,} bytes" in note
    assert looked == [path]
    assert len((folder / index.NAME).read_bytes().splitlines()) == 3
