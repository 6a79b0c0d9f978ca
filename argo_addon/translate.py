"""What stands on the way back: a relay takes a streamed answer's bytes and gives the client's. Sans-IO, synchronous.

Same dialect on both sides: `Passthrough` hands every byte on and reads along, so that a cut, garbage or an error in the
stream is told in the dialect's own way. Two dialects: `Translator` reads events and writes them. A plain call that was
streamed upstream: `assemble` within one dialect, `read_whole` between two.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from . import notice
from .dialects.base import Assembler, Reader, Renamer, Watch, Writer
from .errors import UNREADABLE, GatewayError, UpstreamError
from .ir.events import Event, PartStart, ReasoningDelta, StreamError, TextDelta, ToolArgumentsDelta
from .ir.fold import Fold
from .ir.parts import OpaquePart, ToolCallPart
from .ir.response import Response
from .sse import FrameTooLarge, Splitter, data_of

Render = Callable[[GatewayError], bytes]
"""Makes the event that tells the client of an error."""

_PREAMBLE = 6
"""Reads without a word of text after which an answer is taken for real: the notice does not keep one waiting."""
_LONGEST_BEGINNING = 1_000_000
"""Bytes in which a stream's first event must have come."""
_CUT = "ARGO ended the stream before the answer was complete."


class Relay(ABC):
    """Takes an upstream's stream and gives the client's."""

    @property
    @abstractmethod
    def complete(self) -> bool:
        """The answer has been given in full."""

    @property
    @abstractmethod
    def finished(self) -> bool:
        """Nothing more is coming, whatever the upstream may still send."""

    @property
    @abstractmethod
    def refusal(self) -> GatewayError | None:
        """The error that the stream is, in place of an answer."""

    @property
    @abstractmethod
    def error(self) -> GatewayError | None:
        """The error that the stream ended in, told or refused."""

    @abstractmethod
    def feed(self, data: bytes) -> bytes:
        """Takes the upstream's next bytes; returns the client's, which may be none."""

    @abstractmethod
    def close(self) -> bytes:
        """The upstream has ended its answer; returns the client's last bytes."""

    @abstractmethod
    def fail(self, error: GatewayError) -> bytes:
        """The answer cannot go on; returns the event that says so, none if it is complete or has not begun."""


class _EventRelay(Relay):
    """Relays event by event, and sees to it that the stream ends well whatever comes.

    Nothing is given out that is not a whole event, so that an error event can follow at any point. Nothing at all is
    given out before the first word, thought or call tells the answer from the authentication notice; an error until
    then is `refusal`, for the answer's status line still to say.
    """

    __slots__ = ("_error", "_finished", "_frames", "_held", "_refusal", "_render", "_started", "_user")

    def __init__(self, render: Render, user: str) -> None:
        self._user = user
        self._render = render
        self._frames = Splitter()
        self._started = False
        self._held: list[bytes] = []
        self._finished = False
        self._refusal: GatewayError | None = None
        self._error: GatewayError | None = None

    @property
    def finished(self) -> bool:
        return self._finished

    @property
    def refusal(self) -> GatewayError | None:
        return self._refusal

    @property
    def error(self) -> GatewayError | None:
        return self._error

    @property
    @abstractmethod
    def _undecided(self) -> bool:
        """Whether the answer may yet turn out to be the authentication notice."""

    @property
    @abstractmethod
    def _said(self) -> str:
        """The answer's text, its beginning at least."""

    @abstractmethod
    def _one(self, frame: bytes) -> bytes:
        """An upstream's frame as the client's bytes. Raises GatewayError for one that is an error, or garbage."""

    @abstractmethod
    def _ending(self, rest: bytes) -> bytes:
        """The client's last bytes, given what the upstream's stream ended with: a frame without its end."""

    def feed(self, data: bytes) -> bytes:
        if self._finished:
            return b""
        try:
            frames = self._frames.feed(data)
        except FrameTooLarge as problem:
            return self.fail(_garbage(problem))
        for number, frame in enumerate(frames):
            try:
                frames[number] = self._one(frame)
            except GatewayError as error:
                before = self._give(b"".join(frames[:number])) if self._started or self.complete else b""
                return before + self.fail(error)
        return self._give(frames[0] if len(frames) == 1 else b"".join(frames))

    def _give(self, data: bytes) -> bytes:
        """Gives out bytes, unless the answer may yet turn out to be the authentication notice: then it waits."""
        if self._started or not data:
            return data
        self._held.append(data)
        undecided = not self.complete and self._undecided and notice.may_begin(self._said)
        if undecided and (self._said or len(self._held) <= _PREAMBLE):
            return b""
        return self._release()

    def _release(self) -> bytes:
        self._started = True
        held, self._held = b"".join(self._held), []
        return held

    def close(self) -> bytes:
        if self._finished:
            return b""
        try:
            last = self._ending(self._frames.rest())
        except _Unreadable:  # the beginning of an event
            last = b""
        except GatewayError as error:
            return self.fail(error)
        if self.complete:
            self._finished = True
            return self._release() + last
        return self._give(last) + self.fail(UpstreamError(502, _CUT))

    def fail(self, error: GatewayError) -> bytes:
        if self._finished:
            return b""
        self._finished = True
        if self.complete:
            return b""
        self._error = error
        if not self._started:
            self._refusal = error
            return b""
        return self._render(error)


class Passthrough(_EventRelay):
    """Relays a stream within one dialect: bytes in, the same bytes out, whole events at a time.

    A renamer, where the client needs one, changes the one event that names the model.
    """

    __slots__ = ("_looks", "_renamer", "_watch")

    def __init__(self, watch: Watch, render: Render, user: str, renamer: Renamer | None = None) -> None:
        super().__init__(render, user)
        self._watch = watch
        self._renamer = renamer
        self._looks = True

    @property
    def complete(self) -> bool:
        return self._watch.complete

    @property
    def _undecided(self) -> bool:
        return not self._watch.acts

    @property
    def _said(self) -> str:
        return self._watch.text

    def _one(self, frame: bytes) -> bytes:
        data = data_of(frame)
        if data is None:
            return frame
        watch = self._watch
        try:
            error = watch.observe(data)
        except UNREADABLE as problem:
            raise _garbage(problem) from problem
        if error is not None:
            raise error
        if self._looks:
            self._looks = not watch.acts and len(watch.text) < notice.LOOKED_THROUGH
            if notice.is_in(watch.text):
                raise notice.error(self._user)
        return frame if self._renamer is None else self._named(frame, self._renamer)

    def _named(self, frame: bytes, renamer: Renamer) -> bytes:
        try:
            renamed = renamer.event(frame)
        except UNREADABLE:
            return frame  # odd, but JSON: it names no model
        if renamed is None:
            return frame
        self._renamer = None
        return renamed

    def _ending(self, rest: bytes) -> bytes:
        if data_of(rest) is not None:  # the last event, its blank line missing
            rest = self._one(rest)
        elif rest.strip() and not self.complete:  # the beginning of one
            return b""
        return rest if self.complete or not rest.strip() else rest.rstrip(b"\r\n") + b"\n\n"


class Translator(_EventRelay):
    """Relays a stream from one dialect to another: frames, events in the neutral form, frames."""

    __slots__ = ("_acts", "_looks", "_reader", "_text", "_writer")

    def __init__(self, reader: Reader, writer: Writer, render: Render, user: str) -> None:
        super().__init__(render, user)
        self._reader = reader
        self._writer = writer
        self._looks = True
        self._acts = False
        self._text = ""

    @property
    def complete(self) -> bool:
        return self._reader.complete

    @property
    def _undecided(self) -> bool:
        return not self._acts

    @property
    def _said(self) -> str:
        return self._text

    def _one(self, frame: bytes) -> bytes:
        data = data_of(frame)
        if data is None:
            return b""
        try:
            events = self._reader.read(data)
        except UNREADABLE as problem:
            raise _garbage(problem) from problem
        if len(events) == 1 and not self._looks:
            event = events[0]
            if type(event) is not StreamError:
                return self._writer.write(event)
        return self._written(events)

    def _written(self, events: Sequence[Event]) -> bytes:
        written = []
        for event in events:
            if isinstance(event, StreamError):
                raise event.error
            if self._looks:
                self._look(event)
            written.append(self._writer.write(event))
        return b"".join(written)

    def _look(self, event: Event) -> None:
        """Looks at an answer's beginning for the authentication notice."""
        match event:
            case TextDelta():
                self._text += event.text
                if notice.is_in(self._text):
                    raise notice.error(self._user)
            case ReasoningDelta() | ToolArgumentsDelta() | PartStart(part=ToolCallPart() | OpaquePart()):
                self._acts = True
        self._looks = not self._acts and len(self._text) < notice.LOOKED_THROUGH

    def _ending(self, rest: bytes) -> bytes:
        last = self._one(rest) if data_of(rest) is not None else b""
        return last + self._written(self._reader.close())


class FirstTells(Relay):
    """A relay that is chosen by the stream's first event, which tells the dialect that the stream is in."""

    __slots__ = ("_choose", "_frames", "_held", "_relay", "_size")

    def __init__(self, choose: Callable[[bytes], Relay]) -> None:
        self._choose = choose
        self._frames = Splitter()
        self._held: list[bytes] | None = []
        self._size = 0
        self._relay = choose(b"")

    @property
    def complete(self) -> bool:
        return self._relay.complete

    @property
    def finished(self) -> bool:
        return self._relay.finished

    @property
    def refusal(self) -> GatewayError | None:
        return self._relay.refusal

    @property
    def error(self) -> GatewayError | None:
        return self._relay.error

    def feed(self, data: bytes) -> bytes:
        if self._held is None:
            return self._relay.feed(data)
        self._held.append(data)
        self._size += len(data)
        first = _first_of(self._frames.feed(data))
        if first is None and self._size < _LONGEST_BEGINNING:
            return b""
        self._relay = self._choose(first or b"")
        return self._begun()

    def _begun(self) -> bytes:
        held, self._held = b"".join(self._held or ()), None
        return self._relay.feed(held)

    def close(self) -> bytes:
        return self._begun() + self._relay.close()

    def fail(self, error: GatewayError) -> bytes:
        return self._begun() + self._relay.fail(error)


def first_data(stream: bytes) -> bytes | None:
    """The data of a stream's first event that has any; None where it is not there yet."""
    try:
        frames = Splitter().feed(stream)
    except FrameTooLarge:
        return None
    return _first_of(frames)


def _first_of(frames: list[bytes]) -> bytes | None:
    return next((data for data in map(data_of, frames) if data is not None), None)


def read_whole(reader: Reader, body: bytes) -> Response:
    """The answer that a whole streamed body tells. Raises UpstreamError for a cut, an error event or garbage."""
    frames = Splitter()
    told = Fold()
    try:
        for frame in (*frames.feed(body), frames.rest()):
            data = data_of(frame)
            for event in () if data is None else reader.read(data):
                told.add(event)
        for event in reader.close():
            told.add(event)
    except (*UNREADABLE, FrameTooLarge) as problem:
        raise _garbage(problem) from problem
    if not reader.complete:
        raise UpstreamError(502, _CUT)
    return told.response()


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


class _Unreadable(UpstreamError):
    """What came is no event."""


def _garbage(problem: Exception) -> UpstreamError:
    return _Unreadable(502, f"ARGO sent something in the stream that cannot be read: {problem}")
