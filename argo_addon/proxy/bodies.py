"""The bodies of HTTP/1.1 messages, a read at a time (RFC 9112, 6 and 7). Sans-IO.

`feed` takes what has been received and returns what of it is content. Then `done` tells that the body is complete,
with what came behind it in `rest`, or `fault` why it cannot be read on.
"""

from __future__ import annotations

import abc
import re

_SIZE = re.compile(rb"[0-9a-fA-F]{1,15}[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?")
_TRAILER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\x00-\x08\x0a-\x1f\x7f]*")
_LONGEST_LINE = 16 * 1024
"""Bytes of a chunk's head or a trailer; no upstream of ours writes extensions at all."""
_MOST_TRAILERS = 64 * 1024


class Body(abc.ABC):
    """A body that is being received."""

    __slots__ = ("done", "fault", "rest")

    def __init__(self) -> None:
        self.done = False
        self.rest = b""
        self.fault: str | None = None

    @abc.abstractmethod
    def feed(self, data: bytes) -> bytes:
        """Takes the next bytes; returns those that are content."""

    def close(self) -> None:
        """The connection has ended."""
        if not self.done:
            self.fault = "it ended in the middle of the body"


class SizedBody(Body):
    """A body of a length that its head tells."""

    __slots__ = ("_left",)

    def __init__(self, size: int) -> None:
        super().__init__()
        self._left = size
        self.done = size == 0

    def feed(self, data: bytes) -> bytes:
        left = self._left
        if len(data) < left:
            self._left = left - len(data)
            return data
        self._left, self.done, self.rest = 0, True, data[left:]
        return data[:left]

    def close(self) -> None:
        if not self.done:
            self.fault = f"it ended {self._left} bytes before the body did"


class BodyUntilClose(Body):
    """A body that ends with its connection."""

    def feed(self, data: bytes) -> bytes:
        return data

    def close(self) -> None:
        self.done = True


class ChunkedBody(Body):
    """A chunked body. Extensions are passed over, and so are trailers unless they are to be refused."""

    __slots__ = ("_ends", "_left", "_line", "_refuses_trailers", "_trailers")

    def __init__(self, *, refuses_trailers: bool = False) -> None:
        super().__init__()
        self._left = 0  # bytes of the chunk under way
        self._ends = False  # its line end is wanted
        self._line = b""  # the beginning of a line, or of that line end
        self._trailers: int | None = None  # bytes of them; None before the last chunk
        self._refuses_trailers = refuses_trailers

    def feed(self, data: bytes) -> bytes:
        if self._line:
            data, self._line = self._line + data, b""
        pieces: list[bytes] = []
        position, size = 0, len(data)
        while position < size and self.fault is None:
            if self._left:
                piece = data[position : position + self._left]
                pieces.append(piece)
                position += len(piece)
                self._left -= len(piece)
                self._ends = not self._left
                continue
            if self._ends and size - position > 1:
                self._ends = False
                if data[position : position + 2] != b"\r\n":
                    self.fault = "a chunk is longer than its head says"
                position += 2
                continue
            end = -1 if self._ends else data.find(b"\n", position)
            if end < 0:
                self._line = data[position:]
                if len(self._line) > _LONGEST_LINE:
                    self.fault = "the head of a chunk has no end"
                break
            self._take_line(data[position:end])
            position = end + 1
            if self.done:
                self.rest = data[position:]
                break
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _take_line(self, line: bytes) -> None:
        """Takes a chunk's head or a trailer, without its line feed."""
        if not line.endswith(b"\r"):
            self.fault = "a line of the chunks does not end as one"
        elif self._trailers is not None:
            self._take_trailer(line[:-1])
        elif _SIZE.fullmatch(line, 0, len(line) - 1) is None:
            self.fault = "what should be a chunk is none"
        else:
            self._left = int(line.partition(b";")[0], 16)
            if not self._left:
                self._trailers = 0

    def _take_trailer(self, line: bytes) -> None:
        assert self._trailers is not None
        if not line:
            self.done = True
            return
        self._trailers += len(line)
        if self._refuses_trailers:
            self.fault = "there are trailers behind the chunks"
        elif _TRAILER.fullmatch(line) is None:
            self.fault = "what should be a trailer is none"
        elif self._trailers > _MOST_TRAILERS:
            self.fault = "the trailers have no end"
