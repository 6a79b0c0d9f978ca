"""An answer as what is sent: a JSON body, or the events of a stream. Knows no vendor."""

from __future__ import annotations

import msgspec

from argo_addon.simulator.jsons import JsonObject


class Answer(msgspec.Struct, frozen=True):
    """One of `body` and `events`."""

    body: JsonObject | None = None
    events: tuple[bytes, ...] = ()
    """Each a whole event with the blank line behind it."""
    call_ids: tuple[str, ...] = ()
    """The ids of the calls in it."""
