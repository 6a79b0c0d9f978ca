"""What a body is: which dialect's, a request or an answer, by the path that it went to and by its shape.

It is here that a body is looked at before it is read, so it must be quick; it never raises.
"""

from __future__ import annotations

import re

import msgspec

from ..dialects import CLIENT, RECORDED
from ..errors import UNREADABLE

_NAMED = re.compile(r"/models/(?P<name>[^?:]+):(?P<verb>\w+)")
_CONVERSATIONS = "|".join(sorted({dialect.conversation for dialect in CLIENT.values()}))
_ASKS = re.compile(rb'"(?:%b)"\s*:\s*\[\s*\{' % _CONVERSATIONS.encode())
_ANSWERS = re.compile(b"|".join(dialect.response_sign for dialect in RECORDED.values()))
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_EVENT_STREAM = "text/event-stream"
_FIELD = re.compile(rb"\s*(?:data|event|id|retry)?:")


class Body(msgspec.Struct, frozen=True):
    """A body, with what its flow says of it. `target` is the request's path; `status` is 0 of a request."""

    data: bytes
    target: str = ""
    content_type: str = ""
    status: int = 0

    @property
    def is_request(self) -> bool:
        """Whether it is a request's body, rather than a response's."""
        return self.status == 0


def dialect_by_path(target: str) -> str | None:
    """The dialect of a path at which a model is called; None of any other."""
    path = target.split("?", 1)[0].rstrip("/")
    return next((name for name, dialect in RECORDED.items() if dialect.recorded_path.search(path)), None)


def model_in(target: str) -> tuple[str, bool]:
    """The model that a path names, if it does, and whether it asks for a stream."""
    named = _NAMED.search(target)
    return (named["name"], named["verb"].startswith("stream")) if named is not None else ("", False)


def dialect_by_shape(piece: bytes) -> str | None:
    """The dialect of a plain answer, or of an event's data; None where it does not show."""
    try:
        members = _MEMBERS.decode(piece)
        return next((name for name, dialect in RECORDED.items() if dialect.owns_response(members)), None)
    except UNREADABLE:
        return None


def is_events(data: bytes, content_type: str) -> bool:
    """Whether a body is a stream of server-sent events."""
    return _FIELD.match(data) is not None or (_EVENT_STREAM in content_type and data.lstrip()[:1] not in (b"{", b"["))


def fits(body: Body) -> bool:
    """Whether a body is worth showing as a conversation."""
    data = body.data
    if not data.strip():
        return False
    known = dialect_by_path(body.target) is not None
    if body.is_request:
        return data.lstrip()[:1] == b"{" and (known or (_ASKS.search(data) is not None and b'"role"' in data))
    if data.lstrip()[:1] in (b"{", b"[") or is_events(data, body.content_type):
        return known or _ANSWERS.search(data) is not None
    return dialect_by_path(body.target) == "argo_legacy" and "html" not in body.content_type
