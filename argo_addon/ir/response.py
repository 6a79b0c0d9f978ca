"""An answer, in no dialect."""

from __future__ import annotations

import enum

import msgspec

from .parts import NO_EXTRA, Extra, OpaquePart, ReasoningPart, TextPart, ToolCallPart

ResponsePart = TextPart | ReasoningPart | ToolCallPart | OpaquePart
"""What an answer is made of."""


class FinishReason(enum.Enum):
    """Why an answer ended."""

    STOP = "stop"
    STOP_SEQUENCE = "stop_sequence"
    LENGTH = "length"
    CONTEXT = "context"
    """The context window was full."""
    TOOL_CALLS = "tool_calls"
    REFUSAL = "refusal"
    PAUSE = "pause"
    """A long turn of built-in tools stopped to be continued."""


class Finish(msgspec.Struct, frozen=True):
    """How one answer ended. `raw` is the reason in the upstream's own word; `explanation` is why it was refused."""

    reason: FinishReason
    raw: str = ""
    stop_sequence: str | None = None
    explanation: str | None = None
    extra: Extra = NO_EXTRA


class Usage(msgspec.Struct, frozen=True):
    """Tokens. `input` counts all of the prompt, what was read from and written to the cache included (pitfalls 6.1).

    `output` counts `reasoning` in, where that is known.
    """

    input: int = 0
    output: int = 0
    cache_read: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None
    extra: Extra = NO_EXTRA


class Choice(msgspec.Struct, frozen=True):
    """One of the answers to a request."""

    index: int
    parts: tuple[ResponsePart, ...]
    finish: Finish
    extra: Extra = NO_EXTRA


class Response(msgspec.Struct, frozen=True):
    """The answers to a request. `id` and `model` are the upstream's; `created` is in seconds since 1970."""

    id: str
    model: str
    choices: tuple[Choice, ...]
    usage: Usage | None = None
    created: int | None = None
    extra: Extra = NO_EXTRA


def consistent_finish(finish: Finish, calls: bool, refuses: bool = False) -> Finish:
    """The finish as the answer's content has it: a call ends in calls, none does not (pitfalls 2.1).

    So do words of refusal end in one.
    """
    reason = finish.reason
    if refuses and reason is FinishReason.STOP and not calls:
        return msgspec.structs.replace(finish, reason=FinishReason.REFUSAL)
    if calls and reason in (FinishReason.STOP, FinishReason.STOP_SEQUENCE, FinishReason.PAUSE):
        return msgspec.structs.replace(finish, reason=FinishReason.TOOL_CALLS)
    if not calls and reason is FinishReason.TOOL_CALLS:
        return msgspec.structs.replace(finish, reason=FinishReason.STOP)
    return finish
