"""What a request asks, and what the model answers, whatever the wire format."""

from __future__ import annotations

from typing import Literal

import msgspec

from argo_addon.simulator.catalogue import Model
from argo_addon.simulator.jsons import JsonObject

Choice = Literal["auto", "any", "named", "none"]
Stop = Literal["end", "calls", "limit", "sequence"]


class Tool(msgspec.Struct, frozen=True):
    """A tool on offer."""

    name: str
    schema: JsonObject


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What a request asks."""

    model: Model
    text: str
    """The last text of the user, without what the client put there itself."""
    system: str = ""
    results: tuple[str, ...] | None = None
    """Texts of the tool results that the conversation ends with; None where it ends otherwise."""
    tools: tuple[Tool, ...] = ()
    choice: Choice = "auto"
    named: str = ""
    """The tool that must be called, where the choice is `named`."""
    parallel: bool = True
    thinks: bool = False
    limit: int | None = None
    """Tokens of output at most."""
    stops: tuple[str, ...] = ()
    schema: JsonObject | None = None
    """The form of the answer."""


class Call(msgspec.Struct, frozen=True):
    """A call of a tool; the arguments are JSON text as the model wrote it, cut off where it had to stop."""

    name: str
    arguments: str


class Turn(msgspec.Struct, frozen=True):
    """What the model answers."""

    text: str = ""
    thinking: str = ""
    calls: tuple[Call, ...] = ()
    stop: Stop = "end"
    sequence: str | None = None
    """The stop sequence that ended it."""
    stop_word: str | None = None
    """A stop reason to be written as it stands, in place of the one for `stop`."""
