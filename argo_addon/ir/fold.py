"""Events to the answer that they tell, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from typing_extensions import assert_never

from ..errors import UNREADABLE
from .events import (
    ChoiceEnd,
    CitationAdded,
    Event,
    OpaqueDelta,
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
from .parts import Citation, Extra, OpaquePart, ReasoningPart, TextPart, ToolCallPart
from .response import Choice, Response, Said, Usage

_replace = msgspec.structs.replace
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encode = msgspec.json.Encoder().encode


class _Growing:
    """A part that deltas add to."""

    __slots__ = ("choice", "citations", "deltas", "part", "signature", "text")

    def __init__(self, part: Said, choice: int) -> None:
        self.part = part
        self.choice = choice
        self.text: list[str] = []
        self.signature: list[str] = []
        self.citations: list[Citation] = []
        self.deltas: list[msgspec.Raw] = []

    def whole(self) -> Said:
        text = "".join(self.text)
        part = self.part
        match part:
            case TextPart():
                return _replace(part, text=part.text + text, citations=(*part.citations, *self.citations))
            case ReasoningPart():
                signature = (part.signature or "") + "".join(self.signature)
                return _replace(part, text=part.text + text, signature=signature or None)
            case ToolCallPart():
                return _replace(part, arguments=part.arguments + text)
            case OpaquePart():
                return _replace(part, raw=_grown(part.raw, text, self.deltas))
            case _:
                assert_never(part)


def _grown(raw: msgspec.Raw, text: str, deltas: list[msgspec.Raw]) -> msgspec.Raw:
    """An opaque part with the input that streamed, and each delta's members in place of its own."""
    if not text.strip() and not deltas:
        return raw
    members = _OBJECT.decode(raw)
    if text.strip():
        members["input"] = whole_input(text)
    for delta in deltas:
        members.update({name: value for name, value in _OBJECT.decode(delta).items() if name != "type"})
    return msgspec.Raw(_encode(members))


def whole_input(arguments: str) -> msgspec.Raw:
    """A call's arguments as the JSON object that they must be: none are an empty one, what is none goes under `_raw`.

    pitfalls 4.3 and 4.4.
    """
    if not arguments.strip() or arguments.strip() == "null":
        return msgspec.Raw(b"{}")
    try:
        _OBJECT.decode(arguments)
    except UNREADABLE:
        return msgspec.Raw(_encode({"_raw": arguments}))
    return msgspec.Raw(arguments.encode())


class Fold:
    """Takes an answer's events one by one; `response` is what they told."""

    def __init__(self) -> None:
        self._start = ResponseStart(id="", model="")
        self._parts: dict[int, _Growing] = {}
        self._ends: dict[int, ChoiceEnd] = {}
        self._extras: dict[int, Extra] = {}
        self._usage: Usage | None = None

    def add(self, event: Event) -> None:  # noqa: C901 # an arm for each event
        """Takes the next event. Raises the error that a StreamError reports."""
        match event:
            case TextDelta():
                part = self._parts[event.index]
                part.text.append(event.text)
                if event.extra:
                    self._extras[part.choice] = joined(self._extras.get(part.choice, {}), event.extra)
            case ToolArgumentsDelta():
                self._parts[event.index].text.append(event.json)
            case ReasoningDelta():
                self._parts[event.index].text.append(event.text)
            case SignatureDelta():
                self._parts[event.index].signature.append(event.signature)
            case CitationAdded():
                self._parts[event.index].citations.append(event.citation)
            case OpaqueDelta():
                self._parts[event.index].deltas.append(event.raw)
            case PartStart():
                self._parts[event.index] = _Growing(event.part, event.choice)
            case PartEnd():
                pass
            case ResponseStart():
                self._start = event
                self._parts = {}
            case ChoiceEnd():
                self._ends[event.choice] = event
            case ResponseEnd():
                self._usage = event.usage
            case StreamError():
                raise event.error
            case _:
                assert_never(event)

    def response(self) -> Response:
        """The whole answer."""
        choices = tuple(
            Choice(
                index,
                tuple(part.whole() for part in self._parts.values() if part.choice == index),
                end.finish,
                joined(self._extras.get(index, {}), end.extra),
            )
            for index, end in sorted(self._ends.items())
        )
        start = self._start
        return Response(start.id, start.model, choices, self._usage, start.created, start.extra)


def fold(events: Iterable[Event]) -> Response:
    """The answer that the events tell. Raises the error that a StreamError reports."""
    folding = Fold()
    for event in events:
        folding.add(event)
    return folding.response()


def unfold(response: Response) -> Iterator[Event]:
    """The events that tell an answer."""
    yield ResponseStart(response.id, response.model, response.created, response.usage, response.extra)
    index = 0
    for choice in response.choices:
        for number, part in enumerate(choice.parts):
            extra = choice.extra if number == 0 else {}
            yield from _told(part, index, choice.index, extra)
            index += 1
    for choice in response.choices:
        yield ChoiceEnd(choice.index, choice.finish, {} if choice.parts else choice.extra)
    yield ResponseEnd(response.usage)


def _told(part: Said, index: int, choice: int, extra: Extra) -> Iterator[Event]:
    match part:
        case TextPart():
            yield PartStart(index, _replace(part, text="", citations=()), choice)
            yield TextDelta(index, part.text, extra)
            for citation in part.citations:
                yield CitationAdded(index, citation)
        case ReasoningPart():
            yield PartStart(index, _replace(part, text="", signature=None), choice)
            if part.text:
                yield ReasoningDelta(index, part.text)
            if part.signature:
                yield SignatureDelta(index, part.signature)
        case ToolCallPart():
            yield PartStart(index, _replace(part, arguments=""), choice)
            yield ToolArgumentsDelta(index, part.arguments)
        case OpaquePart():
            yield PartStart(index, part, choice)
        case _:
            assert_never(part)
    yield PartEnd(index)


def joined(before: Extra, more: Extra) -> Extra:
    """Two sets of a choice's members as one; what are lists within (`logprobs`) are put one behind the other."""
    result = dict(before)
    for name, value in more.items():
        result[name] = _joined(result[name], value) if name in result else value
    return result


def _joined(before: msgspec.Raw, more: msgspec.Raw) -> msgspec.Raw:
    if bytes(more) == b"null":
        return before
    first, second = bytes(before)[:1], bytes(more)[:1]
    if first == second == b"[":
        return msgspec.Raw(_encode([*_LIST.decode(before), *_LIST.decode(more)]))
    if first == second == b"{":
        return msgspec.Raw(_encode(joined(_OBJECT.decode(before), _OBJECT.decode(more))))
    return more
