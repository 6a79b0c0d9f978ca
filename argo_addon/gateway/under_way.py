"""Responses that are made in the background, and the events of all that are kept, as gateways see them in the store.

Beside a response's document the store has its events, in pieces as they came; the key by which to find it for items of
it that are named after the call that made it; and while it is made a sign of life of whoever makes it: who stops giving
one has ended, and the response has failed. All functions block, and raise StoreProblem; they are for the store's own
thread.
"""

from __future__ import annotations

import time
import uuid
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import msgspec

from ..dialects.base import Fields
from ..dialects.openai_responses import background, state
from ..dialects.openai_responses.wire import Resource
from ..errors import GatewayError
from ..store.base import Store
from .messages import ClientRequest
from .parsing import ParsedCall

LEASE = 30.0
"""Seconds for which a sign of life is good; clocks of several machines may differ by less."""
_encode = msgspec.json.Encoder().encode
_FASTEST = 1
Looking = Callable[[Store], "tuple[bytes | None, list[list[bytes]]]"]
"""Looks for a response, and for events of it."""


class InBackground(msgspec.Struct, frozen=True):
    """A response to be made in the background: for `request`, whose body has `fields`, on what goes on from `items`.

    `stream` says that its client follows it.
    """

    request: ClientRequest
    fields: Fields
    owner: str
    resource: Resource
    items: list[msgspec.Raw]
    stream: bool

    @classmethod
    def of(cls, parsed: ParsedCall, asked: Fields, owner: str, items: list[msgspec.Raw]) -> InBackground:
        """What a call asks for. Raises ClientError."""
        resource = background.queued(asked, f"resp_{uuid.uuid4().hex[:24]}", int(time.time()))
        return cls(parsed.request, asked, owner, resource, items, parsed.stream)


class Follow(msgspec.Struct, frozen=True):
    """The events of a response behind the one with the number `after` are to be told, as they come."""

    key: str
    owner: str
    after: int


class _Life(msgspec.Struct):
    """A sign of life: until when it is good, in seconds since 1970, and whether nothing more is to be made."""

    until: float
    over: bool = False


_LIFE = msgspec.json.Decoder(_Life)


def begin(store: Store, key: str, owner: str, document: bytes, frames: Sequence[bytes], now: float) -> None:
    """Keeps a response that is going to be made."""
    store.put(_life(key), owner, _encode(_Life(now + LEASE)))
    append(store, key, owner, 0, frames)
    store.put(key, owner, document)


def append(store: Store, key: str, owner: str, piece: int, frames: Sequence[bytes]) -> None:
    """Keeps the next events, as the piece of that number."""
    store.put(_piece(key, piece), owner, zlib.compress(b"".join(frames), _FASTEST))


def goes_on(store: Store, key: str, owner: str, now: float) -> bool:
    """Gives a sign of life. Whether the response is still wanted."""

    def renewed(life: bytes | None) -> bytes | None:
        return None if life is None or _LIFE.decode(life).over else _encode(_Life(now + LEASE))

    life = store.change(_life(key), owner, renewed)
    return life is not None and not _LIFE.decode(life).over


def is_alive(store: Store, key: str, owner: str, now: float) -> bool:
    """Whether somebody makes the response."""
    life = store.get(_life(key), owner)
    return life is not None and _LIFE.decode(life).until >= now


def change(store: Store, key: str, owner: str, change: background.Change) -> bytes | None:
    """Changes a response that is being made; returns what is kept of it then, ended or not."""

    def changed(document: bytes | None) -> bytes | None:
        return None if document is None or not background.is_under_way(document) else change(document)

    document = store.change(key, owner, changed)
    if document is not None and not background.is_under_way(document):
        over = _encode(_Life(0.0, over=True))
        store.change(_life(key), owner, lambda life: None if life is None else over)
        for name in state.names_in_items(document) - {key}:
            store.put(_other_name(name), owner, key.encode())
    return document


def seen(store: Store, key: str, owner: str, now: float) -> bytes | None:
    """What is kept of a response; one that nobody makes any more has failed."""
    document = store.get(key, owner)
    if document is None or not background.is_under_way(document) or is_alive(store, key, owner, now):
        return document
    gone = GatewayError(500, "The gateway that made this response has ended before it was complete: ask anew.")
    return change(store, key, owner, lambda document: background.failed(document, gone))


def pieces(store: Store, key: str, owner: str, start: int) -> Iterator[list[bytes]]:
    """The events that are kept, from a piece on."""
    while (found := store.get(_piece(key, start), owner)) is not None:
        try:
            *frames, _ = zlib.decompress(found).split(b"\n\n")
        except zlib.error:
            return  # damaged: the last event is made of the document
        yield [frame + b"\n\n" for frame in frames]
        start += 1


def named_in_item(store: Store, name: str, owner: str) -> bytes | None:
    """What is kept of the response whose items have this name in their ids."""
    document = store.get(name, owner)
    if document is None and (key := store.get(_other_name(name), owner)) is not None:
        return store.get(key.decode(), owner)
    return document


def remove(store: Store, key: str, owner: str) -> bool:
    """Removes a response and all that is kept beside it; whoever makes it stops. Whether there was one."""
    document = store.get(key, owner)
    if document is not None:
        with suppress(GatewayError):  # what is damaged goes as well
            for name in state.names_in_items(document) - {key}:
                store.delete(_other_name(name), owner)
    there = store.delete(key, owner)
    store.delete(_life(key), owner)
    piece = 0
    while store.delete(_piece(key, piece), owner):
        piece += 1
    return there


def _life(key: str) -> str:
    return f"{key}/life"


def _other_name(name: str) -> str:
    return f"{name}/key"


def _piece(key: str, number: int) -> str:
    return f"{key}/events/{number}"
