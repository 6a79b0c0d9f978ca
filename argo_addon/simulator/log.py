"""What the simulator received. Knows nothing of what it means."""

from __future__ import annotations

import msgspec

KEPT = 1000
"""Entries; the oldest are forgotten."""


class Entry(msgspec.Struct):
    """A request. `status` is 0 while it is being answered."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    """Names in lower case."""
    body: str
    status: int = 0
    refusal: str | None = None
    client_left: bool = False
    """The client went away before the end of the answer."""
