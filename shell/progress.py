"""What happens, and how far it is, where one waits: on a terminal only, and on stderr, so that no pipe gets any of it.

A line that is written over while work goes on and is gone at its end. Work that is done in an instant shows none.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, cast

from argo_addon.printable import printable

_SIGNS = "|/-\\"
_TURN = 0.12
_TELLS_TIME = 2.0
"""Seconds after which it tells how long it has taken."""


class Progress:
    """The line of one piece of work."""

    def __init__(self, what: str, limit: float | None) -> None:
        self._what = what
        self._limit = limit
        self._began = time.monotonic()
        self._over = threading.Event()
        self._writing = threading.Lock()
        self._shown = False
        self._held = False
        self._thread: threading.Thread | None = None
        self._stream = sys.stderr
        if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
            sys.stderr = cast("TextIO", _Above(self))
            self._thread = threading.Thread(target=self._turn, daemon=True)
            self._thread.start()

    def step(self, what: str) -> None:
        """Something else happens now."""
        self._what = what

    def part(self, what: str, done: int, of: int) -> None:
        """How far it is."""
        self._what = f"{what}: {100 * done // max(of, 1)} %"

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Has others write lines meanwhile."""
        with self._writing:
            self._wipe()
            yield
            sys.stdout.flush()

    def hold(self, held: bool) -> None:
        """Shows nothing while others are within a line."""
        self._held = held

    def end(self) -> None:
        """It is over; nothing of the line stays."""
        self._over.set()
        if self._thread is not None:
            sys.stderr = self._stream
            self._thread.join()
            self._wipe()

    def write(self, text: str) -> int:
        """Writes what others say on stderr, such as warnings, above the line."""
        with self._writing:
            self._wipe()
            self._held = not text.endswith("\n")
            return self._stream.write(text)

    def _turn(self) -> None:
        turn = 0
        while not self._over.wait(_TURN):
            with self._writing:
                if not self._held:
                    text = f"{_SIGNS[turn % len(_SIGNS)]} {printable(self._what)}{self._time()}"
                    width = shutil.get_terminal_size().columns - 1
                    self._stream.write(f"\r\x1b[K{text[:width]}")
                    self._stream.flush()
                    self._shown = True
            turn += 1

    def _time(self) -> str:
        seconds = time.monotonic() - self._began
        if self._limit:
            return f", {seconds:.0f} of {self._limit:g} s"
        return f", {seconds:.0f} s" if seconds >= _TELLS_TIME else ""

    def _wipe(self) -> None:
        if self._shown:
            self._shown = False
            self._stream.write("\r\x1b[K")
            self._stream.flush()


class _Above:
    """What stands in for stderr meanwhile."""

    def __init__(self, shown: Progress) -> None:
        self._shown = shown

    def write(self, text: str) -> int:
        return self._shown.write(text) if text else 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._shown._stream, name)


@contextmanager
def progress(what: str, limit: float | None = None) -> Iterator[Progress]:
    """Shows that something takes its time, and what; `limit` is how many seconds it may take at the most."""
    shown = Progress(what, limit)
    try:
        yield shown
    finally:
        shown.end()


@contextmanager
def reading(path: Path) -> Iterator[Callable[[int, int], None]]:
    """Shows how much of a file is read; called with the bytes that are, and all that there are."""
    with progress(f"reading {path.name}") as shown:
        yield lambda done, of: shown.part(f"reading {path.name}", done, of)


def run_shown(words: Sequence[str], what: str) -> int:
    """Runs a program whose words go to the terminal as they come, and shows what it is about while it says none.

    Returns its exit code. Without a terminal its output goes where ours does. Raises FileNotFoundError.
    """
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return subprocess.run(words).returncode
    with (
        progress(what) as shown,
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child,
    ):
        assert child.stdout is not None
        pipe = child.stdout.fileno()
        try:
            while data := os.read(pipe, 65536):
                with shown.aside():
                    sys.stderr.flush()
                    os.write(sys.stderr.fileno(), data)
                shown.hold(not data.endswith(b"\n"))  # it asks something, or says more
        except KeyboardInterrupt:
            child.wait()
            raise
    return child.returncode
