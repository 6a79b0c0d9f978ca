"""A request for an answer, in no dialect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from .parts import NO_EXTRA, Extra, OpaquePart, Part

Role = Literal["system", "user", "assistant"]


class Message(msgspec.Struct, frozen=True, gc=False):
    """A turn of the conversation. Results of tools are parts of the user's."""

    role: Role
    parts: tuple[Part, ...]
    extra: Extra = NO_EXTRA


FREE_TEXT = msgspec.Raw(b'{"type":"object","properties":{"input":{"type":"string"}},"required":["input"]}')
"""The schema under which a tool that takes free text is offered where only JSON will do."""


class Tool(msgspec.Struct, frozen=True):
    """A tool of the client's. `schema` is the JSON Schema of its arguments, None where it takes text (`custom`).

    `deferred` says that the model is not to see it before a search has found it.
    """

    name: str
    description: str | None = None
    schema: msgspec.Raw | None = None
    strict: bool | None = None
    custom: bool = False
    cache: msgspec.Raw | None = None
    extra: Extra = NO_EXTRA
    deferred: bool = False


class BuiltInTool(msgspec.Struct, frozen=True):
    """A tool that the provider brings along, as its dialect declares it.

    `stand_in` is the same as a tool of the client's, where it is the client that runs it. `failed_call` gives what its
    dialect's answers say where it could not be used, with ids made of the one that is given; None where there is no
    form for that.
    """

    kind: str
    name: str
    raw: msgspec.Raw
    stand_in: Tool | None = None
    failed_call: Callable[[str], tuple[OpaquePart, ...]] | None = None


class ToolChoice(msgspec.Struct, frozen=True):
    """Which tools may or must be called; `names` limits them, and is the one tool where `mode` is `tool`."""

    mode: Literal["auto", "required", "none", "tool"]
    names: tuple[str, ...] = ()
    extra: Extra = NO_EXTRA


class Reasoning(msgspec.Struct, frozen=True):
    """How much to think. `enabled` is None where only an effort was named; `budget` is in tokens.

    `effort` is one of none, minimal, low, medium, high, xhigh, max.
    """

    enabled: bool | None = None
    effort: str | None = None
    budget: int | None = None
    extra: Extra = NO_EXTRA


class OutputFormat(msgspec.Struct, frozen=True):
    """The form that the answer is to have: any JSON, or JSON of a schema."""

    schema: msgspec.Raw | None = None
    name: str | None = None
    description: str | None = None
    strict: bool | None = None
    extra: Extra = NO_EXTRA


class Request(msgspec.Struct, frozen=True):
    """A request. `dialect` is the one it came in; model, user and streaming are not its business.

    `max_tokens` limits the answer, `parallel_calls` says whether several tools may be called at once, `verbosity` (low,
    medium, high) how wordy to be, `cache_key` which requests are alike for a prompt cache.
    """

    dialect: str
    messages: tuple[Message, ...]
    tools: tuple[Tool | BuiltInTool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_calls: bool | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    reasoning: Reasoning | None = None
    output_format: OutputFormat | None = None
    verbosity: str | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    cache_key: str | None = None
    extra: Extra = NO_EXTRA
