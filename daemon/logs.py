"""The daemon's log: written in parts of limited size, and read from its end.

A log that cannot be written (a full disk) never disturbs the gateway.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import BinaryIO

from argo_addon.printable import printable
from argo_addon.redaction import redacted

PART = 10_000_000
"""Bytes after which a new part begins."""
OLDER_PARTS = 4
NOTICE = 25
"""The level of what a quiet log tells too, though nothing is wrong."""
_FORMAT = "%(asctime)s %(levelname)-7s %(message)s"
_BLOCK = 65536
_LONGEST_HALF = 5000
"""Characters of either end of what is logged; a traceback is some thousand."""


class SafeFormatter(logging.Formatter):
    """Lines of the log, without what looks like a credential: an upstream's error may repeat one.

    Nor can what somebody else wrote command the terminal that shows it, or look like a line of its own.
    """

    def __init__(self) -> None:
        super().__init__(_FORMAT)

    def format(self, record: logging.LogRecord) -> str:
        return printable(redacted(_bounded(super().format(record))))

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = record.message.replace("\n", "\n    ")
        return super().formatMessage(record)


class JsonFormatter(logging.Formatter):
    """Lines of the log as JSON, all ASCII and without credentials: time, level, message, and the facts of a call."""

    def format(self, record: logging.LogRecord) -> str:
        told = {"time": self.formatTime(record), "level": record.levelname, "message": record.getMessage()}
        told |= getattr(record, "call", {})
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        texts = {name: redacted(_bounded(one)) for name, one in told.items() if isinstance(one, str)}
        return json.dumps({**told, **texts})


def _bounded(text: str) -> str:
    """What is logged, as far as it is worth it: what others wrote must not fill the log."""
    left_out = len(text) - 2 * _LONGEST_HALF
    if left_out <= 0:
        return text
    return f"{text[:_LONGEST_HALF]} [{left_out} more characters] {text[-_LONGEST_HALF:]}"


def formatter(form: str) -> logging.Formatter:
    """The formatter of the lines that `log_format` wants: text or json."""
    return JsonFormatter() if form == "json" else SafeFormatter()


class LogFile(RotatingFileHandler):
    """The rotating log; what goes wrong with it is kept in `problem` and told once it can be.

    It is opened with the first line, and again with each while that fails: a folder may be made writable later.
    """

    def __init__(self, path: str, form: str = "text") -> None:
        super().__init__(
            path, maxBytes=PART, backupCount=OLDER_PARTS, encoding="utf-8", errors="backslashreplace", delay=True
        )
        self.setFormatter(formatter(form))
        self.problem = ""

    def _open(self) -> TextIOWrapper:
        """Each part is its owner's alone."""
        Path(self.baseFilename).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = open(  # noqa: SIM115 - the handler closes it
            self.baseFilename, self.mode, encoding=self.encoding, errors=self.errors, opener=_private
        )
        assert isinstance(file, TextIOWrapper)  # it is opened as text
        return file

    def handleError(self, record: logging.LogRecord) -> None:
        """Remembers why the log cannot be written; printing a traceback for each line would help nobody."""
        error = sys.exc_info()[1]
        self.problem = error.strerror or str(error) if isinstance(error, OSError) else repr(error)


def set_up(handler: logging.Handler, *, verbose: bool) -> None:
    """Has everything logged by this handler."""
    logging.addLevelName(NOTICE, "NOTICE")
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO if verbose else logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)


def tail(path: str, count: int) -> list[bytes]:
    """The last `count` lines of a log, its older parts included, each with its line end. Raises OSError."""
    lines: list[bytes] = []
    for part in (path, *(f"{path}.{number}" for number in range(1, OLDER_PARTS + 1))):
        if len(lines) >= count:
            break
        try:
            lines = _last(part, count - len(lines)) + lines
        except FileNotFoundError:
            if part == path:
                raise
            break
    return lines


LEVELS = {"debug": 10, "info": 20, "notice": NOTICE, "warning": 30, "error": 40, "critical": 50}
"""What a line may be, by what it weighs."""
_HEAD = re.compile(rb'(?:\{"time": ")?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(\d{3})(?:", "level": "| )([A-Z]+)[ "]')


class Chosen:
    """Chooses lines by when they were written (seconds since 1970), and by what they weigh at least.

    A line without a time, as of a traceback, goes with the one before it.
    """

    def __init__(self, since: float, level: int) -> None:
        self._since = since
        self._level = level
        self._is_chosen = since <= 0 and level <= 0

    def __call__(self, line: bytes) -> bool:
        """Whether the next line is chosen."""
        if (head := _HEAD.match(line)) is not None:
            at = time.mktime(time.strptime(head[1].decode(), "%Y-%m-%d %H:%M:%S")) + int(head[2]) / 1000
            weight = LEVELS.get(head[3].decode().lower(), NOTICE)
            self._is_chosen = at >= self._since and weight >= self._level
        return self._is_chosen


def lines_of(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Pieces of a log as whole lines."""
    begun = b""
    for piece in pieces:
        *whole, begun = (begun + piece).split(b"\n")
        for line in whole:
            yield line + b"\n"
    if begun:
        yield begun


def _last(path: str, count: int) -> list[bytes]:
    """The last lines of one file, read from its end."""
    with open(path, "rb") as file:
        place = file.seek(0, os.SEEK_END)
        data = b""
        while place > 0 and data.count(b"\n") <= count:
            size = min(_BLOCK, place)
            place = file.seek(place - size)
            data = file.read(size) + data
    return data.splitlines(keepends=True)[-count:] if count else []


def follow(path: str, pause: float = 0.2) -> Iterator[bytes]:
    """What is added to a log from now on, also where a new part begins, or the file is only made later. Never ends."""
    with ExitStack() as stack:
        file: BinaryIO | None = None
        with suppress(FileNotFoundError):  # it comes
            file = stack.enter_context(open(path, "rb"))
            file.seek(0, os.SEEK_END)
        while True:
            if file is not None and (data := file.read(_BLOCK)):
                yield data
            elif _is_another(path, file):
                if file is not None:
                    yield file.read()
                stack.close()
                file = stack.enter_context(open(path, "rb"))
            else:
                time.sleep(pause)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _is_another(path: str, file: BinaryIO | None) -> bool:
    """Whether the file at a path is no longer the one that is open."""
    try:
        there = os.stat(path)
    except OSError:
        return False
    if file is None:
        return True
    here = os.fstat(file.fileno())
    return (there.st_dev, there.st_ino) != (here.st_dev, here.st_ino)
