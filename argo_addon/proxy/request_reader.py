"""What a client sends, cut into requests. Sans-IO.

Each byte of a head is looked at once, however it trickles in. What is behind a request stays for the next one.
"""

from __future__ import annotations

import time

from ..errors import ClientError
from .bodies import Body, ChunkedBody, SizedBody
from .compression import too_large
from .heads import END_OF_HEAD, LONGEST_END, MOST_HEADERS, NotHttp, OtherVersion, RequestHead, Untrusted, request_head


class RequestReader:
    """The requests of one connection, one after the other.

    A body is put together once, when it is whole; what is read of it meanwhile is not copied.
    """

    def __init__(self, max_body: int, max_head: int) -> None:
        """The limits are bytes."""
        self._max_head = max_head
        self._max_body = max_body
        self._buffer = bytearray()
        self._fresh = b""  # the last that came, of a body of which the buffer has nothing
        self._looked = 0  # bytes of the buffer in which no head ends
        self._body: Body | None = None
        self._pieces: list[bytes] = []
        self._size = 0  # bytes of them
        self.taken = 0
        """Bytes of the body under way that have been read, chunks' heads among them."""
        self.head: RequestHead | None = None
        """The head of the request under way; None while it is not whole."""
        self.started = 0.0
        """When its first byte came, in seconds since 1970; 0 where none has."""

    @property
    def waiting(self) -> int:
        """Bytes that have come and are not read yet."""
        return len(self._buffer) + len(self._fresh)

    @property
    def for_head(self) -> bool:
        """Whether the request under way is a HEAD, whose answer has no body; also where its head cannot be read."""
        return self._buffer.startswith(b"HEAD ") if self.head is None else self.head.method == b"HEAD"

    def feed(self, data: bytes) -> None:
        """Takes what the client has sent."""
        if not self.started:
            self.started = time.time()
        if self.head is not None and not self._buffer and not self._fresh:
            self._fresh = data
            return
        self._buffer += self._fresh
        self._buffer += data
        self._fresh = b""

    def read_head(self) -> RequestHead | None:
        """The head of the request under way, once it is whole. Raises ClientError: 400, 413, 431, 505."""
        if self.head is None:
            self._read_head()
        return self.head

    def read_body(self) -> bytes | None:
        """Its body, once that is whole. Raises ClientError: 400, 413."""
        assert self.head is not None  # it has been read
        assert self._body is not None
        if (self.head.length or 0) > self._max_body:
            raise too_large(self._max_body)
        if self.waiting and not self._body.done:
            self._read_body(self._body)
        return b"".join(self._pieces) if self._body.done else None

    def next(self) -> None:
        """The request under way is done with."""
        self._pieces, self._size, self._body, self.head, self.taken = [], 0, None, None, 0
        self._buffer += self._fresh
        self._fresh = b""
        self.started = time.time() if self._buffer else 0.0

    def discard(self) -> bytes:
        """What has come and is not to be read as requests."""
        left = self._fresh or bytes(self._buffer)
        self._buffer.clear()
        self._fresh = b""
        return left

    def _read_head(self) -> None:
        buffer = self._buffer
        if not self._looked:
            while buffer.startswith((b"\r", b"\n")):  # clients may send empty lines first
                del buffer[:1]
            if not buffer:
                self.started = 0.0  # or behind the last
        end = END_OF_HEAD.search(buffer, self._looked)
        if end is None:
            self._looked = max(0, len(buffer) - LONGEST_END + 1)
            self._check_size(len(buffer), 0)
            return
        raw = bytes(buffer[: end.start()])
        self._check_size(len(raw), raw.count(b"\n"))
        try:
            self.head = head = request_head(raw)
        except Untrusted as fault:
            raise ClientError(400, f"The request's head cannot be trusted: {fault}.") from None
        except OtherVersion:
            message = "HTTP/1.1 is served here, and HTTP/1.0; the request's line names another version."
            raise ClientError(505, message) from None
        except NotHttp as fault:
            message = f"The request's head cannot be read: no valid HTTP/1.1 request ({fault})."
            raise ClientError(400, message) from None
        del buffer[: end.end()]
        self._looked = 0
        self._body = ChunkedBody(refuses_trailers=True) if head.length is None else SizedBody(head.length)

    def _check_size(self, size: int, headers: int) -> None:
        if size > self._max_head:
            raise ClientError(431, f"The request's head has more than {self._max_head} bytes (max_head_size).")
        if headers > MOST_HEADERS:
            raise ClientError(431, f"The request's head has more than {MOST_HEADERS} headers.")

    def _read_body(self, body: Body) -> None:
        received = self.discard()
        self.taken += len(received)
        piece = body.feed(received)
        self._pieces.append(piece)
        self._size += len(piece)
        if body.done:
            self._buffer += body.rest
            self.taken -= len(body.rest)
        elif body.fault is not None:
            message = f"The request body cannot be read: its chunks are not valid HTTP/1.1 ({body.fault})."
            raise ClientError(400, message)
        if self._size > self._max_body:
            raise too_large(self._max_body)
