"""What the simulator remembers of a request, for the tests to ask."""

from __future__ import annotations

import msgspec


class Received(msgspec.Struct):
    """A request as it came, and what became of it. `refusal` is None unless ARGO would refuse it."""

    method: str
    path: str
    headers: dict[str, str]
    body: str
    status: int = 0
    refusal: str | None = None
