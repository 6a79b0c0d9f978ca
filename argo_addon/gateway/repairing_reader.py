"""A stream's calls that leaked into its text, made calls again as the stream is read. It knows no dialect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

import msgspec

from ..dialects.base import Reader
from ..ir.events import (
    ChoiceEnd,
    Event,
    PartEnd,
    PartStart,
    ReasoningDelta,
    ResponseStart,
    StreamError,
    TextDelta,
    ToolArgumentsDelta,
)
from ..ir.parts import TextPart, ToolCallPart
from ..translation.leaked_tool_calls import LeakFinder, finish_with_calls

_replace = msgspec.structs.replace


class RepairingReader(Reader):
    """Reads a stream by way of another reader; calls that leaked into its text come at the answer's end."""

    def __init__(self, reader: Reader, names: Set[str]) -> None:
        self._reader = reader
        self._names = names
        self._finders: dict[int, LeakFinder] = {}  # of the texts under way
        self._found: list[ToolCallPart] = []
        self._next = 0

    def read(self, data: bytes) -> Sequence[Event]:
        events = self._reader.read(data)
        self.complete = self._reader.complete
        if len(events) == 1 and type(events[0]) is TextDelta:
            return self._text(events[0])
        return [told for event in events for told in self._told(event)]

    def repeated(self, event: TextDelta | ReasoningDelta) -> Sequence[Event]:
        return self._text(event) if isinstance(event, TextDelta) else (event,)

    def close(self) -> Sequence[Event]:
        events = [told for event in self._reader.close() for told in self._told(event)]
        self.complete = self._reader.complete
        return [*self._left(), *events]

    def _left(self) -> list[Event]:
        """What is held back of texts that have not ended."""
        return [TextDelta(index, held) for index, finder in self._finders.items() if (held := finder.rest())]

    def _text(self, event: TextDelta) -> Sequence[Event]:
        finder = self._finders.get(event.index)
        if finder is None:
            return (event,)
        text = finder.feed(event.text)
        if text == event.text:
            return (event,)
        return (_replace(event, text=text),) if text or event.extra else ()

    def _told(self, event: Event) -> Iterator[Event]:
        match event:
            case TextDelta():
                yield from self._text(event)
            case PartStart():
                self._next = max(self._next, event.index + 1)
                if isinstance(event.part, TextPart) and not event.part.refusal:
                    self._finders[event.index] = LeakFinder(self._names)
                yield event
            case PartEnd():
                yield from self._ended(event.index)
                yield event
            case ChoiceEnd() if self._found:
                yield from self._calls(event.choice)
                yield _replace(event, finish=finish_with_calls(event.finish))
            case ResponseStart():
                self._finders, self._found = {}, []
                yield event
            case StreamError():
                yield from self._left()
                yield event
            case _:
                yield event

    def _ended(self, index: int) -> Iterator[Event]:
        finder = self._finders.pop(index, None)
        if finder is None:
            return
        if held := finder.rest():
            yield TextDelta(index, held)
        self._found += finder.calls

    def _calls(self, choice: int) -> Iterator[Event]:
        for call in self._found:
            yield PartStart(self._next, _replace(call, arguments=""), choice)
            yield ToolArgumentsDelta(self._next, call.arguments)
            yield PartEnd(self._next)
            self._next += 1
        self._found = []
