"""What calls add up to since the start, in plain numbers, by dialect, model and tool. It knows no metrics library.

`argo_addon/gateway/prometheus.py` writes them for whoever asks.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Mapping

import msgspec

BOUNDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0)
"""Seconds up to which a bucket of a distribution goes; the last one has no bound."""
MOST_GROUPS = 500
"""Groups of dialect, model and tool that are told apart: tools name themselves, and models may be typed freely."""
_MOST_FAILED = 100
"""How many of them may begin with a call that failed: anybody can make those, under any name, at no cost."""
OTHER = "other"
LATEST = 50
"""Calls that are kept one by one."""
_LONGEST = 60

KINDS = {400: "invalid_request", 401: "authentication", 403: "authentication", 404: "not_found", 413: "too_large",
         429: "rate_limit", 500: "internal", 502: "upstream", 503: "unavailable", 504: "timeout",
         529: "overloaded"}  # fmt: skip
"""What an error is called, by its status; another one goes by its number."""


def error_kind(status: int | None) -> str:
    """What an error is called, by its status."""
    return KINDS.get(status or 0, str(status or OTHER))


class BoundedNames:
    """Names that are told apart; anybody can make failures under any name, at no cost, and they hide no others."""

    def __init__(self) -> None:
        self._known: set[tuple[str, ...]] = set()
        self._begun_by_failures = 0

    def tells_apart(self, name: tuple[str, ...], *, failed: bool) -> bool:
        """Whether a call under this name is told apart from others."""
        if name in self._known:
            return True
        if len(self._known) >= MOST_GROUPS or (failed and self._begun_by_failures >= _MOST_FAILED):
            return False
        self._begun_by_failures += failed
        self._known.add(name)
        return True


class Distribution:
    """How long something took: how many times up to each of BOUNDS and beyond, and all of it together."""

    __slots__ = ("buckets", "total")

    def __init__(self) -> None:
        self.buckets = [0] * (len(BOUNDS) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        """One more."""
        self.buckets[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds


class Group:
    """The calls of one tool in one dialect to one model that are over."""

    __slots__ = ("abandoned", "calls", "errors", "fallbacks", "first_byte", "retries", "seconds", "streams", "tokens")

    def __init__(self) -> None:
        self.seconds = 0.0
        self.calls = self.abandoned = self.retries = self.fallbacks = 0
        self.errors: dict[str, int] = {}
        self.tokens: dict[str, int] = {}
        self.first_byte = Distribution()
        self.streams = Distribution()


class EndedCall(msgspec.Struct, frozen=True, kw_only=True):
    """One call that is over. Times are in seconds; `status` is what the client was told, None where it left before.

    `model` and `user` are empty where the call was refused before they were known, `first_byte` is None where the
    client got nothing. `at` is when it ended, in seconds since 1970; `asked` is the model as the client named it,
    `problem` what went wrong, in the words that the client and the log got; `flow` names it to whoever records.
    `overloaded` are the models in whose place `model` was asked, `mended` is the kind of refusal after which it was
    corrected, `dropped` has the paths of what was left out. `operation` is what was asked for by OpenTelemetry's name,
    `upstream` the URL that was called, `trace` what the client's headers say of the trace that it is part of.
    """

    dialect: str
    model: str
    tool: str
    user: str = ""
    status: int | None
    seconds: float
    failed: bool = False
    streamed: bool = False
    first_byte: float | None = None
    retries: int = 0
    tokens: Mapping[str, int | None] = {}
    at: float = 0.0
    asked: str = ""
    problem: str = ""
    flow: str = ""
    overloaded: tuple[str, ...] = ()
    mended: str = ""
    dropped: tuple[str, ...] = ()
    operation: str = "chat"
    upstream: str = ""
    trace: Mapping[str, str] = {}

    def facts(self) -> dict[str, object]:
        """What a log that is read by programs says of it, without a word of what was said in it."""
        told = {
            "dialect": self.dialect,
            "tool": self.tool,
            "user": self.user or None,
            "asked": self.asked or None,
            "model": self.model or None,
            "streamed": self.streamed,
            "status": self.status,
            "error": self.problem or None,
            "seconds": round(self.seconds, 3),
            "first_byte_seconds": None if self.first_byte is None else round(self.first_byte, 3),
            "retries": self.retries or None,
            "overloaded": list(self.overloaded) or None,
            "mended": self.mended or None,
            "dropped": list(self.dropped) or None,
            **self.tokens,
        }
        return {name: value for name, value in told.items() if value is not None}


class CallMetrics:
    """The sums of one gateway."""

    def __init__(self) -> None:
        self.groups: dict[tuple[str, str, str], Group] = {}
        """By dialect, model and tool."""
        self.latest: deque[EndedCall] = deque(maxlen=LATEST)
        """The calls that ended last."""
        self.limited: dict[str, int] = {}
        """How many calls each limit of users kept from setting out, by its name in the settings."""
        self._names = BoundedNames()

    def add(self, call: EndedCall) -> None:
        """Counts one more."""
        self.latest.append(call)
        group = self._group(call)
        group.calls += 1
        group.retries += call.retries
        group.fallbacks += bool(call.overloaded)
        group.seconds += call.seconds
        if call.failed:
            kind = error_kind(call.status)
            group.errors[kind] = group.errors.get(kind, 0) + 1
        elif call.status is None:
            group.abandoned += 1
        for name, count in call.tokens.items():
            if count:
                group.tokens[name] = group.tokens.get(name, 0) + count
        if call.first_byte is not None:
            group.first_byte.add(call.first_byte)
            if call.streamed:
                group.streams.add(call.seconds)

    def _group(self, call: EndedCall) -> Group:
        name = call.dialect, call.model[:_LONGEST], call.tool[:_LONGEST]
        if not self._names.tells_apart(name, failed=call.failed):
            name = call.dialect, OTHER, OTHER
        return self.groups.setdefault(name, Group())
