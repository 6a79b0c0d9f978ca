"""Recordings as files: the flows that they hold, the last of which may be half written. It shows nothing.

A flow file is a row of records `LENGTH:BODY}` (tnetstrings), as mitmproxy's FlowWriter makes them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from mitmproxy.exceptions import FlowReadException
from mitmproxy.flow import Flow
from mitmproxy.io import FlowReader

FAILURES = "failures"
"""The folder, within that of the recordings, of the calls that failed; they may stand in a part as well."""
_LENGTH = re.compile(rb"(\d{1,12}):")
_DAMAGE = (FlowReadException, AssertionError, AttributeError, LookupError, TypeError, ValueError)
"""What mitmproxy raises at records that are none of flows; it foresaw the first."""
_HAR = (b"{", b"\xef\xbb\xbf{")


class CannotShow(Exception):
    """There is nothing to look at. Its text is meant for a terminal."""


class Recording:
    """A file of flows, read up to its last whole one, and from there on the next time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def flows(self) -> Iterator[Flow]:
        """The flows that were not given yet.

        Raises CannotShow where the file is not, or no longer, one of flows, and OSError.
        """
        with self._path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size < self._read:  # begun anew
                self._read = 0
            try:
                yield from self._har(file) if _is_har(file) else self._records(file, size)
            except _DAMAGE as error:
                raise CannotShow(f"{self._place()} cannot be read: {str(error).rstrip('.')}") from error

    def has_more(self) -> bool:
        """Whether there are bytes that were not read; half a record counts."""
        return self._path.stat().st_size != self._read

    def cut_off(self) -> str | None:
        """Says so, if the file ends within a record."""
        left = self._path.stat().st_size - self._read
        return f"{self._path} ends within a flow: its last {left:,} bytes are left out" if left > 0 else None

    def _records(self, file: BinaryIO, size: int) -> Iterator[Flow]:
        while self._is_whole(file, size):
            flow = next(iter(FlowReader(file).stream()))
            self._read = file.tell()
            yield flow

    def _is_whole(self, file: BinaryIO, size: int) -> bool:
        file.seek(self._read)
        start = file.read(13)
        file.seek(self._read)
        if (length := _LENGTH.match(start)) is not None:
            return self._read + length.end() + int(length[1]) + len(b"}") <= size
        if start and not (start.isdigit() and len(start) < 13):
            raise CannotShow(f"{self._place()} is neither a flow file nor a HAR file")
        return False

    def _har(self, file: BinaryIO) -> Iterator[Flow]:
        if self._read == 0:
            yield from FlowReader(file).stream()
            self._read = file.tell()

    def _place(self) -> str:
        return f"{self._path}, from byte {self._read:,} on," if self._read else str(self._path)


class Folder:
    """The recordings of a machine: flow files, and those of failures. A flow that stands in several is given once."""

    def __init__(self, path: Path, warn: Callable[[str], None]) -> None:
        self.path = path
        self._warn = warn
        self._recordings: dict[Path, Recording] = {}
        self._given_up: set[Path] = set()
        self._seen: set[str] = set()

    def flows(self) -> Iterator[Flow]:
        """The flows that were not given yet, file by file. What cannot be read is told once, and left out."""
        paths = (*self._files(self.path), *self._files(self.path / FAILURES))
        self._recordings = {path: self._recordings.get(path) or Recording(path) for path in paths}
        for path, recording in self._recordings.items():
            try:
                if recording.has_more():
                    yield from self._new(recording)
            except FileNotFoundError:
                continue  # the oldest are removed
            except (CannotShow, OSError) as error:
                self._given_up.add(path)
                self._warn(f"note: {error}")

    def cut_off(self) -> Iterator[str]:
        """Says of each file that ends within a flow that it does."""
        for path, recording in self._recordings.items():
            if path not in self._given_up and path.exists() and (said := recording.cut_off()):
                yield said

    def _new(self, recording: Recording) -> Iterator[Flow]:
        for flow in recording.flows():
            if flow.id not in self._seen:
                self._seen.add(flow.id)
                yield flow

    def _files(self, folder: Path) -> list[Path]:
        try:
            found = sorted(folder / name for name in os.listdir(folder) if name.endswith(".flow"))
        except FileNotFoundError:
            return []
        except OSError as error:
            if folder not in self._given_up:
                self._given_up.add(folder)
                self._warn(f"note: {error}")
            return []
        return [path for path in found if path not in self._given_up]


def in_file(path: Path, warn: Callable[[str], None]) -> list[Flow]:
    """The flows of one file; what is cut off or damaged at its end is told. Raises CannotShow if there is none."""
    recording, found = Recording(path), list[Flow]()
    try:
        found.extend(recording.flows())
        problem = recording.cut_off()
    except OSError as error:
        raise CannotShow(f"{path} cannot be read: {error.strerror}") from error
    except CannotShow as error:
        problem = str(error)
    if not found:
        raise CannotShow(problem or f"{path} holds no recorded calls")
    if problem:
        warn(f"note: {problem}")
    return found


def _is_har(file: BinaryIO) -> bool:
    start = file.read(4)
    file.seek(0)
    return start.startswith(_HAR)
