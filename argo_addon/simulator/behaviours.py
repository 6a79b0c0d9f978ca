"""How a test makes the simulator misbehave: the queue of behaviours, each for the first request that it matches.

The keys are those of docs/reference/simulator.md. Knows no wire format.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from argo_addon.simulator.jsons import JsonObject


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which requests; what is not given does not matter. Without a path, requests that ask a model."""

    model: str | None = None
    path: str | None = None
    """Part of the path."""
    text: str | None = None
    """Part of the body as it came."""


class StreamError(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An error in the middle of a stream."""

    after: int = 1
    """Events before it."""
    type: str = "overloaded_error"
    message: str = "Overloaded"


class ToolCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A call to be made. Arguments that are text go out as they stand, valid JSON or not."""

    name: str
    arguments: JsonObject | str = {}


Garbage = Literal["html", "json", "sse", "bytes"]


class Behaviour(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to do with the requests that match."""

    match: Match = Match()
    times: int = 1
    """How many requests."""
    status: int | None = None
    """Answer with this error."""
    headers: dict[str, str] = {}
    """More headers, of errors and of answers."""
    message: str | None = None
    """What the error says."""
    inner_status: int | None = None
    """The vendor's status inside the error, where it is not ARGO's."""
    delay: float = 0
    """Seconds before the head of the answer."""
    first_delay: float = 0
    """Seconds between the head and the first event."""
    cut_after: int | None = None
    """The connection breaks after so many events."""
    cut_mid_event: bool = False
    """It breaks within the event that would follow."""
    end_after: int | None = None
    """The stream ends, in good order, after so many events."""
    garbage: Garbage | None = None
    after: int = 1
    """Events before the broken one of `garbage: sse`."""
    notice: bool = False
    """Answer with the authentication notice."""
    stream_error: StreamError | None = None
    error_in_200: bool = False
    """A 200 that is an error."""
    hang: bool = False
    """Never answer."""
    refuse_stream_required: bool = False
    """Answer that streaming is required."""
    openai_layout: bool = False
    """Answer Messages in OpenAI's layout."""
    think: bool = False
    leak_tool_call: bool = False
    """A tool call as Python's repr in the text."""
    text: str | None = None
    tool_calls: tuple[ToolCall, ...] | None = None
    stop: str | None = None
    """The stop reason: `end`, `calls`, `limit` or `sequence` in the layout's word, any other as it stands."""


NONE = Behaviour()
_DECODER = msgspec.json.Decoder(tuple[Behaviour, ...])
_ACTIONS = frozenset(Behaviour.__struct_fields__) - {"match", "times", "headers", "message", "inner_status", "after"}


class Queue:
    """The behaviours that wait."""

    def __init__(self) -> None:
        self._waiting: list[Behaviour] = []

    def add(self, raw: bytes) -> None:
        """Takes a JSON list. Raises ValueError that says what is wrong with it."""
        try:
            added = _DECODER.decode(raw)
        except msgspec.MsgspecError as error:
            raise ValueError(f"behaviours: {error}") from error
        for index, behaviour in enumerate(added):
            for wrong, reason in _FAULTS:
                if wrong(behaviour):
                    raise ValueError(f"behaviours: {reason} - at `$[{index}]`")
        self._waiting += added

    def clear(self) -> None:
        """Forgets what was to go wrong."""
        self._waiting.clear()

    def take(self, path: str, model: str, body: str, *, asks: bool) -> Behaviour:
        """The first that matches, which is used up by it; NONE if there is none. `asks`: it asks a model."""
        for index, behaviour in enumerate(self._waiting):
            if not _matches(behaviour.match, path, model, body, asks):
                continue
            left = msgspec.structs.replace(behaviour, times=behaviour.times - 1)
            self._waiting[index : index + 1] = [left] if left.times else []
            return behaviour
        return NONE


_FAULTS: tuple[tuple[Callable[[Behaviour], bool], str], ...] = (
    (lambda one: one.times < 1, "times must be at least 1"),
    (lambda one: all(getattr(one, name) == getattr(NONE, name) for name in _ACTIONS), "it does nothing"),
    (lambda one: one.cut_mid_event and one.cut_after is None, "cut_mid_event needs cut_after"),
    (lambda one: one.status is not None and not 200 <= one.status <= 599, "status must be 200 to 599"),
    (lambda one: one.status is not None and one.status < 400 and not one.garbage, "status must be an error"),
    (lambda one: one.after < 0, "after must not be negative"),
)


def _matches(match: Match, path: str, model: str, body: str, asks: bool) -> bool:
    return (
        (asks if match.path is None else match.path in path)
        and match.model in (None, model)
        and (match.text is None or match.text in body)
    )
