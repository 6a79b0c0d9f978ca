"""Fewer steps for what comes together: chunks that one read has brought as one, writes that follow each other as one.

A stream of a hundred events in one read is a hundred chunks to mitmproxy, each with its own way through the layers and
its own write. What a stream becomes does not depend on how its bytes fall into chunks. It knows nothing of what passes.
"""

from __future__ import annotations

from collections.abc import Callable

from mitmproxy import connection
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.layers.http._base import ReceiveHttp
from mitmproxy.proxy.layers.http._events import ResponseData

Commands = layer.CommandGenerator[None]

MAX_WRITE = 64 * 1024
"""Bytes that are gathered for one write at most."""


class MergedReads(layer.Layer):
    """A layer that speaks with an upstream, with the pieces of a body that come in one read as one piece.

    It stands in that layer's place for a single event; the layer keeps its state. `attempt_of` tells which of the
    requests of a stream is under way: a piece may have the request sent once more, and then what this connection has
    said behind it, looked at by then, is nobody's.
    """

    def __init__(self, speaking: layer.Layer, attempt_of: Callable[[int], int]) -> None:
        self._speaking = speaking
        self._attempt_of = attempt_of

    def handle_event(self, event: events.Event) -> Commands:
        pieces: list[bytes] = []
        stream_id = -1
        for command in self._speaking.handle_event(event):
            told = command.event if type(command) is ReceiveHttp else None
            if type(told) is ResponseData and (not pieces or told.stream_id == stream_id):
                stream_id = told.stream_id
                pieces.append(told.data)
                continue
            if pieces:
                attempt = self._attempt_of(stream_id)
                yield ReceiveHttp(ResponseData(stream_id, b"".join(pieces)))
                pieces = []
                stale = told is not None and told.stream_id == stream_id and self._attempt_of(stream_id) != attempt
                if stale:
                    continue
            yield command
        if pieces:
            yield ReceiveHttp(ResponseData(stream_id, b"".join(pieces)))

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
