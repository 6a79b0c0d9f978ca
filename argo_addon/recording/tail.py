"""Recordings as they grow: the flows of a file or of folders, and later those that came since. It shows nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from mitmproxy.exceptions import FlowReadException
from mitmproxy.flow import Flow

from .flow_files import Unreadable, whole_end
from .index import FOLDERS

DAMAGE = (FlowReadException, AssertionError, AttributeError, LookupError, TypeError, ValueError)
"""What mitmproxy raises at records that are none of flows; it foresaw the first."""
_HAR = (b"{", b"\xef\xbb\xbf{")


Read = Callable[[int, int], None]
"""Hears how many bytes are read, and how many there are."""
_TOLD = 50
"""Flows after which that is told."""


def _unheard(done: int, of: int) -> None:
    pass


class Recording:
    """A file of flows, read up to its last whole one, and from there on the next time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def flows(self) -> Iterator[Flow]:
        """The flows that were not given yet. Raises Unreadable where the file is not, or no longer, one of flows."""
        try:
            with self._path.open("rb") as file:
                if os.fstat(file.fileno()).st_size < self._read:  # begun anew
                    self._read = 0
                yield from self._har(file) if file.read(4).startswith(_HAR) else self._records(file)
        except OSError as error:
            raise Unreadable(f"{self._path} cannot be read: {error.strerror or error}") from error
        except DAMAGE as error:
            place = f", from byte {self._read:,} on," if self._read else ""
            raise Unreadable(f"{self._path}{place} cannot be read: {str(error).rstrip('.')}") from error

    @property
    def place(self) -> int:
        """The bytes that are read."""
        return self._read

    def skip(self) -> None:
        """Takes all whole flows for read."""
        with suppress(OSError), self._path.open("rb") as file:
            self._read = whole_end(file)

    def has_more(self) -> bool:
        """Whether there are bytes that were not read; half a record counts. Raises OSError."""
        return self._path.stat().st_size != self._read

    def torn(self) -> str | None:
        """Says so, if what the file ends with is no whole flow. Raises OSError."""
        left = self._path.stat().st_size - self._read
        return f"{self._path} ends within a flow: its last {left:,} bytes are left out" if left > 0 else None

    def _records(self, file: BinaryIO) -> Iterator[Flow]:
        end = whole_end(file, self._read)
        file.seek(self._read)
        if self._read == end == 0 and not file.read(1).isdigit() and self.has_more():
            raise Unreadable(f"{self._path} is neither a flow file nor a HAR file")
        from mitmproxy.io import FlowReader  # not at the top: who reads one call does without, and is faster

        while self._read < end:
            flow = next(iter(FlowReader(file).stream()))
            self._read = file.tell()
            yield flow

    def _har(self, file: BinaryIO) -> Iterator[Flow]:
        from mitmproxy.io import FlowReader

        if self._read == 0:
            file.seek(0)
            yield from FlowReader(file).stream()
            self._read = file.tell()


class TailedFolders:
    """The recordings of a machine: flow files, and those of failures. A flow that stands in several is given once."""

    def __init__(self, paths: Sequence[Path], warn: Callable[[str], None]) -> None:
        self._paths = [folder for path in paths for folder in (path / name for name in FOLDERS)]
        self._warn = warn
        self._recordings: dict[Path, Recording] = {}
        self._given_up: set[Path] = set()
        self._seen: set[str] = set()

    def flows(self) -> Iterator[Flow]:
        """The flows that were not given yet, file by file. What cannot be read is told once, and left out."""
        paths = [path for folder in self._paths for path in self._files(folder)]
        self._recordings = {path: self._recordings.get(path) or Recording(path) for path in paths}
        for path, recording in self._recordings.items():
            try:
                if recording.has_more():
                    yield from self._new(recording)
            except FileNotFoundError:
                continue  # the oldest are removed
            except (Unreadable, OSError) as error:
                if path.exists():
                    self._give_up(path, error)

    def skip(self) -> None:
        """Takes what is there for read: only what comes later is given."""
        self._recordings = {path: Recording(path) for folder in self._paths for path in self._files(folder)}
        for recording in self._recordings.values():
            recording.skip()

    def torn(self) -> Iterator[str]:
        """Says of each file that ends within a flow that it does."""
        for path, recording in self._recordings.items():
            if path not in self._given_up and path.exists() and (said := recording.torn()):
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
            self._give_up(folder, error)
            return []
        return [path for path in found if path not in self._given_up]

    def _give_up(self, path: Path, problem: Exception) -> None:
        if path not in self._given_up:
            self._given_up.add(path)
            self._warn(f"note: {problem}")


def in_file(path: Path, warn: Callable[[str], None], read: Read = _unheard) -> list[Flow]:
    """The flows of one file; what is torn or damaged at its end is told, and `read` how far it is.

    Raises Unreadable if there is none.
    """
    recording, found = Recording(path), list[Flow]()
    try:
        for number, flow in enumerate(recording.flows()):
            found.append(flow)
            if number % _TOLD == 0:
                read(recording.place, path.stat().st_size)
        problem = recording.torn()
    except Unreadable as error:
        problem = str(error)
    if not found:
        raise Unreadable(problem or f"{path} holds no recorded calls")
    if problem:
        warn(f"note: {problem}")
    return found
