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
    ExtraDelta,
    OpaqueDelta,
    OpaqueEvent,
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
from .response import Choice, Response, ResponsePart, Usage

_replace = msgspec.structs.replace
_TEXT = msgspec.json.Decoder(str)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encode = msgspec.json.Encoder().encode


class _Growing:
    """A part that deltas add to."""

    __slots__ = ("choice", "citations", "deltas", "extra", "part", "signature", "text")

    def __init__(self, part: ResponsePart, choice: int) -> None:
        self.part = part
        self.choice = choice
        self.extra: Extra = {}
        self.text: list[str] = []
        self.signature: list[str] = []
        self.citations: list[Citation] = []
        self.deltas: list[msgspec.Raw] = []

    def say(self, text: str, extra: Extra) -> None:
        """Takes more of the text, and what the delta says besides."""
        self.text.append(text)
        if extra:
            self.extra = merge_members(self.extra, extra)

    def whole(self) -> ResponsePart:
        text = "".join(self.text)
        part = self.part
        extra = {} if isinstance(part, OpaquePart) else merge_members(part.extra, self.extra)
        match part:
            case TextPart():
                citations = (*part.citations, *self.citations)
                return _replace(part, written=part.text + text, citations=citations, extra=extra)
            case ReasoningPart():
                signature = (part.signature or "") + "".join(self.signature)
                return _replace(part, text=part.text + text, signature=signature or None, extra=extra)
            case ToolCallPart():
                return _replace(part, arguments=part.arguments + text, extra=extra)
            case OpaquePart():
                return _replace(part, raw=_grown(part.raw, text, self.deltas))
            case _:
                assert_never(part)


def _grown(raw: msgspec.Raw, text: str, deltas: list[msgspec.Raw]) -> msgspec.Raw:
    """An opaque part with the input that streamed, and each delta's members added to its own."""
    if not text.strip() and not deltas:
        return raw
    members = _OBJECT.decode(raw)
    if text.strip():
        members["input"] = arguments_object(text)
    for delta in deltas:
        members = merge_members(
            members, {n: value for n, value in _OBJECT.decode(delta).items() if n != "type"}, grows=True
        )
    return msgspec.Raw(_encode(members))


def arguments_object(arguments: str) -> msgspec.Raw:
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


def is_complete(arguments: str) -> bool:
    """Whether a call's arguments came to their end: none are whole as well."""
    return (
        bytes(arguments_object(arguments)) == arguments.encode() or not arguments.strip() or arguments.strip() == "null"
    )


class Fold:
    """Takes an answer's events one by one; `response` is what they told."""

    def __init__(self) -> None:
        self._start = ResponseStart(id="", model="")
        self._parts: dict[int, _Growing] = {}
        self._ends: dict[int, ChoiceEnd] = {}
        self._extras: dict[int | None, Extra] = {}
        self._usage: Usage | None = None

    def add(self, event: Event) -> None:  # noqa: C901 # an arm for each event
        """Takes the next event. Raises the error that a StreamError reports."""
        match event:
            case TextDelta():
                part = self._parts[event.index]
                part.say(event.text, event.part_extra)
                if event.extra:
                    self._extras[part.choice] = merge_members(self._extras.get(part.choice, {}), event.extra)
            case ToolArgumentsDelta():
                self._parts[event.index].say(event.json, event.extra)
            case ReasoningDelta():
                self._parts[event.index].say(event.text, event.extra)
            case SignatureDelta():
                self._parts[event.index].signature.append(event.signature)
                self._parts[event.index].say("", event.extra)
            case CitationAdded():
                self._parts[event.index].citations.append(event.citation)
            case OpaqueDelta():
                self._parts[event.index].deltas.append(event.raw)
            case PartStart():
                self._parts[event.index] = _Growing(event.part, event.choice)
            case ExtraDelta():
                self._extras[event.choice] = merge_members(self._extras.get(event.choice, {}), event.extra)
            case PartEnd() | OpaqueEvent():
                pass
            case ResponseStart():
                self._start = event
                self._parts, self._extras = {}, {}
            case ChoiceEnd():
                self._ends[event.choice] = event
            case ResponseEnd():
                self._usage = event.usage
                self._extras[None] = merge_members(self._extras.get(None, {}), event.extra)
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
                merge_members(self._extras.get(index, {}), end.extra),
            )
            for index, end in sorted(self._ends.items())
        )
        start = self._start
        extra = merge_members(start.extra, self._extras.get(None, {}))
        return Response(start.id, start.model, choices, self._usage, start.created, extra)


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
        extra = choice.extra  # goes out behind the thoughts, of which it may say more
        for part in choice.parts:
            if extra and not isinstance(part, ReasoningPart):
                yield ExtraDelta(choice.index, extra)
                extra = {}
            yield from events_of_part(part, index, choice.index)
            index += 1
        if extra:
            yield ExtraDelta(choice.index, extra)
    for choice in response.choices:
        yield ChoiceEnd(choice.index, choice.finish)
    yield ResponseEnd(response.usage)


def events_of_part(part: ResponsePart, index: int, choice: int) -> Iterator[Event]:
    """The events that tell one part."""
    match part:
        case TextPart():
            yield PartStart(index, _replace(part, written="", citations=()), choice)
            yield TextDelta(index, part.text)
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


MESSAGE_EXTRA = "message_extra"
"""The member of a choice's `extra` that holds what its message, or delta, has besides."""

_REPEATED = frozenset({"role", "type", "id", "index", "name", "format"})
"""Members that a later delta repeats, where any other text is more of it."""


def merge_members(before: Extra, more: Extra, grows: bool = False) -> Extra:
    """Two sets of members that came one after the other as one, as the vendors' SDKs put them together.

    Lists are put one behind the other, objects are joined member by member; of anything else the later counts, unless
    it is null. Where they are a delta's (`grows`, or under `MESSAGE_EXTRA`), a text is more of the one before.
    """
    result = dict(before)
    for name, value in more.items():
        growing = (grows or name == MESSAGE_EXTRA) and name not in _REPEATED
        result[name] = _merge_member(result[name], value, growing) if name in result else value
    return result


def _merge_member(before: msgspec.Raw, more: msgspec.Raw, grows: bool) -> msgspec.Raw:
    if bytes(more) == b"null":
        return before
    first, second = bytes(before)[:1], bytes(more)[:1]
    if grows and first == second == b'"':
        return msgspec.Raw(_encode(_TEXT.decode(before) + _TEXT.decode(more)))
    if first == second == b"[":
        return msgspec.Raw(_encode([*_LIST.decode(before), *_LIST.decode(more)]))
    if first == second == b"{":
        return msgspec.Raw(_encode(merge_members(_OBJECT.decode(before), _OBJECT.decode(more), grows)))
    return more
