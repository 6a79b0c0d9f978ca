"""What every relay has in common: whole events only, a proper end whatever comes, no notice given out as an answer.

It knows neither dialects nor the neutral form. Sans-IO, synchronous.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

from ..errors import GatewayError, UpstreamError
from ..sse import FrameTooLarge, Splitter, data_of, is_event
from ..surrogates import Halves
from . import auth_notice, not_a_number

Render = Callable[[GatewayError], bytes]
"""Makes the event that tells the client of an error."""

_PREAMBLE = 6
"""Events without a word of text after which an answer is taken for real: the notice does not keep one waiting."""
_LONGEST_STRAY = 20_000
"""Bytes that are kept of what is no event."""
_LONGEST_BEGINNING = 1_000_000
"""Bytes in which a stream's first event must have come."""
CUT = "ARGO ended the stream before the answer was complete."


class Relay(ABC):
    """Takes an upstream's stream and gives the client's."""

    @property
    @abstractmethod
    def complete(self) -> bool:
        """The answer has been given in full."""

    @property
    @abstractmethod
    def begun(self) -> bool:
        """The client has been given the first word, thought or call."""

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

    @abstractmethod
    def keep_alive(self) -> bytes:
        """A sign of life for a client that waits: no bytes if there is none to give right now.

        After it the answer's head is out, so that an error can be told as an event only.
        """

    @abstractmethod
    def head_sent(self) -> None:
        """Notes that the client has had signs of life, and with them the answer's head."""


class EventRelay(Relay):
    """Relays event by event, and sees to it that the stream ends well whatever comes.

    Nothing is given out that is not a whole event, so that an error event can follow at any point. Nothing at all is
    given out before the first word, thought or call tells the answer from the authentication notice; an error until
    then is `refusal`, for the answer's status line still to say. To a user whom ARGO has answered before (`known`) the
    events before the first word go out at once: an error behind them is an event.
    """

    __slots__ = (
        "_awaited",
        "_error",
        "_finished",
        "_frames",
        "_halves",
        "_held",
        "_known",
        "_refusal",
        "_render",
        "_started",
        "_stray",
        "_user",
    )

    def __init__(self, render: Render, user: str, known: auth_notice.KnownUsers | None = None) -> None:
        self._user = user
        self._known = known
        self._render = render
        self._frames = Splitter()
        self._halves = Halves()
        self._started = False
        self._stray = b""  # what came in the place of events
        self._awaited = False  # the client has had signs of life
        self._held: list[bytes] = []
        self._finished = False
        self._refusal: GatewayError | None = None
        self._error: GatewayError | None = None

    @property
    def begun(self) -> bool:
        return self._started

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
            return self.fail(unreadable_event(problem))
        return self._relayed(frames) if self._started else self._relayed_carefully(frames)

    def _relayed(self, frames: list[bytes]) -> bytes:
        for number, frame in enumerate(frames):
            try:
                try:
                    frames[number] = self._one(frame)
                except UnreadableEvent as problem:
                    frames[number] = self._mended(frame, problem)
            except GatewayError as error:
                return self._stop(error, b"".join(frames[:number]))
        return frames[0] if len(frames) == 1 else b"".join(frames)

    def _relayed_carefully(self, frames: list[bytes]) -> bytes:
        """The same one by one, as long as the answer may yet be the notice: however the events fall into reads."""
        given = b""
        for number, frame in enumerate(frames):
            try:
                try:
                    made = self._one(frame)
                except UnreadableEvent as problem:
                    made = self._mended(frame, problem)
                given += self._give(made)
            except GatewayError as error:
                return given + self._stop(error, b"")
            if self._started:
                return given + self._relayed(frames[number + 1 :])
        return given

    def _mended(self, frame: bytes, problem: UnreadableEvent) -> bytes:
        """The same of a frame that cannot be read, if only half characters or NaN are wrong in it. Raises `problem`."""
        if (whole := not_a_number.without(self._halves.whole(frame))) == frame:
            raise self._foreign_error(frame) or problem
        return self._one(whole)

    def _without_data(self, frame: bytes) -> bytes:
        """What the client gets of a frame that has no data: a comment as it is, nothing of what no reader looks at."""
        if is_event(frame):
            return frame
        if frame.lstrip()[:1] == b"{" and (error := self._foreign_error(frame)) is not None:
            raise error
        self._stray += frame[: _LONGEST_STRAY - len(self._stray)]
        return b""

    def _foreign_error(self, frame: bytes) -> GatewayError | None:
        """The error that is told where an event of the stream should be, in a form that is none of the stream's."""
        return None

    def _last(self, rest: bytes) -> bytes:
        """The same of what the stream ended with: an event without its blank line; nothing of the beginning of one."""
        try:
            return self._one(rest)
        except UnreadableEvent as problem:
            try:
                return self._mended(rest, problem)
            except UnreadableEvent:
                return b""

    def _give(self, data: bytes) -> bytes:
        """Gives out bytes, unless the answer may yet turn out to be the authentication notice: then it waits."""
        if self._started or not data:
            return data
        self._held.append(data)
        undecided = not self.complete and self._undecided and auth_notice.may_be_beginning(self._said)
        if undecided and (self._said or len(self._held) <= _PREAMBLE):
            return self._opening()
        if self._known is not None and self._said and not undecided:
            self._known.add(self._user)
        return self._release()

    def _opening(self) -> bytes:
        """What may go out before the first word: nothing, unless ARGO is known to know the user."""
        if self._said or self._known is None or self._user not in self._known:
            return b""
        held, self._held = b"".join(self._held), []
        self.head_sent()
        return held

    def _release(self) -> bytes:
        self._started = True
        held, self._held = b"".join(self._held), []
        return held

    def close(self) -> bytes:
        if self._finished:
            return b""
        try:
            last = self._ending(self._frames.rest())
        except GatewayError as error:
            return self.fail(error)
        if self.complete:
            self._finished = True
            return self._release() + last
        told = self._foreign_error(self._stray) if self._stray else None
        return self._give(last) + self.fail(told or UpstreamError(502, CUT))

    def _completed(self) -> bytes:
        """The client's last bytes, if all has been said but for its formal end; `complete` is True then."""
        return b""

    def fail(self, error: GatewayError) -> bytes:
        return self._stop(error, b"")

    def _stop(self, error: GatewayError, said: bytes) -> bytes:
        """Ends the stream, after `said`: well if all has been said by now, else with the error."""
        if self._finished:
            return b""
        if not isinstance(error, auth_notice.UserNotRegistered):  # that is no answer, however complete
            said += self._completed()
            if self.complete:
                self._finished = True
                return self._release() + said
        self._finished = True
        self._error = error
        if self._known is not None and isinstance(error, auth_notice.UserNotRegistered):
            self._known.discard(self._user)
        if not (self._started or self._awaited):
            self._refusal = error
            return b""
        if not self._started:
            if isinstance(error, auth_notice.UserNotRegistered):
                self._restore_writer()
            else:
                said = self._release() + said
        return said + self._render(error)

    def keep_alive(self) -> bytes:
        if self._finished or self.complete:
            return b""
        held, self._held = b"".join(self._held), []  # the notice does not pause
        sign = self._ping()
        self.head_sent()
        return held + sign

    def head_sent(self) -> None:
        self._awaited = True

    def _restore_writer(self) -> None:  # for those that remember what they have written
        """What was held back is not told: it has not been said."""

    @abstractmethod
    def _ping(self) -> bytes:
        """A sign of life."""


class DetectingRelay(Relay):
    """A relay that is chosen by the stream's first event, which tells the dialect that the stream is in."""

    __slots__ = ("_awaited", "_choose", "_frames", "_held", "_relay", "_size")

    def __init__(self, choose: Callable[[bytes], EventRelay]) -> None:
        self._awaited = False
        self._choose: Callable[[bytes], EventRelay] | None = choose
        self._frames = Splitter()
        self._held: list[bytes] | None = []
        self._size = 0
        self._relay = choose(b"")

    @property
    def complete(self) -> bool:
        return self._relay.complete

    @property
    def begun(self) -> bool:
        return self._relay.begun

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
        if self._size < _LONGEST_BEGINNING:
            first = _first_of(self._frames.feed(data))
            if first is None:
                return b""
        else:
            first = first_event_data(b"".join(self._held))
        assert self._choose is not None  # it is asked once
        self._relay = self._choose(first or b"")
        self._choose = None  # it knows the exchange that has this relay: neither would go before a full collection
        if self._awaited:
            self._relay.head_sent()
        return self._begun()

    def _begun(self) -> bytes:
        held, self._held = b"".join(self._held or ()), None
        return self._relay.feed(held)

    def close(self) -> bytes:
        return self._begun() + self._relay.close()

    def fail(self, error: GatewayError) -> bytes:
        return self._begun() + self._relay.fail(error)

    def keep_alive(self) -> bytes:
        self._awaited = True
        return self._relay.keep_alive()

    def head_sent(self) -> None:
        self._awaited = True
        self._relay.head_sent()


def first_event_data(stream: bytes) -> bytes | None:
    """The data of a stream's first event that has any; None where it is not there yet."""
    return next(iter(event_data_in(stream)), None)


def event_data_in(stream: bytes) -> list[bytes]:
    """The data of each whole event that has any; nothing where one is too large."""
    try:
        frames = Splitter().feed(stream)
    except FrameTooLarge:
        return []
    return [data for data in map(data_of, frames) if data is not None]


def _first_of(frames: list[bytes]) -> bytes | None:
    return next((data for data in map(data_of, frames) if data is not None), None)


class UnreadableEvent(UpstreamError):
    """What came is no event."""


def unreadable_event(problem: Exception) -> UpstreamError:
    """The error that a stream ends in which cannot be read on."""
    return UnreadableEvent(502, f"ARGO sent something in the stream that cannot be read: {problem}")
