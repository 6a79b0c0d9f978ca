"""What a body is: which dialect's, a request or an answer, by the path that it went to and by its shape.

It is here that a body is looked at before it is read, so it must be quick; it never raises.
"""

from __future__ import annotations

import re

import msgspec

from ..dialects.shared.lenient import Lenient
from ..errors import UNREADABLE

TITLES = {
    "openai_chat": "OpenAI Chat",
    "openai_responses": "OpenAI Responses",
    "openai_completions": "OpenAI Completions",
    "anthropic": "Anthropic",
    "google": "Google",
    "argo_legacy": "ARGO's legacy gateway",
}
_PATHS = (
    (re.compile(r"/chat/completions\Z"), "openai_chat"),
    (re.compile(r"/responses\Z"), "openai_responses"),
    (re.compile(r"/completions\Z"), "openai_completions"),
    (re.compile(r"/messages\Z|:(?:streamR|r)awPredict\Z"), "anthropic"),
    (re.compile(r":(?:generateContent|streamGenerateContent)\Z"), "google"),
    (re.compile(r"/resource/(?:stream)?chat\Z"), "argo_legacy"),
)
_NAMED = re.compile(r"/models/(?P<name>[^?:]+):(?P<verb>\w+)")
_ASKS = re.compile(rb'"(?:messages|contents|input)"\s*:\s*\[\s*\{')
_ANSWERS = re.compile(
    rb'"type"\s*:\s*"(?:message_start"|response\.)|"object"\s*:\s*"(?:chat\.completion|text_completion|response")'
    rb'|"(?:choices|candidates)"\s*:\s*\[\s*\{|"stop_reason"\s*:'
)
_WRAPPED = re.compile(rb'"(?:candidates|usageMetadata|promptFeedback)"')
_NULL = msgspec.Raw(b"null")
_EVENT_STREAM = "text/event-stream"
_FIELD = re.compile(rb"\s*(?:data|event|id|retry)?:")
_ANTHROPIC = ("message", "content_block", "ping")


class Body(msgspec.Struct, frozen=True):
    """A body, with what its flow says of it. `target` is the request's path; `status` is 0 of a request."""

    data: bytes
    target: str = ""
    content_type: str = ""
    status: int = 0

    @property
    def is_request(self) -> bool:
        return self.status == 0


class _Peek(msgspec.Struct, rename="camel"):
    type: str = ""
    object: str = ""
    choices: msgspec.Raw = _NULL
    candidates: msgspec.Raw = _NULL
    usage_metadata: msgspec.Raw = _NULL
    prompt_feedback: msgspec.Raw = _NULL
    response: msgspec.Raw = _NULL


_PEEK = Lenient(_Peek)


def dialect_by_path(target: str) -> str | None:
    """The dialect of a path at which a model is called; None of any other."""
    path = target.split("?", 1)[0].rstrip("/")
    return next((name for pattern, name in _PATHS if pattern.search(path)), None)


def model_in(target: str) -> tuple[str, bool]:
    """The model that a path names, if it does, and whether it asks for a stream."""
    named = _NAMED.search(target)
    return (named["name"], named["verb"].startswith("stream")) if named is not None else ("", False)


def dialect_by_shape(piece: bytes) -> str | None:
    """The dialect of a plain answer, or of an event's data; None where it does not show."""
    try:
        peek = _PEEK.decode(piece)
        if peek.type.startswith("response.") or peek.object == "response":
            return "openai_responses"
        if peek.type.startswith(_ANTHROPIC):
            return "anthropic"
        if peek.object.startswith("text_completion"):
            return "openai_completions"
        if bytes(peek.choices) != b"null":
            return "openai_chat"
        if any(bytes(one) != b"null" for one in (peek.candidates, peek.usage_metadata, peek.prompt_feedback)):
            return "google"
        if bytes(peek.response) == b"null":
            return None
        return "google" if _WRAPPED.search(bytes(peek.response)) else "argo_legacy"
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
