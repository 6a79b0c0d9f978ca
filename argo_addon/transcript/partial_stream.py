"""What a stream told until it ended or broke off. It knows readers and events, and no dialect."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ..dialects.base import Reader
from ..errors import UNREADABLE, ClientError, UpstreamError
from ..ir.events import (
    ChoiceEnd,
    Event,
    ExtraDelta,
    PartStart,
    ReasoningDelta,
    ResponseStart,
    SignatureDelta,
    StreamError,
    TextDelta,
    ToolArgumentsDelta,
)
from ..ir.fold import Fold
from ..ir.response import Finish, FinishReason, Response

_replace = msgspec.structs.replace
_DONE = b"[DONE]"
_UNENDED = Finish(FinishReason.STOP)
UNREADABLE_RESPONSE = (*UNREADABLE, UpstreamError, ClientError, KeyError, IndexError, ValueError)
"""What readers raise for what does not fit, wherever in a stream it stands."""


class Told(msgspec.Struct):
    """An answer as far as it was told: `unended` are the choices without an end, `remarks` what to say of it."""

    response: Response
    pieces: int = 0
    unended: frozenset[int] = frozenset()
    errors: list[UpstreamError] = []
    remarks: list[str] = []


class _Teller:
    """Takes an answer's events and holds what they tell, errors and broken ends included."""

    def __init__(self) -> None:
        self._fold = Fold()
        self._begun: set[int] = set()
        self._ended: set[int] = set()
        self._started = False
        self.errors: list[UpstreamError] = []
        self.notes: list[str] = []

    def add(self, event: Event) -> None:
        match event:
            case StreamError():
                self.errors.append(event.error)
                return
            case ExtraDelta():
                return  # only its dialect knows it, and joining many of them takes long
            case TextDelta() if event.extra or event.part_extra:
                event = TextDelta(event.index, event.text)
            case ReasoningDelta() | SignatureDelta() | ToolArgumentsDelta() if event.extra:
                event = _replace(event, extra={})
            case ResponseStart():
                if self._started:
                    self.notes.append("the answer began anew in the middle: what came before and after is shown")
                    return
                self._started = True
            case PartStart():
                self._begun.add(event.choice)
            case ChoiceEnd():
                self._ended.add(event.choice)
        self._fold.add(event)

    def told(self, pieces: int, remarks: list[str]) -> Told:
        unended = frozenset(self._begun - self._ended)
        for choice in unended:
            self._fold.add(ChoiceEnd(choice, _UNENDED))
        return Told(self._fold.response(), pieces, unended, self.errors, remarks)


def read_partial(reader: Reader, pieces: Iterable[bytes]) -> Told:
    """What the reader makes of a stream's pieces: what it cannot read is left out, and told."""
    teller = _Teller()
    remarks: list[str] = []
    count = late = 0
    for count, piece in enumerate(pieces, 1):
        if reader.complete:
            late += piece != _DONE
            continue
        try:
            for event in reader.read(piece):
                teller.add(event)
        except UNREADABLE_RESPONSE as problem:
            remarks.append(f"piece {count}: {problem}")
    try:
        for event in reader.close():
            teller.add(event)
    except UNREADABLE_RESPONSE as problem:
        remarks.append(f"the end: {problem}")
    if late:
        teller.notes.append(f"pieces after the answer's end: {late}")
    return teller.told(count, [*remarks, *teller.notes])
