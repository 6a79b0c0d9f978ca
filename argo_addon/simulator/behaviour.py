"""How the simulator misbehaves when told to. It knows no wire format and no HTTP library."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class Match(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Which request a behaviour is for: all that is given must fit. `text` is looked for in the raw body."""

    model: str | None = None
    path: str | None = None
    text: str | None = None


class StreamError(msgspec.Struct, forbid_unknown_fields=True):
    """An error event after so many events of a stream."""

    after: int = 1
    type: str = "overloaded_error"
    message: str = "Overloaded"


class ToolCall(msgspec.Struct, forbid_unknown_fields=True):
    """A call that the model is to make."""

    name: str
    arguments: dict[str, Any] = {}


class Behaviour(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What becomes of the next `times` requests that fit. Seconds, and counts of events."""

    match: Match = Match()
    times: int = 1
    delay: float = 0
    """Before the answer's head."""
    first_delay: float = 0
    """Between the head and the first event."""
    status: int | None = None
    headers: dict[str, str] = {}
    """Of the answer with that status."""
    cut_after: int | None = None
    """The connection is aborted after so many events."""
    cut_mid_event: bool = False
    """The cut goes through the next event."""
    end_after: int | None = None
    """The stream ends properly after so many events, whatever was still to come."""
    garbage: Literal["html", "json", "sse", "bytes"] | None = None
    after: int = 1
    """Events before the garbage of a stream."""
    notice: bool = False
    """The authentication notice in place of an answer."""
    stream_error: StreamError | None = None
    error_in_200: bool = False
    """A stream that begins with an error event; a plain answer that is one."""
    hang: bool = False
    refuse_stream_required: bool = False
    openai_layout: bool = False
    """A plain message in the OpenAI layout."""
    think: bool = False
    leak_tool_call: bool = False
    text: str | None = None
    tool_calls: list[ToolCall] | None = None
    stop: Literal["end", "calls", "limit"] | None = None


_DECODER = msgspec.json.Decoder(list[Behaviour])
NONE = Behaviour()


class Behaviours:
    """The queue: each is used up by the first requests that fit it."""

    def __init__(self) -> None:
        self._queue: list[Behaviour] = []

    def add(self, body: bytes) -> int:
        """Takes a JSON list; returns how many wait. Raises msgspec.MsgspecError, which names what is wrong."""
        self._queue += _DECODER.decode(body)
        return len(self._queue)

    def clear(self) -> None:
        """Forgets those that wait."""
        self._queue.clear()

    def take(self, path: str, model: str, body: str) -> Behaviour:
        """The behaviour for a request; the good one if none fits."""
        for index, behaviour in enumerate(self._queue):
            match = behaviour.match
            if (
                (match.model is None or match.model == model)
                and (match.path is None or match.path in path)
                and (match.text is None or match.text in body)
            ):
                if behaviour.times > 1:
                    self._queue[index] = msgspec.structs.replace(behaviour, times=behaviour.times - 1)
                else:
                    del self._queue[index]
                return behaviour
        return NONE
