"""A body cut into the JSON that it is made of: events, the items of a list, or itself. It knows no dialect."""

from __future__ import annotations

import zlib

import msgspec

from ..errors import UNREADABLE
from ..sse import FrameTooLarge, Splitter, data_of
from .truncated_json import mended, readable
from .wording import size

_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_GZIP = b"\x1f\x8b"
_MOST_UNPACKED = 64 * 1024 * 1024
_DONE = b"[DONE]"


class Pieces(msgspec.Struct):
    """`whole` says that it is one JSON, `events` that it is a stream of them; neither is what is no JSON at all."""

    items: list[bytes]
    notes: list[str] = []
    whole: bool = False
    events: bool = False


def unpacked(data: bytes) -> bytes:
    """What gzip holds, as far as it goes, where mitmproxy could not unpack it since it was cut off."""
    if not data.startswith(_GZIP):
        return data
    try:
        return zlib.decompressobj(31).decompress(data, _MOST_UNPACKED)
    except zlib.error:
        return data


def pieces_of(data: bytes, is_events: bool) -> Pieces:
    """What a body is made of; what was cut off is closed where it ends, which is noted."""
    if is_events:
        return _events(data)
    data = data.lstrip()
    if data[:1] not in (b"{", b"["):
        return Pieces([])
    if (lines := _lines(data)) is not None:
        return lines
    notes: list[str] = []
    if not readable(data):
        cut = f"the body is no whole JSON: {size(len(data))} of it are here"
        closed = mended(data)
        if closed is None:
            return Pieces([], [cut])
        data, notes = closed, [cut]
    if data[:1] == b"[":
        return Pieces([bytes(item) for item in _LIST.decode(data)], notes, events=True)
    return Pieces([data], notes, whole=True)


def _lines(data: bytes) -> Pieces | None:
    """A stream of lines of JSON, one for each piece; None of any other body."""
    first, _, rest = data.partition(b"\n")
    if not rest.strip() or not first.startswith(b"{") or not readable(first):
        return None
    *items, last = (line for line in data.splitlines() if line.strip())
    if readable(last):
        return Pieces([*items, last], events=True)
    closed = mended(last)
    cut = f"the last line is cut off: {size(len(last))} of it are here"
    return Pieces([*items, *([] if closed is None else [closed])], [cut], events=True)


def _events(data: bytes) -> Pieces:
    splitter = Splitter()
    try:
        frames = splitter.feed(data)
    except FrameTooLarge as problem:
        return Pieces([], [str(problem)], events=True)
    items = [piece for piece in map(_data_in, frames) if piece]
    last = _data_in(splitter.rest())
    notes: list[str] = []
    if last and last != _DONE and not readable(last):
        notes.append(f"the last event is cut off: {size(len(last))} of it are here")
        last = mended(last)
    return Pieces([*items, *([last] if last else [])], notes, events=True)


def _data_in(frame: bytes) -> bytes | None:
    """A frame's data; the JSON that Google writes without saying that it is data, for errors."""
    data = data_of(frame)
    if data is None and frame.lstrip()[:1] == b"{":
        return frame.strip()
    return data


def in_object(data: bytes) -> dict[str, msgspec.Raw]:
    """An object's members; none of what is no object."""
    try:
        return _OBJECT.decode(data)
    except UNREADABLE:
        return {}
