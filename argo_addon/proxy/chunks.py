"""The chunks of a body, a read at a time: h11's reader takes five steps for each, and a stream has hundreds.

It stands in the place of h11's reader in mitmproxy's HTTP/1 layers. Plain chunks are read here; whatever else comes
(the last chunk, extensions, what is no chunk at all) is left to h11's reader, which judges it. Trailers of an answer
are read and dropped: mitmproxy raises where there are any, and the answer never ends. It relies on `make_body_reader`
of mitmproxy's `_http1` (tests/proxy/test_chunks.py).
"""

from __future__ import annotations

import re
from typing import NoReturn

import h11
from h11._readers import ChunkedReader
from h11._receivebuffer import ReceiveBuffer
from mitmproxy.proxy.layers.http import _http1

_HEAD = re.compile(rb"([0-9a-fA-F]{1,8})\r\n")


class ChunkReader(ChunkedReader):
    """A chunked body, called as h11's readers are: with what has been received, for the next piece or the end."""

    def __init__(self) -> None:
        super().__init__()
        self._left = 0  # bytes of the chunk under way
        self._ends = False  # the chunk under way wants its line end
        self._plain = True
        self.refuses_trailers = False
        """Whether trailers are given on, for mitmproxy to refuse them."""

    def __call__(self, buf: ReceiveBuffer) -> h11.Data | h11.EndOfMessage | None:
        """The next piece of the body; None until more has come. Raises h11.RemoteProtocolError."""
        if self._plain:
            piece, rest = self._cut(bytes(buf.maybe_extract_at_most(len(buf)) or b""))
            buf += rest
            if piece:
                return h11.Data(data=piece)
            if self._plain:
                return None
        read = super().__call__(buf)
        drops = isinstance(read, h11.EndOfMessage) and not self.refuses_trailers
        return h11.EndOfMessage() if drops else read

    def _cut(self, data: bytes) -> tuple[bytes, bytes]:
        """What the chunks in these bytes hold, and the bytes that are left: half a head, or not for here."""
        pieces: list[bytes] = []
        position, size = 0, len(data)
        while position < size:
            if self._left:
                piece = data[position : position + self._left]
                pieces.append(piece)
                position += len(piece)
                self._left -= len(piece)
                self._ends = True
                continue
            if self._ends:
                if size - position < 2:
                    break
                if data[position : position + 2] != b"\r\n":
                    if pieces:
                        break
                    raise h11.RemoteProtocolError("a chunk is longer than its head says")
                position += 2
                self._ends = False
                continue
            head = _HEAD.match(data, position)
            if head is None or (length := int(head[1], 16)) == 0:
                self._plain = head is None and size - position < 10 and b"\n" not in data[position:]
                break
            self._left = length
            position = head.end()
        return b"".join(pieces), data[position:]

    def read_eof(self) -> NoReturn:
        """The connection has ended before the body has. Raises h11.RemoteProtocolError."""
        super().read_eof()


_make = _http1.make_body_reader


def _make_body_reader(expected_size: int | None) -> _http1.TBodyReader:
    return ChunkReader() if expected_size is None else _make(expected_size)


def install() -> None:
    """Has mitmproxy's HTTP/1 layers read chunks so in this process."""
    _http1.make_body_reader = _make_body_reader
