"""Fewer steps for a streamed answer: what comes of it goes to its client straight, and writes go out together.

To mitmproxy each piece of a body is an event on its way through four layers. Once the first words of a streamed answer
are out, a piece can only become bytes for the client: no hook, no other answer, no second request come of it any more.
"""

from __future__ import annotations

from typing import Protocol

from mitmproxy import connection
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.layers.http._base import ReceiveHttp
from mitmproxy.proxy.layers.http._events import ResponseData

Commands = layer.CommandGenerator[None]

MAX_WRITE = 64 * 1024
"""Bytes that are gathered for one write at most."""


class Shortcut(Protocol):
    """What decides for each piece of a body whether it goes straight."""

    def straight(self, piece: ResponseData) -> list[commands.Command] | None:
        """What a piece becomes for the client; None where it has to go by way of the layers."""


class StraightReads(layer.Layer):
    """A layer that speaks with an upstream, with the pieces of a body handed on straight where they can be.

    It stands in that layer's place for a single event; the layer keeps its state.
    """

    def __init__(self, speaking: layer.Layer, shortcut: Shortcut) -> None:
        self._speaking = speaking
        self._shortcut = shortcut

    def handle_event(self, event: events.Event) -> Commands:
        for command in self._speaking.handle_event(event):
            if type(command) is ReceiveHttp and type(command.event) is ResponseData:
                made = self._shortcut.straight(command.event)
                if made is not None:
                    yield from made
                    continue
            yield command

    def _handle_event(self, event: events.Event) -> Commands:
        yield from self._speaking.handle_event(event)


def merged_writes(made: Commands) -> Commands:
    """The same commands, with writes to one connection that follow each other as one."""
    waiting: list[bytes] = []
    size = 0
    to: connection.Connection | None = None
    for command in made:
        if type(command) is commands.SendData:
            if waiting and (command.connection is not to or size >= MAX_WRITE):
                assert to is not None
                yield commands.SendData(to, b"".join(waiting))
                waiting, size = [], 0
            to = command.connection
            waiting.append(command.data)
            size += len(command.data)
            continue
        if waiting:
            assert to is not None
            yield commands.SendData(to, b"".join(waiting))
            waiting, size = [], 0
        yield command
    if waiting:
        assert to is not None
        yield commands.SendData(to, b"".join(waiting))
