"""The files that exchanges are recorded in: mitmproxy's own, in parts of limited size.

A record is written in one write; one that was cut off makes all behind it unreadable, so a torn end is cut off before
anything is added. It knows records as bytes, and nothing of what they hold; following.py reads them.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ..locks import locked

PART_BYTES = 64_000_000
"""Bytes after which a new part begins."""
PART_COUNT = 1000
"""Exchanges after which a new part begins."""
TOTAL_BYTES = 1_000_000_000
"""Bytes of all parts of a folder; the oldest go first."""
MOST_FAILURES = 100
FAILURES_BYTES = 300_000_000
"""Bytes of all recorded failures; the oldest go first."""
_ABANDONED = 60.0
"""Seconds after which a draft is nobody's."""
_LONGEST_LENGTH = 12
"""Digits of a record's length."""


class Unreadable(Exception):
    """A file that holds no recording. Its text names the file."""


class Parts:
    """The parts of a recording in a folder, one of which this process writes. Raises OSError in all its methods."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file: BinaryIO | None = None
        self._size = self._count = self._begun = 0
        self._name = ""

    def add(self, records: bytes) -> tuple[str, int]:
        """Writes an exchange's records, all of them or none; returns the part's name and where they begin in it."""
        full = self._size + len(records) > PART_BYTES or self._count >= PART_COUNT
        if self._file is None or full or not os.fstat(self._file.fileno()).st_nlink:  # somebody may have removed it
            self._begin(len(records))
        assert self._file is not None
        try:
            _write_whole(self._file.fileno(), records)
        except OSError:
            os.ftruncate(self._file.fileno(), self._size)
            raise
        start, self._size = self._size, self._size + len(records)
        self._count += 1
        return self._name, start

    def close(self) -> None:
        """Ends the part that is written; the next exchange begins another."""
        if self._file is not None:
            self._file.close()
        self._file = None

    def _begin(self, size: int) -> None:
        self.close()
        make_folder(self.folder)
        mend(self.folder)
        _keep_below(_parts_in(self.folder), TOTAL_BYTES - max(size, PART_BYTES))
        # Names are in the order of what is in them, also where the clock was set back: the oldest go first.
        name = time.strftime("%Y%m%d-%H%M%S")
        before, count = max((_begun_at(path) for path in _parts_in(self.folder)), default=("", 0))
        if before >= name:
            name, self._begun = before, max(self._begun, count + 1)
        while self._file is None:
            path = self.folder / f"{name}-{self._begun:04}.flow"
            self._begun += 1
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            except FileExistsError:
                continue
            self._name = path.name
            self._file = os.fdopen(descriptor, "ab", buffering=0)
        locked(self._file.fileno())
        self._size = self._count = 0


def add_failure(folder: Path, number: int, records: bytes) -> str:
    """Keeps a failed exchange in a file of its own, and the last hundred of them; returns its name. Raises OSError."""
    path = write_alone(folder, number, records)
    kept = sorted(folder.glob("*.flow"))
    for old in kept[:-MOST_FAILURES]:
        old.unlink(missing_ok=True)
    _keep_below(kept[-MOST_FAILURES:], FAILURES_BYTES)
    return path.name


def write_alone(folder: Path, number: int, records: bytes) -> Path:
    """Writes an exchange into a file of its own. Raises OSError."""
    make_folder(folder)
    path = folder / f"{number:06}.flow"
    draft = path.with_suffix(f".{os.getpid()}.draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        _write_whole(descriptor, records)
        os.replace(draft, path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
    return path


def next_number(folder: Path) -> int:
    """The next exchange's number, one for each over all processes that record here. Raises OSError."""
    make_folder(folder)
    descriptor = os.open(folder / "number", os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        locked(file.fileno(), wait=True)
        told = file.read(20) or b""
        number = int(told) + 1 if told.strip().isdigit() else 1
        file.seek(0)
        file.write(b"%d\n" % number)
    return number


def make_folder(folder: Path) -> None:
    """Makes a folder that is its owner's alone. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _write_whole(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _parts_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.flow") if path.is_file())


_PART = re.compile(r"(\d{8}-\d{6})-(\d{4,})\Z")


def _begun_at(path: Path) -> tuple[str, int]:
    """When a part was begun and which it was, as its name says; nothing for others' files."""
    named = _PART.match(path.stem)
    return ("", 0) if named is None else (named[1], int(named[2]))


def _keep_below(paths: list[Path], limit: int) -> None:
    """Removes the oldest files until the others are within the limit; the one that is written stays."""
    sizes = {path: path.stat().st_size for path in paths if path.exists()}
    total = sum(sizes.values())
    for path, size in sizes.items():
        if total <= limit:
            return
        path.unlink(missing_ok=True)
        total -= size


# What a crash leaves behind


def whole_end(file: BinaryIO, start: int = 0) -> int:
    """Where the last whole record of a file ends, seen from a place where one begins."""
    return max(record_ends(file, start), default=start)


def record_ends(file: BinaryIO, start: int = 0) -> Iterator[int]:
    """Where records end, from a place on where one begins, as their lengths tell; what is in them is not looked at."""
    size = file.seek(0, os.SEEK_END)
    place = start
    while True:
        file.seek(place)
        digits, colon, _ = file.read(_LONGEST_LENGTH + 1).partition(b":")
        if not colon or not digits.isdigit():
            return
        end = place + len(digits) + 1 + int(digits) + 1
        if end > size:
            return
        file.seek(end - 1)
        if file.read(1) != b"}":
            return
        yield end
        place = end


def cut_torn_end(path: Path) -> int:
    """Cuts off what a crash left of a record at a part's end; one that is being written is left alone.

    Returns how many bytes went. Raises OSError.
    """
    with path.open("r+b") as file:
        if not locked(file.fileno()):
            return 0
        end = whole_end(file)
        torn = file.seek(0, os.SEEK_END) - end
        if torn:
            file.truncate(end)
        return torn


def mend(folder: Path) -> None:
    """Puts a folder in order after a crash: torn ends are cut off, drafts that nobody writes any more go.

    Raises OSError.
    """
    for path in _parts_in(folder):
        cut_torn_end(path)
    for draft in folder.glob("*.draft"):
        if time.time() - draft.stat().st_mtime > _ABANDONED:
            draft.unlink(missing_ok=True)
