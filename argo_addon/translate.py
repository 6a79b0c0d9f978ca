"""What stands on the way back: a relay takes a streamed answer's bytes and gives the client's. Sans-IO, synchronous.

Same dialect on both sides: `Passthrough` hands every byte on and reads along, so that a cut, garbage or an error in the
stream is told in the dialect's own way. A plain call that was streamed upstream: `assemble`.
"""

from __future__ import annotations

from collections.abc import Callable

from . import notice
from .dialects.base import Assembler, Renamer, Watch
from .errors import UNREADABLE, GatewayError, UpstreamError
from .sse import FrameTooLarge, Splitter, data_of

Render = Callable[[GatewayError], bytes]
"""Makes the event that tells the client of an error."""

_PREAMBLE = 6
"""Reads without a word of text after which an answer is taken for real: the notice does not keep one waiting."""
_CUT = "ARGO ended the stream before the answer was complete."


class Passthrough:
    """Relays a stream within one dialect: bytes in, the same bytes out, whole events at a time.

    A renamer, where the client needs one, changes the one event that names the model.

    Nothing is given out that is not a whole, readable event, so that an error event can follow at any point. Nothing at
    all is given out before the first word, thought or call tells the answer from the authentication notice; an error
    until then is `refusal`, for the answer's status line still to say.
    """

    __slots__ = (
        *("_frames", "_held", "_looks", "_render", "_renamer", "_started", "_user", "_watch"),
        *("error", "finished", "refusal"),
    )

    def __init__(self, watch: Watch, render: Render, user: str, renamer: Renamer | None = None) -> None:
        self._watch = watch
        self._user = user
        self._renamer = renamer
        self._render = render
        self._frames = Splitter()
        self._started = False
        self._held: list[bytes] = []
        self._looks = True
        self.finished = False
        """Nothing more is coming, whatever the upstream may still send."""
        self.refusal: GatewayError | None = None
        """The error that the stream is, in place of an answer."""
        self.error: GatewayError | None = None
        """The error that the stream ended in, told or refused."""

    @property
    def complete(self) -> bool:
        """The answer has been given in full."""
        return self._watch.complete

    def feed(self, data: bytes) -> bytes:
        """Takes the upstream's next bytes; returns the client's, which may be none."""
        if self.finished:
            return b""
        try:
            frames = self._frames.feed(data)
        except FrameTooLarge as problem:
            return self.fail(_garbage(problem))
        for number, frame in enumerate(frames):
            error = self._read(frame)
            if error is not None:
                before = self._give(b"".join(frames[:number])) if self._started or self.complete else b""
                return before + self.fail(error)
            if self._renamer is not None:
                frames[number] = self._named(frame, self._renamer)
        return self._give(frames[0] if len(frames) == 1 else b"".join(frames))

    def _named(self, frame: bytes, renamer: Renamer) -> bytes:
        try:
            renamed = renamer.event(frame)
        except UNREADABLE:
            return frame  # odd, but JSON: it names no model
        if renamed is None:
            return frame
        self._renamer = None
        return renamed

    def _give(self, data: bytes) -> bytes:
        """Gives out bytes, unless the answer may yet turn out to be the authentication notice: then it waits."""
        if self._started or not data:
            return data
        self._held.append(data)
        watch = self._watch
        undecided = not (watch.acts or watch.complete) and notice.may_begin(watch.text)
        if undecided and (watch.text or len(self._held) <= _PREAMBLE):
            return b""
        return self._release()

    def _release(self) -> bytes:
        self._started = True
        held, self._held = b"".join(self._held), []
        return held

    def _read(self, frame: bytes) -> GatewayError | None:
        data = data_of(frame)
        if data is None:
            return None
        watch = self._watch
        try:
            error = watch.observe(data)
        except UNREADABLE as problem:
            return _garbage(problem)
        if error is None and self._looks:
            self._looks = not watch.acts and len(watch.text) < notice.LOOKED_THROUGH
            if notice.is_in(watch.text):
                return notice.error(self._user)
        return error

    def close(self) -> bytes:
        """The upstream has ended its answer; returns the client's last bytes."""
        if self.finished:
            return b""
        rest = self._frames.rest()
        if data_of(rest) is not None:  # the last event, its blank line missing
            error = self._read(rest)
            if error is not None:
                return self.fail(error)
        elif rest.strip():  # the beginning of one
            rest = b""
        if self._watch.complete:
            self.finished = True
            return self._release() + rest
        whole = rest.rstrip(b"\r\n") + b"\n\n" if rest.strip() else rest
        return self._give(whole) + self.fail(UpstreamError(502, _CUT))

    def fail(self, error: GatewayError) -> bytes:
        """The answer cannot go on; returns the event that says so, none if it is complete or has not begun."""
        if self.finished:
            return b""
        self.finished = True
        if self._watch.complete:
            return b""
        self.error = error
        if not self._started:
            self.refusal = error
            return b""
        return self._render(error)


def assemble(watch: Watch, assembler: Assembler, body: bytes) -> bytes:
    """The plain answer that a whole streamed body makes. Raises UpstreamError for a cut, an error event or garbage."""
    frames = Splitter()
    try:
        for frame in (*frames.feed(body), frames.rest()):
            data = data_of(frame)
            if data is None:
                continue
            error = watch.observe(data)
            if error is not None:
                raise error
            assembler.add(data)
    except (*UNREADABLE, FrameTooLarge) as problem:
        raise _garbage(problem) from problem
    if not watch.complete:
        raise UpstreamError(502, _CUT)
    return assembler.body()


def _garbage(problem: Exception) -> UpstreamError:
    return UpstreamError(502, f"ARGO sent something in the stream that cannot be read: {problem}")
