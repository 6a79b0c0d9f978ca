"""Requests and replies as the gateway takes and gives them: plain values, without mitmproxy."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import msgspec

from ..redaction import redacted


class ClientRequest(msgspec.Struct, frozen=True):
    """A request as it came. `headers` has lower-case names; `body` is decompressed."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    flow: str = ""
    """Its name to whoever records."""

    @property
    def path(self) -> str:
        """The target without its query, which may hold a key."""
        return self.target.split("?", 1)[0]


def tool_of(headers: Mapping[str, str]) -> str:
    """What a client calls itself, by its lower-case headers: `claude-cli` of `claude-cli/2.1 (external)`."""
    return _named(headers.get("user-agent", "").split("/")[0].split(" ")[0][:_LONGEST_TOOL])


@functools.lru_cache(maxsize=256)
def _named(name: str) -> str:
    """As it can be told; a key that was put there by mistake cannot."""
    return "".join(char if " " <= char <= "~" else "?" for char in redacted(name)) or "unknown client"


_LONGEST_TOOL = 80
"""Characters of a tool's name: it is in the log, and among the labels of metrics."""


class UpstreamRequest(msgspec.Struct, frozen=True):
    """A POST to make. `headers` has lower-case names and neither host nor content-length."""

    url: str
    headers: dict[str, str]
    body: bytes


class Reply(msgspec.Struct, frozen=True):
    """A whole answer. `headers` is what goes out besides the content type and length."""

    status: int
    body: bytes
    headers: dict[str, str] = {}
