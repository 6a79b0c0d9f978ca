"""An answer on its way, in no dialect: a closed union of events.

An answer is `ResponseStart`, then for each part `PartStart`, its deltas and `PartEnd`, then a `ChoiceEnd` for each
choice, then `ResponseEnd`. Parts are numbered from 0 through all choices in the order in which they began; they may
overlap. A part begins empty: all that it says comes in deltas.
"""

from __future__ import annotations

import msgspec

from ..errors import UpstreamError
from .parts import NO_EXTRA, Citation, Extra
from .response import Finish, ResponsePart, Usage


class ResponseStart(msgspec.Struct, frozen=True):
    """The answer begins. `usage` is what is known of it by now.

    Some upstreams begin anew in the middle: what was said before does not count, as far as it is not given out yet.
    """

    id: str
    model: str
    created: int | None = None
    usage: Usage | None = None
    extra: Extra = NO_EXTRA


class PartStart(msgspec.Struct, frozen=True):
    """A part begins; `part` says of what kind it is, and holds what is known of it before it says anything."""

    index: int
    part: ResponsePart
    choice: int = 0


class TextDelta(msgspec.Struct, frozen=True):
    """More of a text. `extra` is what the choice brings along with it (`logprobs`), `part_extra` what the text does."""

    index: int
    text: str
    extra: Extra = NO_EXTRA
    part_extra: Extra = NO_EXTRA


class ReasoningDelta(msgspec.Struct, frozen=True):
    """More of a thought. `extra` is what the upstream's dialect says of it along with it."""

    index: int
    text: str
    extra: Extra = NO_EXTRA


class ToolArgumentsDelta(msgspec.Struct, frozen=True):
    """More of a call's arguments. `extra` is what the upstream's dialect says of the call along with it."""

    index: int
    json: str
    extra: Extra = NO_EXTRA


class SignatureDelta(msgspec.Struct, frozen=True):
    """More of the signature under a thought. `extra` as in `ReasoningDelta`."""

    index: int
    signature: str
    extra: Extra = NO_EXTRA


class CitationAdded(msgspec.Struct, frozen=True):
    """Where something in a text comes from."""

    index: int
    citation: Citation


class OpaqueDelta(msgspec.Struct, frozen=True):
    """More of what only the upstream's dialect knows, as it was written."""

    index: int
    raw: msgspec.Raw


class ExtraDelta(msgspec.Struct, frozen=True):
    """Members that only the upstream's dialect knows: of one of the choices, or of the answer where that is None."""

    choice: int | None
    extra: Extra


class OpaqueEvent(msgspec.Struct, frozen=True):
    """An event that only the upstream's dialect knows, as it was written."""

    kind: str
    raw: msgspec.Raw


class PartEnd(msgspec.Struct, frozen=True):
    """A part is complete."""

    index: int


class ChoiceEnd(msgspec.Struct, frozen=True):
    """One of the answers is complete."""

    choice: int
    finish: Finish
    extra: Extra = NO_EXTRA


class ResponseEnd(msgspec.Struct, frozen=True):
    """All has been said. `usage` is None where the upstream did not tell."""

    usage: Usage | None = None
    extra: Extra = NO_EXTRA


class StreamError(msgspec.Struct, frozen=True):
    """The upstream gives up in the middle."""

    error: UpstreamError


Event = (
    TextDelta
    | ToolArgumentsDelta
    | ReasoningDelta
    | SignatureDelta
    | CitationAdded
    | OpaqueDelta
    | ExtraDelta
    | OpaqueEvent
    | PartStart
    | PartEnd
    | ResponseStart
    | ChoiceEnd
    | ResponseEnd
    | StreamError
)
