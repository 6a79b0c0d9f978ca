"""What a path asks for. It knows no dialect: each dialect's class states its own paths."""

from __future__ import annotations

import enum
from collections.abc import Mapping

import msgspec


class Operation(enum.Enum):
    """What a request asks for."""

    GENERATE = enum.auto()
    COMPACT = enum.auto()
    MODELS = enum.auto()
    MODEL = enum.auto()
    COUNT = enum.auto()
    EMBED = enum.auto()
    EMBED_SEVERAL = enum.auto()
    REFRESH = enum.auto()
    HEALTH = enum.auto()
    LIVE = enum.auto()
    READY = enum.auto()
    METRICS = enum.auto()
    VERSION = enum.auto()
    ROOT = enum.auto()
    CONSTANT = enum.auto()
    STORED = enum.auto()


class Endpoint(msgspec.Struct, frozen=True):
    """A path that is served. `dialect` is a dialect's name, None where the caller's headers tell it."""

    operation: Operation
    methods: tuple[str, ...] = ("POST",)
    dialect: str | None = None
    argument: str = ""
    """The rest of the path: a model's name."""
    stream: bool | None = None
    """Whether an answer is to be streamed, where the path says so."""
    streams: bool = False
    """Whether an answer is to be streamed where the body does not say."""
    defaults: Mapping[str, msgspec.Raw] = {}
    """Members of the body that go without saying at this path."""
    body: bytes = b""
    """The answer, where it is always the same."""
