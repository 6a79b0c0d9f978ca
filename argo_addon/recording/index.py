"""What stands where in the files of recordings, beside them: so that ten thousand exchanges are listed at once.

A line for each exchange, written with it. It is no more than a memory: what of a file it does not tell is read from the
file and noted, lines about files that are gone count for nothing, and it may be removed at any time. It is read without
mitmproxy, which takes long to load.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from ..errors import UNREADABLE
from ..locks import locked
from .flow_files import make_folder, record_ends, whole_end
from .metadata import ExchangeMetadata

NAME = "index.jsonl"
FOLDERS = ("", "failures", "kept")
"""Where recordings are, below a folder of them."""
_MOST_FOLDERS = 20
_LARGEST = 32_000_000
"""Bytes after which lines about what is gone are taken out."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An exchange: `file` is relative to the index's folder, `start` and `size` are bytes in it.

    `started` is in seconds since 1970; `times` says how often the same failure came, `last` when it last did.
    """

    file: str
    start: int
    size: int
    started: float
    meta: ExchangeMetadata
    dialects: str = ""
    times: int = 1
    last: float = 0.0


class Found(msgspec.Struct, frozen=True, gc=False):
    """An entry, and the file where its exchange stands."""

    path: Path
    entry: Entry

    @property
    def meta(self) -> ExchangeMetadata:
        return self.entry.meta


Scan = Callable[[Path, int], Iterable[tuple[int, int, float, ExchangeMetadata, str]]]
"""Reads a file from a place on: start, size, time, facts and dialects of each whole exchange. It may load mitmproxy."""

Warn = Callable[[str], None]
"""Hears a sentence for a terminal."""


def _unheard(said: str) -> None:
    pass


_encode = msgspec.json.Encoder().encode
_LINES = msgspec.json.Decoder(Entry)


def add(folder: Path, *entries: Entry) -> None:
    """Notes entries, in one write. Raises OSError."""
    make_folder(folder)
    data = b"".join(_encode(entry) + b"\n" for entry in entries)
    descriptor = os.open(folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, data)
    finally:
        os.close(descriptor)


def noted(folder: Path) -> dict[tuple[str, int], Entry]:
    """What the index says, by file and place; a line that cannot be read is left out."""
    try:
        data = (folder / NAME).read_bytes()
    except OSError:
        return {}
    try:
        entries = _LINES.decode_lines(data)
    except UNREADABLE:
        entries = [entry for entry in map(_readable, data.split(b"\n")) if entry is not None]
    return {(entry.file, entry.start): entry for entry in entries}


def entries_in(folder: Path, scan: Scan, warn: Warn = _unheard) -> list[Found]:
    """All exchanges of a folder; what the index does not tell is read by `scan`, and noted.

    `warn` hears of files of which something cannot be read, and is left out.
    """
    known: dict[str, dict[int, Entry]] = {}
    for entry in noted(folder).values():
        known.setdefault(entry.file, {})[entry.start] = entry
    found: list[Found] = []
    missing: list[Entry] = []
    for path in _files(folder):
        name = str(path.relative_to(folder))
        try:
            size = path.stat().st_size
        except OSError:
            continue
        told = _told(path, size, known.get(name, {}))
        covered = told[-1].start + told[-1].size if told else 0
        if covered < size and _has_more(path, covered):
            more = _without_gap(
                name,
                covered,
                _whole(path),
                (
                    Entry(file=name, start=start, size=length, started=started, meta=meta, dialects=dialects)
                    for start, length, started, meta, dialects in scan(path, covered)
                ),
            )
            if not _is_written(path):  # else half of an exchange may be there, and its writer notes it
                missing += more
            told += more
        if left_out := sum(entry.size for entry in told if entry.meta == _NONE):
            warn(f"note: {left_out:,} bytes of {path} cannot be read, and what was recorded there is left out")
        found += [Found(path, entry) for entry in told if entry.meta != _NONE]
    if missing:
        _note(folder, missing)
    return found


def told_of(folders: Sequence[Path], number: int) -> Found | None:
    """The newest exchange of a number, as far as indexes tell, which may be wrong about changed files."""
    told: list[Found] = []
    for folder in folders:
        try:
            data = (folder / NAME).read_bytes()
        except OSError:
            continue
        for place in re.finditer(rb'"number":%d[,}]' % number, data):
            entry = _readable(_line_at(data, place.start()))
            if entry is not None and entry.meta.number == number and (folder / entry.file).is_file():
                told.append(Found(folder / entry.file, entry))
    return max(told, key=lambda found: found.entry.started, default=None)


def _line_at(data: bytes, place: int) -> bytes:
    start, end = data.rfind(b"\n", 0, place) + 1, data.find(b"\n", place)
    return data[start : end if end >= 0 else len(data)]


def _readable(line: bytes) -> Entry | None:
    try:
        return _LINES.decode(line)
    except UNREADABLE:  # torn, or of another version
        return None


def _has_more(path: Path, covered: int) -> bool:
    """Whether there is a whole record behind a place."""
    return _whole(path, covered) > covered


def _whole(path: Path, start: int = 0) -> int:
    """Where a file's last whole record ends, seen from a place where one begins."""
    try:
        with path.open("rb") as file:
            return whole_end(file, start)
    except OSError:
        return start


def _told(path: Path, size: int, known: Mapping[int, Entry]) -> list[Entry]:
    """What is known of a file from its begin on, without a gap; nothing if another stands in its place meanwhile."""
    told: list[Entry] = []
    place = 0
    while (entry := known.get(place)) is not None and 0 < entry.size <= size - place:
        told.append(entry)
        place += entry.size
    return told if told and _ends_at(path, told[-1].start, place) else []


def _without_gap(name: str, start: int, end: int, entries: Iterable[Entry]) -> list[Entry]:
    """The entries of a part of a file, and between them such that say that nothing can be read there."""
    made: list[Entry] = []
    for entry in entries:
        if entry.start > start:
            made.append(Entry(file=name, start=start, size=entry.start - start, started=0.0, meta=_NONE))
        made.append(entry)
        start = entry.start + entry.size
    if end > start:
        made.append(Entry(file=name, start=start, size=end - start, started=0.0, meta=_NONE))
    return made


_NONE = ExchangeMetadata(exchange="", tool="", client="", status=0, outcome="", total_ms=0, version="")
"""What is known of bytes that cannot be read."""


def _is_written(path: Path) -> bool:
    """Whether a gateway writes a file at the moment."""
    try:
        with path.open("rb") as file:
            return not locked(file.fileno(), shared=True)
    except OSError:
        return False


def _ends_at(path: Path, start: int, end: int) -> bool:
    """Whether a record of a file ends there, seen from a place where one begins."""
    try:
        with path.open("rb") as file:
            return next((one for one in record_ends(file, start) if one >= end), None) == end
    except OSError:
        return False


def _note(folder: Path, entries: Sequence[Entry]) -> None:
    try:
        add(folder, *entries)
    except OSError:  # the recordings of others, or a full disk: it takes as long the next time
        return


def compact(folder: Path) -> None:
    """Takes out what is said of files that are gone, once it is much. Raises OSError."""
    path = folder / NAME
    if not path.exists() or path.stat().st_size < _LARGEST:
        return
    there = {str(file.relative_to(folder)) for file in _files(folder)}
    draft = path.with_suffix(f".{os.getpid()}.draft")
    kept = b"".join(_encode(entry) + b"\n" for entry in noted(folder).values() if entry.file in there)
    draft.write_bytes(kept)
    draft.chmod(0o600)
    os.replace(draft, path)


def _files(folder: Path) -> list[Path]:
    found: list[Path] = []
    for name in FOLDERS:
        below = folder / name if name else folder
        try:
            found += sorted(below / entry for entry in os.listdir(below) if entry.endswith(".flow"))
        except OSError:
            continue
    return found


def newest(folders: Sequence[Path], scan: Scan, warn: Warn = _unheard) -> list[Found]:
    """The exchanges of these folders, each once, the newest first; `warn` hears of what cannot be read."""
    by_exchange: dict[str, Found] = {}
    for folder in folders:
        for found in entries_in(folder, scan, warn):
            other = by_exchange.get(found.meta.exchange)
            if other is None or other.entry.times < found.entry.times:
                by_exchange[found.meta.exchange] = found
    return _counted_once(sorted(by_exchange.values(), key=lambda found: found.entry.started))[::-1]


def _counted_once(found: list[Found]) -> list[Found]:
    """Exchanges, the oldest first; what is recorded by itself is no longer counted with the failure that it equals."""
    first: dict[str, int] = {}
    for place, one in enumerate(found):
        failure, times = one.meta.failure, one.entry.times
        if not failure:
            continue
        if times > 1 or failure not in first:
            first[failure] = place
            continue
        before = found[first[failure]]
        if before.entry.times > 1:
            entry = msgspec.structs.replace(before.entry, times=before.entry.times - 1)
            found[first[failure]] = Found(before.path, entry)
    return found


def joined(found: Iterable[Found]) -> list[Found]:
    """The same with equal failures as one, where the first of them stood: `times` counts them."""
    made: list[Found] = []
    first: dict[str, int] = {}
    for one in sorted(found, key=lambda one: one.entry.started):
        place = first.get(one.meta.failure) if one.meta.failure else None
        if place is None:
            if one.meta.failure:
                first[one.meta.failure] = len(made)
            made.append(one)
            continue
        before = made[place].entry
        times = before.times + one.entry.times
        last = max(before.last, one.entry.last, one.entry.started)
        made[place] = Found(made[place].path, msgspec.structs.replace(before, times=times, last=last))
    return sorted(made, key=lambda one: one.entry.last or one.entry.started, reverse=True)


def note_folder(state: Path, folder: Path) -> None:
    """Remembers that recordings went to another folder, so that they are found when nothing runs. Raises OSError."""
    known = other_folders(state)
    folder = folder.absolute()
    if folder == state.absolute() or folder in known:
        return
    make_folder(state)
    lines = "".join(f"{path}\n" for path in (*known[-_MOST_FOLDERS:], folder))
    draft = state / f"folders.{os.getpid()}.draft"
    draft.write_text(lines, errors="surrogateescape")
    os.replace(draft, state / "folders")


def other_folders(state: Path) -> list[Path]:
    """Where recordings went besides, as far as those folders are there."""
    try:
        lines = (state / "folders").read_text(errors="surrogateescape").splitlines()
    except OSError:
        return []
    return [path for path in map(Path, lines) if path.is_dir()]


def since(text: str, now: float | None = None) -> float | None:
    """The time that a word like `90m`, `2h`, `3d` or a date means, in seconds since 1970; None if it means none."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
    if text[-1:] in units and text[:-1].isascii() and text[:-1].isdigit():
        return (time.time() if now is None else now) - int(text[:-1]) * units[text[-1]]
    for form in ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"):
        try:
            return time.mktime(time.strptime(text, form))
        except ValueError:
            continue
    return None
