"""An answer's stream, read along. It knows the chunks of Chat Completions and nothing of HTTP."""

from __future__ import annotations

from ...errors import UpstreamError
from ...translation.auth_notice import SEARCHED_CHARACTERS
from ..base import StreamObserver
from ..shared.foreign_errors import foreign_error
from ..shared.lenient import Lenient
from ..shared.wrapped_errors import ReportedError, detail_in, unwrap
from .wire import Chunk

PING = b": ping\n\n"
"""A sign of life: a comment, since clients take any event for a chunk (pitfalls 9.2)."""
_CHUNK = Lenient(Chunk)


class ChunkObserver(StreamObserver):
    """Notes what a stream begins with, where it ends and what error it reports.

    `[DONE]` ends a stream; so does the last choice's finish reason, since some upstreams leave `[DONE]` out: clients
    get one (pitfalls 3.17).
    """

    def __init__(self, choices: int) -> None:
        self._choices = choices
        self._ended: set[bytes] = set()
        self._begun = self._done = False
        self._first: bytes | None = None
        """The choice whose text is looked through: each says the notice, if any does."""

    @property
    def missing_end(self) -> bytes:
        """`[DONE]`, where the upstream has left it out."""
        return b"data: [DONE]\n\n" if self.complete and not self._done else b""

    def observe(self, data: bytes) -> UpstreamError | None:
        if data == b"[DONE]":
            if not self._begun:
                return UpstreamError(502, "ARGO ended the stream without an answer.")
            self.complete = self._done = True
            return None
        self._begun = True
        chunk = _CHUNK.decode(data)
        if (detail := detail_in(chunk.error)) is not None:
            return upstream_error(detail, None)
        if chunk.choices is None:
            return foreign_error(data)
        for choice in chunk.choices:
            if (delta := choice.delta) is not None and len(self.text) < SEARCHED_CHARACTERS:
                self._first = self._first or bytes(choice.index)
                self.has_acted = self.has_acted or delta.has_acted
                if bytes(choice.index) == self._first:
                    self.text += delta.text
            if choice.ended:
                self._ended.add(bytes(choice.index))
                self.complete = self.complete or len(self._ended) >= self._choices
        return None

    def text_of(self, data: bytes) -> str:
        choices = _CHUNK.decode(data).choices or () if b'"content"' in data else ()
        return choices[0].delta.text if len(choices) == 1 and choices[0].delta is not None else ""


def upstream_error(detail: ReportedError, status: int | None) -> UpstreamError:
    """The error that an error body or chunk reports, unwrapped. `status` is the answer's own; a chunk has none."""
    found = unwrap(detail.message)
    if found.status is not None:
        return UpstreamError(found.status, found.message, kind=found.kind, code=found.code, param=found.param)
    code = detail.code
    if status is None:
        status = int(code) if code is not None and code.isdecimal() and 400 <= int(code) < 600 else 500
    return UpstreamError(status, detail.message, kind=detail.kind, code=code, param=detail.param)
