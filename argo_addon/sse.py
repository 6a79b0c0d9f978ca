"""Server-sent events, incrementally: bytes in, whole frames out.

A frame is the exact bytes of one event with the blank line that ends it, so that joining the frames gives back the
stream. It knows nothing of what the events hold. Lines may end in LF, CRLF or CR (WHATWG HTML, section 9.2.6).
"""

from __future__ import annotations

import re

# Two line ends in a row. A CR that is followed by LF is one line end, not two.
_BLANK_LINE = re.compile(rb"(?:\r\n|\n|\r(?!\n)){2}")
_LINE_END = re.compile(rb"\r\n|\n|\r")
_FIELD = re.compile(rb"(?:\A|[\r\n])(?:(?:data|event|id|retry)(?=[:\r\n]|\Z)|:)")
_BOM = b"\xef\xbb\xbf"

MAX_FRAME = 32 * 1024 * 1024
"""Bytes that one event may have before the stream is taken for garbage."""


class FrameTooLarge(ValueError):
    """An event exceeds MAX_FRAME."""


class Splitter:
    """Cuts a byte stream into frames, however it was cut on the way."""

    __slots__ = ("_pieces", "_size")

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Takes the next bytes; returns the frames that they complete. Raises FrameTooLarge."""
        if self._pieces:
            last = self._pieces[-1][-3:] if len(self._pieces[-1]) >= 3 else b"".join(self._pieces[-3:])[-3:]
            if _BLANK_LINE.search(last + data) is None:
                self._keep(data)
                return []
            data = self.rest() + data
        elif data.find(b"\n\n") == len(data) - 2 >= 0 and b"\r" not in data and len(data) <= MAX_FRAME:
            return [data]  # one whole event, as upstreams mostly send them
        if b"\r" not in data:
            *whole, rest = data.split(b"\n\n")
            if rest:
                self._keep(rest)
            return [frame + b"\n\n" for frame in whole]
        frames = []
        start = 0
        for match in _BLANK_LINE.finditer(data):
            end = match.end()
            frames.append(data[start:end])
            start = end
        if start < len(data):
            self._keep(data[start:])
        return frames

    def _keep(self, data: bytes) -> None:
        """Holds an event's beginning, in pieces, so that a long one is looked through just once."""
        self._pieces.append(data)
        self._size += len(data)
        if self._size > MAX_FRAME:
            raise FrameTooLarge(f"an event of more than {MAX_FRAME} bytes")

    def rest(self) -> bytes:
        """Returns, once, what is left at the end of the stream: an event whose blank line never came."""
        rest = b"".join(self._pieces)
        self._pieces, self._size = [], 0
        return rest


def data_of(frame: bytes) -> bytes | None:
    """The frame's data field, its lines joined by LF; None if it has none (a comment, a lone event name, a blank)."""
    start = 0 if frame.startswith(b"data:") else frame.find(b"\ndata:") + 1
    end = frame.find(b"\n", start)
    if frame.startswith(b"data:", start) and end == len(frame) - 2 and b"\r" not in frame:  # one line, and the last
        return frame[start + 6 : end] if frame[start + 5 : start + 6] == b" " else frame[start + 5 : end]
    lines = [
        line[6:] if line[5:6] == b" " else line[5:]
        for line in _LINE_END.split(frame.removeprefix(_BOM))
        if line.startswith(b"data:")
    ]
    return b"\n".join(lines) if lines else None


def is_event(frame: bytes) -> bool:
    """Whether there is a field in it, or a comment: what has none is no part of a stream of events."""
    return frame.startswith(b"data:") or _FIELD.search(frame.removeprefix(_BOM)) is not None or not frame.strip()


def one_line(json: bytes) -> bytes:
    """JSON on one line, as an event's data must be: its line ends are but blanks between its values."""
    return json if b"\n" not in json and b"\r" not in json else json.replace(b"\n", b" ").replace(b"\r", b" ")


def frame_of(data: bytes, event: str | None = None) -> bytes:
    """One frame that carries `data` (which must hold no line end), with an `event:` line if a name is given."""
    head = b"event: " + event.encode() + b"\n" if event else b""
    return head + b"data: " + data + b"\n\n"
