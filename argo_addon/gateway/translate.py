"""What stands on the way back: a relay takes a streamed answer's bytes and gives the client's. Sans-IO, synchronous.

Same dialect on both sides: `Passthrough` hands every byte on and reads along, so that a cut, garbage or an error in the
stream is told in the dialect's own way. Two dialects: `Translator` reads events and writes them. A plain call that was
streamed upstream: `assemble` within one dialect, `read_stream_body` between two.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import msgspec

from ..dialects.base import Assembler, Reader, Renamer, StreamObserver, StreamRepairer, Writer
from ..dialects.shared.foreign_errors import error_in_frame
from ..errors import UNREADABLE, GatewayError, UpstreamError
from ..ir.events import Event, PartStart, ReasoningDelta, StreamError, TextDelta, ToolArgumentsDelta
from ..ir.fold import Fold
from ..ir.parts import OpaquePart, ToolCallPart
from ..ir.response import Response
from ..sse import FrameTooLarge, Splitter, data_of
from ..translation import auth_notice
from ..translation.relay import CUT, EventRelay, Render, unreadable_event
from ..translation.repeats import Repeats


class _Relay(EventRelay):
    """What both kinds have in common."""

    __slots__ = ()

    def _foreign_error(self, frame: bytes) -> GatewayError | None:
        return error_in_frame(frame)


class Passthrough(_Relay):
    """Relays a stream within one dialect: bytes in, the same bytes out, whole events at a time, but for silent ones.

    A renamer, where the client needs one, changes the one event that names the model.
    """

    __slots__ = ("_ended", "_grows", "_looked", "_looks", "_mender", "_renamer", "_repeats", "_seen", "_sign", "_watch")

    def __init__(
        self,
        watch: StreamObserver,
        render: Render,
        user: str,
        renamer: Renamer | None = None,
        ping: bytes = b"",
        mender: StreamRepairer | None = None,
        known: auth_notice.KnownUsers | None = None,
    ) -> None:
        super().__init__(render, user, known)
        self._sign = ping
        self._seen = b""
        self._ended = False  # the client has been given the end that ARGO left out
        self._watch = watch
        self._renamer = renamer
        self._mender = mender
        self._looks = True
        self._looked = 0
        self._repeats = Repeats()
        self._grows = False  # the last of them were looked at by the observer

    @property
    def complete(self) -> bool:
        return self._watch.complete or self._ended

    @property
    def _undecided(self) -> bool:
        return not self._watch.has_acted

    @property
    def _said(self) -> str:
        return self._watch.text

    def _one(self, frame: bytes) -> bytes:
        repeats = self._repeats
        if repeats.known and (text := repeats.text_in(frame)):
            if self._looks and self._grows:
                self._watch.text += text
                self._look()
            return frame if self._mender is None else self._mender.frame(frame, data_of(frame) or b"")
        data = data_of(frame)
        if data is None:
            return self._without_data(frame)
        if data.strip() in _SILENT:
            return b""
        self._seen = frame
        watch = self._watch
        try:
            frame.decode()  # nobody else looks at what only goes along
            error = watch.observe(data)
            if error is not None:
                raise error
            self._grows = len(watch.text) != self._looked
            if self._looks and self._grows:  # most events of a call or a thought add no text
                self._look()
            self._learn(frame, data)
            if self._mender is not None:
                frame = self._mender.frame(frame, data)
        except UNREADABLE as problem:
            raise unreadable_event(problem) from problem
        return frame if self._renamer is None else self._named(frame, self._renamer)

    def _look(self) -> None:
        """Looks at an answer's beginning for the authentication notice."""
        text, looked = self._watch.text, self._looked
        self._looked = len(text)
        self._looks = self._looked < auth_notice.SEARCHED_CHARACTERS
        if auth_notice.may_complete_notice(text[:looked], text[looked:]) and auth_notice.contains_notice(text):
            raise auth_notice.not_registered(self._user)

    def _learn(self, frame: bytes, data: bytes) -> None:
        text = self._watch.text_of(data) if self._renamer is None and data.startswith(b"{") else ""
        if text:
            self._repeats.learn(frame, text)
        else:
            self._repeats.forget()

    def _stop(self, error: GatewayError, said: bytes) -> bytes:
        return super()._stop(error, said if self._mender is None else said + self._mender.rest())

    def _ping(self) -> bytes:
        """Behind an id without a blank line, which the openai SDK would take for another event's end (pitfalls 9.2)."""
        comment = self._sign.startswith(b":") and any(line.startswith(b"id") for line in self._seen.splitlines())
        return self._sign[:-1] if comment else self._sign

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
            rest = self._last(rest)
        elif rest.strip() and not self.complete:  # the beginning of one, or no event
            self._without_data(rest)
            rest = b""
        if self._mender is not None:
            rest = self._mender.rest() + rest
        missing = self._completed()
        if rest.strip() and (missing or not self.complete):  # else it goes as it came, be it the LF of a CRLF
            rest = rest.rstrip(b"\r\n") + b"\n\n"
        return rest + missing

    def _completed(self) -> bytes:
        missing = self._watch.missing_end
        if self._ended or not missing:
            return b""
        self._ended = True
        return missing


_SILENT = frozenset({b"", b"null", b"[]", b"{}"})
"""Data of an event that says nothing. Official SDKs fail on it: it is left out."""


_NO_DELTA = TextDelta(-1, "")


class Translator(_Relay):
    """Relays a stream from one dialect to another: frames, events in the neutral form, frames."""

    __slots__ = (
        "_acts",
        "_as_it_is",
        "_delta",
        "_looks",
        "_reader",
        "_repeats",
        "_text",
        "_told",
        "_writer",
        "_written_alike",
    )

    def __init__(
        self,
        reader: Reader,
        writer: Writer,
        render: Render,
        user: str,
        known: auth_notice.KnownUsers | None = None,
    ) -> None:
        super().__init__(render, user, known)
        self._reader = reader
        self._writer = writer
        self._looks = True
        self._acts = False
        self._text = ""
        self._delta: TextDelta | ReasoningDelta = _NO_DELTA
        self._repeats = Repeats()  # of the frames that come
        # Whether neither side wants to see a delta that is told as the last one was.
        self._as_it_is = type(reader).repeated is Reader.repeated and type(writer).note is Writer.note
        self._written_alike = Repeats()  # of those that go out
        self._told: Writer | None = None  # the writer as it was when the client last got something

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
        if self._repeats.known and (text := self._repeats.text_in(frame)):
            return self._repeated(text)
        data = _event_in(frame)
        if data is None:
            self._without_data(frame)
            return b""
        try:
            data.decode()  # what is kept as it stands is not looked at again
            events = self._reader.read(data)
        except UNREADABLE as problem:
            raise unreadable_event(problem) from problem
        if len(events) == 1:
            event = events[0]
            if isinstance(event, TextDelta | ReasoningDelta) and not event.extra:
                return self._delta_written(event, frame)
        self._repeats.forget()
        self._written_alike.forget()
        return self._written(events)

    def _delta_written(self, event: TextDelta | ReasoningDelta, frame: bytes) -> bytes:
        """Writes a delta the ordinary way, and learns how the next may be."""
        if self._looks:
            self._look(event)
        written = self._writer.write(event)
        self._repeats.learn(frame, event.text)
        self._delta = event
        if self._writer.repeats:
            self._written_alike.learn(written, event.text)
        return written

    def _repeated(self, text: str) -> bytes:
        """Writes a delta that differs from the last in its text."""
        if self._as_it_is and self._written_alike.known and not self._looks:
            return self._written_alike.with_text(self._repeats.raw)
        last = self._delta
        delta = TextDelta(last.index, text) if isinstance(last, TextDelta) else ReasoningDelta(last.index, text)
        events = self._reader.repeated(delta)
        if self._looks:
            for event in events:
                self._look(event)
        if not (self._written_alike.known and len(events) == 1 and events[0] is delta):
            return b"".join(map(self._writer.write, events))
        self._writer.note(delta)
        return self._written_alike.with_text(self._repeats.raw)

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
                before, self._text = self._text, self._text + event.text
                if auth_notice.may_complete_notice(before, event.text) and auth_notice.contains_notice(self._text):
                    raise auth_notice.not_registered(self._user)
            case ReasoningDelta() | PartStart(part=OpaquePart()):
                self._acts = True
            case ToolArgumentsDelta() | PartStart(part=ToolCallPart()):  # the notice calls nothing
                self._acts, self._looks = True, False
                return
        self._looks = len(self._text) < auth_notice.SEARCHED_CHARACTERS

    def _ending(self, rest: bytes) -> bytes:
        return self._last(rest) + self._written(self._reader.close())

    def _ping(self) -> bytes:
        return self._writer.keep_alive()

    def head_sent(self) -> None:
        super().head_sent()
        self._told = None if self._started else copy.deepcopy(self._writer)

    def _restore_writer(self) -> None:
        if self._told is not None:
            vars(self._writer).update(vars(self._told))

    def _completed(self) -> bytes:
        try:
            return b"" if self.complete else self._written(self._reader.close())
        except GatewayError:
            return b""  # the error that is told already says it


class TextTranslator(Translator):
    """Relays a stream that is bare text: what comes is the reader's as it comes, and only its proper end is one."""

    def feed(self, data: bytes) -> bytes:
        if self._finished:
            return b""
        try:
            return self._give(self._one(data))
        except GatewayError as error:
            return self._stop(error, b"")

    def _one(self, frame: bytes) -> bytes:
        try:
            events = self._reader.read(frame)
        except UNREADABLE as problem:
            raise unreadable_event(problem) from problem
        return self._written(events)

    def _ending(self, rest: bytes) -> bytes:
        return self._written(self._reader.close())

    def _completed(self) -> bytes:
        return b""  # nothing in the text tells that it was all


def _event_in(frame: bytes) -> bytes | None:
    """The data of an event that says something: none of a comment, an empty one, or JSON that is no object."""
    data = data_of(frame)
    if data is None or data.startswith(b"{"):
        return data
    data = data.strip()
    if data == b"[DONE]":
        return data
    try:
        return data if isinstance(msgspec.json.decode(data), dict) else None
    except UNREADABLE:
        return data or None  # garbage, the reader's to say


def read_stream_body(reader: Reader, body: bytes) -> Response:
    """The answer that a whole streamed body tells. Raises UpstreamError for a cut, an error event or garbage."""
    frames = Splitter()
    told = Fold()
    try:
        for frame in (*frames.feed(body), frames.rest()):
            data = _event_in(frame)
            if data is not None:
                data.decode()
                for event in reader.read(data):
                    told.add(event)
    except (*UNREADABLE, FrameTooLarge) as problem:
        return _completed(reader, told, unreadable_event(problem))
    except UpstreamError as error:
        return _completed(reader, told, error)
    return _completed(reader, told, UpstreamError(502, CUT))


def _completed(reader: Reader, told: Fold, error: UpstreamError) -> Response:
    """The answer, if all of it was told but for its formal end. Raises the error if not."""
    for event in reader.close():
        told.add(event)
    if not reader.complete:
        raise error
    return told.response()


def assemble(watch: StreamObserver, assembler: Assembler, body: bytes) -> bytes:
    """The plain answer that a whole streamed body makes. Raises UpstreamError for a cut, an error event or garbage."""
    problem = _assembled(watch, assembler, body)
    if not (watch.complete or watch.ended_informally):
        raise problem
    return assembler.body()


def _assembled(watch: StreamObserver, assembler: Assembler, body: bytes) -> UpstreamError:
    """Puts a body together as far as it goes; returns what is wrong if that is not to its end."""
    frames = Splitter()
    try:
        for frame in (*frames.feed(body), frames.rest()):
            data = _event_in(frame)
            if data is None:
                continue
            error = watch.observe(data)
            if error is not None:
                return error
            assembler.add(data)
            if watch.complete:
                break
    except (*UNREADABLE, FrameTooLarge) as problem:
        return unreadable_event(problem)
    return UpstreamError(502, CUT)
