"""A stream of Chat Completions, read into the neutral form.

The API says nowhere that a part of an answer has ended, nor, to all that call themselves like it, where a call begins:
parts end when another kind begins, calls at the answer's end, since their pieces may interleave (pitfalls 3.18, 4.13).
"""

from __future__ import annotations

import msgspec

from ...errors import UNREADABLE, UpstreamError
from ...ir.events import (
    ChoiceEnd,
    CitationAdded,
    Event,
    ExtraDelta,
    PartEnd,
    PartStart,
    ReasoningDelta,
    ResponseEnd,
    ResponseStart,
    SignatureDelta,
    StreamError,
    TextDelta,
    ToolArgumentsDelta,
)
from ...ir.parts import Extra, ReasoningPart, TextPart, ToolCallPart
from ...ir.response import ResponsePart, consistent_finish
from ...translation.identifiers import own_id
from ..base import Reader
from ..shared.foreign_errors import NAMELESS, foreign_error
from ..shared.lenient import Lenient
from ..shared.raw_members import object_in
from ..shared.wrapped_errors import detail_in
from . import wire
from .decode_response import counts_of, created_of, id_of
from .passthrough import calls_in, choice_extras, choices_in, response_extras, says_nothing
from .response_parts import arguments_of, citation_of, content_of, finish_of, signature_of, usage_of
from .stream_observer import upstream_error

_CHUNK = Lenient(wire.ResponseBody)
_EMPTY_MESSAGE = wire.ResponseMessage()
_NULL = b"null"
_MOST_BLANKS = 100
"""Characters of a call's beginning in which nothing has been said before they are passed on all the same."""
_TEXT, _REFUSAL, _THOUGHT = TextPart(""), TextPart("", refusal=True), ReasoningPart("")


class _Call:
    """A call under way. Its part begins once its name is known; until then its arguments wait."""

    __slots__ = ("_held", "arguments", "custom", "id", "name", "number", "written_id")

    def __init__(self, identifier: str, written_id: str) -> None:
        self.id = identifier
        self.written_id = written_id
        self.name = ""
        self.number: int | None = None
        self.arguments: list[str] = []
        self.custom = False
        self._held = ""

    def add(self, arguments: str) -> None:
        """Takes the next piece of the arguments."""
        if arguments:
            self.arguments.append(arguments)
            self._held += arguments

    def ready_events(self, last: bool = False) -> list[Event]:
        """What there is to tell of the arguments. Blanks and `null`, which say that there are none, wait."""
        arguments = self._held
        if not self.custom and len(arguments) < _MOST_BLANKS and "null".startswith(arguments.strip()):
            if not last:
                return []
            arguments = "{}" if arguments.strip() in ("", "null") and not self._any_sent() else arguments
        self._held = ""
        return [ToolArgumentsDelta(self.number or 0, arguments)] if arguments else []

    def _any_sent(self) -> bool:
        return sum(map(len, self.arguments)) > len(self._held)


class _Choice:
    """One of the answers, as far as it has come."""

    __slots__ = ("calls", "current", "ended", "finish", "kind", "last", "refuses", "thought")

    def __init__(self) -> None:
        self.current: int | None = None  # the open part that is no call
        self.kind: ResponsePart | None = None
        self.calls: list[_Call] = []
        self.last: dict[int | None, _Call] = {}  # the call that each upstream index stands for
        self.finish: str | None = None
        self.ended = False  # its end has been told, though more may come
        self.refuses = False
        self.thought = False  # outside of `reasoning_details`


class ChunkReader(Reader):
    """Reads a stream's chunks."""

    def __init__(self, keep_extra: bool) -> None:
        self._keep_extra = keep_extra
        self._started = False
        self._id = ""
        self._before: Extra = {}
        self._count = 0
        self._choices: dict[int, _Choice] = {}
        self._taken: set[str] = set()  # ids of calls
        self._counts: wire.Counts | None = None
        self._written: Extra = {}

    def read(self, data: bytes) -> list[Event]:
        if self.complete:
            return []
        if data == b"[DONE]":
            if not self._started:
                return [StreamError(UpstreamError(502, "ARGO ended the stream without an answer."))]
            return self._stop()
        chunk = _CHUNK.decode(data)
        if (detail := detail_in(chunk.error)) is not None:
            return [StreamError(upstream_error(detail, None))]
        if chunk.choices is None and (error := foreign_error(data)) is not None:
            return [StreamError(error)]
        members = object_in(data) if self._keep_extra else {}
        if (counts := chunk.usage if self._keep_extra else counts_of(chunk)) is not None:
            self._counts = counts
            self._written = object_in(members.get("usage", b""))
        events = self._response_extra(members) if self._keep_extra else []
        if not self._started:
            events += self._begin(chunk)
        raws = choices_in(members)
        for number, choice in enumerate(chunk.choices or ()):
            events += self._choice(choice, raws[number] if self._keep_extra else {})
        return events

    def close(self) -> list[Event]:
        finished = [choice.finish is not None for choice in self._choices.values()]
        return self._stop() if not self.complete and finished and all(finished) else []

    def _response_extra(self, members: Extra) -> list[Event]:
        """What this chunk says besides, where it is something else than the one before."""
        extra = response_extras(members)
        if extra == self._before:
            return []
        self._before = extra if self._started else {**self._before, **extra}
        return [ExtraDelta(None, extra)] if self._started else []

    def _begin(self, chunk: wire.ResponseBody) -> list[Event]:
        """The answer's beginning: the first chunk that says whose it is (Azure sends another one before)."""
        if not chunk.choices and not chunk.id:
            return []
        self._started = True
        self._id = id_of(chunk)
        return [ResponseStart(self._id, chunk.model or "", created_of(chunk), extra=self._before)]

    def _choice(self, written: wire.ResponseChoice, members: Extra) -> list[Event]:
        index = written.index or 0
        choice = self._choices.get(index)
        if choice is None:
            choice = self._choices[index] = _Choice()
        if written.finish_reason:
            choice.finish = written.finish_reason
        message = written.delta or written.message or _EMPTY_MESSAGE
        if self._keep_extra:
            return self._same_dialect_delta(choice, written, message, members)
        if type(message.content) is str and message.content and _only_text(message):  # by far the most
            return [*self._part(choice, index, _TEXT), TextDelta(self._current(choice), message.content)]
        return self._delta(choice, index, message)

    def _same_dialect_delta(
        self, choice: _Choice, written: wire.ResponseChoice, message: wire.ResponseMessage, members: Extra
    ) -> list[Event]:
        """What goes to a client of this dialect: what the neutral form carries, and with it all else as it stands."""
        index, extra, events = written.index or 0, choice_extras(members), []
        if choice.ended:  # an empty text behind the reason for the end would look like more to come
            extra = {name: value for name, value in extra.items() if not says_nothing(value)}
        if message.reasoning_content:
            events += self._part(choice, index, _THOUGHT)
            events.append(ReasoningDelta(self._current(choice), message.reasoning_content))
        for kind, text in ((_TEXT, message.content), (_REFUSAL, message.refusal)):
            if isinstance(text, str) and text:
                events += [*self._part(choice, index, kind), TextDelta(self._current(choice), text, extra)]
                extra = {}
        if extra and not written.finish_reason:
            events.insert(0, ExtraDelta(index, extra))
        call_extras = calls_in(members)
        for number, call in enumerate(message.tool_calls or ()):
            events += self._call(choice, index, call, call_extras[number])
        if written.finish_reason:
            events += self._ended(choice)
            for begun in choice.calls:
                events += begun.ready_events(last=True) if begun.number is not None else []
            events.append(self._end(choice, index, extra))
        return events

    def _end(self, choice: _Choice, index: int, extra: Extra) -> ChoiceEnd:
        choice.ended = True
        finish = finish_of(choice.finish)
        if not self._keep_extra or not finish.raw:
            finish = consistent_finish(finish, bool(choice.calls), choice.refuses)
        return ChoiceEnd(index, finish, extra)

    def _delta(self, choice: _Choice, index: int, message: wire.ResponseMessage) -> list[Event]:
        content = content_of(message, choice.thought)
        choice.thought = choice.thought or bool(content.thought and not message.reasoning_details)
        events: list[Event] = []
        for data in content.redacted:
            events += [*self._part(choice, index, ReasoningPart("", redacted=data)), *self._ended(choice)]
        if content.thought or content.signature:
            events += self._part(choice, index, _THOUGHT)
        if content.thought:
            events.append(ReasoningDelta(self._current(choice), content.thought))
        if content.signature:
            events.append(SignatureDelta(self._current(choice), content.signature))
        if content.text:
            events += [*self._part(choice, index, _TEXT), TextDelta(self._current(choice), content.text)]
        if message.refusal:
            choice.refuses = True
            events += [*self._part(choice, index, _REFUSAL), TextDelta(self._current(choice), message.refusal)]
        for raw in message.annotations or ():
            events += [*self._part(choice, index, _TEXT), CitationAdded(self._current(choice), citation_of(raw))]
        for call in message.calls:
            events += self._call(choice, index, call, {})
        return events

    def _current(self, choice: _Choice) -> int:
        assert choice.current is not None
        return choice.current

    def _part(self, choice: _Choice, index: int, kind: ResponsePart) -> list[Event]:
        """Sees to it that the choice's open part is of this kind."""
        if choice.kind is kind:
            return []
        events = self._ended(choice)
        choice.current, choice.kind = self._count, kind
        self._count += 1
        return [*events, PartStart(choice.current, kind, index)]

    def _ended(self, choice: _Choice) -> list[Event]:
        if choice.current is None:
            return []
        ended: list[Event] = [PartEnd(choice.current)]
        choice.current = choice.kind = None
        return ended

    def _call(self, choice: _Choice, index: int, delta: wire.CallDelta, extra: Extra) -> list[Event]:
        call = self._call_of(choice, delta)
        name = delta.custom.name if delta.custom is not None else (delta.function.name if delta.function else None)
        arguments = delta.custom.input if delta.custom is not None else arguments_of(delta.function)
        call.custom = call.custom or delta.custom is not None
        call.name = call.name or name or ""
        call.add(arguments)
        if not call.name:
            return []
        if call.number is None:
            return [
                *self._ended(choice),
                *self._call_begun(call, index, delta.extra_content, extra),
                *call.ready_events(),
            ]
        if extra:
            return [ToolArgumentsDelta(call.number, "", extra), *call.ready_events()]
        return call.ready_events()

    def _call_begun(self, call: _Call, index: int, signed: msgspec.Raw, extra: Extra) -> list[Event]:
        events: list[Event] = []
        if not self._keep_extra and (signature := signature_of(signed)) is not None:
            number = self._count
            events = [PartStart(number, _THOUGHT, index), SignatureDelta(number, signature), PartEnd(number)]
            self._count += 1
        call.number = self._count
        self._count += 1
        begun = ToolCallPart(call.id, call.name, "", custom=call.custom, extra=extra)
        return [*events, PartStart(call.number, begun, index)]

    def _call_of(self, choice: _Choice, delta: wire.CallDelta) -> _Call:
        """The call that a piece belongs to: the one at its index, unless it says that it begins another."""
        named = delta.function is not None and bool(delta.function.name)
        known = choice.last.get(delta.index)
        if delta.index is None and known is None and choice.calls and not (delta.id or named):
            known = choice.calls[-1]
        if known is not None and not _begins_another(known, delta, named):
            return known
        calls = sum(len(other.calls) for other in self._choices.values())
        written = delta.id or ""
        taken = set() if self._keep_extra else self._taken
        call = _Call(own_id(written, taken, self._id, calls), written)
        choice.calls.append(call)
        choice.last[delta.index] = call
        return call

    def _stop(self) -> list[Event]:
        if any(choice.finish == "error" for choice in self._choices.values()) and not self._keep_extra:
            return [StreamError(UpstreamError(502, NAMELESS))]
        self.complete = True
        events: list[Event] = [] if self._started else [ResponseStart("", "")]
        choices = self._choices or {0: _Choice()}
        for index, choice in sorted(choices.items()):
            events += self._ended(choice)
            for call in choice.calls:
                if call.number is None:
                    events += self._call_begun(call, index, msgspec.Raw(_NULL), {})
                events += [*call.ready_events(last=True), PartEnd(call.number or 0)]
        events += [self._end(choice, index, {}) for index, choice in sorted(choices.items()) if not choice.ended]
        return [*events, ResponseEnd(usage_of(self._counts, self._written))]


def _only_text(message: wire.ResponseMessage) -> bool:
    return not (
        message.tool_calls
        or message.function_call
        or message.reasoning_content
        or message.refusal
        or message.annotations
        or message.reasoning_details
        or bytes(message.reasoning) != _NULL
    )


def _begins_another(known: _Call, delta: wire.CallDelta, named: bool) -> bool:
    """Whether a piece begins another call at an index that one has already: by a new id, or by a name once more.

    Some repeat a call's id with every piece, or its name; some leave ids out, and indexes (pitfalls 3.18).
    """
    if delta.id:
        return delta.id != known.written_id and (named or _is_whole("".join(known.arguments)))
    return named and bool(known.name) and (delta.index is None or _is_whole("".join(known.arguments)))


def _is_whole(arguments: str) -> bool:
    if not arguments.rstrip().endswith("}"):
        return False
    try:
        msgspec.json.decode(arguments)
    except UNREADABLE:
        return False
    return True
