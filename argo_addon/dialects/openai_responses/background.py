"""Responses that are made in the background: how they begin, what becomes of the events that make them, how they end.

Such a response is made by a call like any other, whose answer is told under another id and with other numbers. Source:
the OpenAI API guide "Background mode", and the Open Responses specification (2026-04-24) for events.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from ...errors import GatewayError
from ...sse import frame_of, one_line
from ..base import Fields
from ..openai.errors import failure_of
from ..shared.raw_members import object_in, text_of_member
from . import state
from .response_context import resource_of
from .wire import Resource

_encode = msgspec.json.Encoder().encode
_NUMBER = re.compile(rb'"sequence_number":(\d+)\}\s*\Z')
_TYPE = re.compile(rb'\{"type":"(response\.\w+)"')
_SHOWS_RESPONSE = frozenset(
    {b"response.created", b"response.in_progress", b"response.completed", b"response.incomplete", b"response.failed"}
)
_LAST = tuple(b"event: response." + status + b"\n" for status in (b"completed", b"incomplete", b"failed"))
_UNDER_WAY = frozenset({"queued", "in_progress"})
_TRUE, _FALSE = msgspec.Raw(b"true"), msgspec.Raw(b"false")
_OF_RESPONSE = ("background", "stream_options")
Change = Callable[[bytes], bytes]
"""Makes a document of a response that is being made into another."""


class Told(msgspec.Struct, frozen=True):
    """An event of the call that makes a response, as an event of that response.

    `response` is the response as it ends with this event; None before.
    """

    frame: bytes
    response: bytes | None = None


def request_of(fields: Fields) -> bytes:
    """The body of the call that makes a response: it streams, and whoever asks for it keeps the answer."""
    whole = {name: value for name, value in fields.items() if name not in _OF_RESPONSE}
    return _encode({**whole, "stream": _TRUE, "store": _FALSE})


def queued(fields: Fields, identifier: str, created: int) -> Resource:
    """A response before anything of it is made. `created` is in seconds since 1970. Raises ClientError."""
    about = {"id": identifier, "created_at": created, "model": text_of_member(fields, "model"), "background": True}
    return msgspec.structs.replace(resource_of(fields, kept=True), status="queued", **about)


def encoded(resource: Resource) -> bytes:
    """A response's JSON."""
    return _encode(resource)


def first_frames(resource: Resource) -> list[bytes]:
    """The events with which a response in the background begins."""
    kinds = ("response.created", "response.queued")
    return [_frame(kind, _encode(resource), number) for number, kind in enumerate(kinds)]


def told(data: bytes, identifier: str, created: int) -> Told | None:
    """What becomes of an event's data; None of what has been told already."""
    found = _TYPE.match(data)
    kind = b"" if found is None else found[1]
    if kind == b"response.created":
        return None
    if kind not in _SHOWS_RESPONSE:
        moved = _NUMBER.sub(lambda match: b'"sequence_number":%d}' % (int(match[1]) + 1), data)
        return Told(frame_of(moved, _name_of(data)))
    event = object_in(data)
    response = _encode({**object_in(event["response"]), **_own(identifier, created)})
    number = msgspec.json.decode(event["sequence_number"], type=int) + 1
    ends = kind != b"response.in_progress"
    return Told(_frame(kind.decode(), response, number), response if ends else None)


def _own(identifier: str, created: int) -> dict[str, object]:
    return {"id": identifier, "created_at": created, "background": True, "store": True}


def _name_of(data: bytes) -> str:
    return text_of_member(object_in(data), "type")


def _frame(kind: str, response: bytes, number: int) -> bytes:
    event = {"type": kind, "response": msgspec.Raw(response), "sequence_number": number}
    return frame_of(one_line(_encode(event)), kind)


def is_under_way(document: bytes) -> bool:
    """Whether a response that is kept is still being made."""
    return _status_in(document) in _UNDER_WAY


def is_in_background(document: bytes) -> bool:
    """Whether a response that is kept was made in the background."""
    return object_in(state.response_in(document).response).get("background") == _TRUE


def _status_in(document: bytes) -> str:
    return text_of_member(object_in(state.response_in(document).response), "status")


def with_response(document: bytes, response: bytes) -> bytes:
    """A document with the response as it now is."""
    return state.response_document(response, state.response_in(document).input)


def is_other(document: bytes, told: Told) -> bool:
    """Whether what is kept of a response that has ended is not what its last event says."""
    return bytes(state.response_in(document).response) != told.response


def in_progress(document: bytes) -> bytes:
    """A document of a response that is being made."""
    return _changed(document, status="in_progress")


def cancelled(document: bytes) -> bytes:
    """A document of a response that is not to be made any more."""
    return _changed(document, status="cancelled")


def failed(document: bytes, error: GatewayError) -> bytes:
    """A document of a response that came to nothing."""
    return _changed(document, status="failed", error=failure_of(error))


def _changed(document: bytes, **members: object) -> bytes:
    kept = state.response_in(document)
    return state.response_document(_encode({**object_in(kept.response), **members}), kept.input)


def ends(frame: bytes) -> bool:
    """Whether an event is a response's last."""
    return frame.startswith(_LAST)


def last_frame(document: bytes, number: int) -> bytes:
    """The last event of a response that has ended otherwise than by itself; the API has none for cancelled ones."""
    status = _status_in(document)
    kind = "response.incomplete" if status == "cancelled" else f"response.{status}"
    return _frame(kind, bytes(state.response_in(document).response), number)
