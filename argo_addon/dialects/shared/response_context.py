"""What of a request its response depends on, whatever the dialects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from .endpoints import Operation


class ResponseContext(msgspec.Struct, frozen=True):
    """What of a request its response depends on.

    `model` is the name to show, None for the upstream's own. `id` and `created` (seconds since 1970) stand in where
    the upstream gives none. `usage` is True if a stream is to report its usage. `tool_names` maps the tools' names that
    were changed on the way to those that the client gave. `custom_tools` are the tools that take free text.
    `same_dialect` is True if the upstream's response is in the client's dialect. `operation` is what the client asked
    for. `seal` makes text that only this gateway reads again, for the same user. `keep` keeps an answer, given its id,
    its body, and the events that it may be told in.
    """

    model: str | None
    id: str
    created: int
    usage: bool = True
    tool_names: Mapping[str, str] = {}
    custom_tools: frozenset[str] = frozenset()
    same_dialect: bool = False
    operation: Operation = Operation.GENERATE
    seal: Callable[[str], str] | None = None
    keep: Callable[[str, bytes, Sequence[bytes]], None] | None = None
    preceding: list[dict[str, object]] = []
    """Items that the answer begins with, which a call before has made: there once that has been answered."""

    def client_tool_name(self, name: str) -> str:
        """The client's name of a tool, given the name that the upstream knows it by."""
        return self.tool_names.get(name, name)
