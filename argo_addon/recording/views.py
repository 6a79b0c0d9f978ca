"""What mitmproxy and mitmweb show of a body by themselves: calls of models as conversations, for versions 11 and 12.

mitmproxy 12 has a new interface for contentviews; both are here, over the same text. It knows no dialect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, cast

from mitmproxy import contentviews, flow, http

from ..transcript.formats import Body, fits
from ..transcript.parts import is_heading
from ..transcript.read import transcript

NAME = "LLM"
PRIORITY = 10.0
"""Above those of mitmproxy's own views, which are 1, 2 at the most."""
Line = list[tuple[str, str | bytes]]


class Metadata(Protocol):
    """What mitmproxy 12 says of a body."""

    flow: flow.Flow | None
    content_type: str | None
    http_message: http.Message | None


class _Named:
    """What views are sorted by. mitmproxy's base classes are left alone: 12 warns of those of 11, which lacks its."""

    name = NAME

    def __lt__(self, other: _Named) -> bool:
        return self.name < other.name


class ContentviewOf12(_Named):
    """The view as mitmproxy 12 has them."""

    syntax_highlight = "none"

    def prettify(self, data: bytes, metadata: Metadata) -> str:
        """The body as text."""
        return shown(_body(data, metadata.http_message, metadata.flow, metadata.content_type))

    def render_priority(self, data: bytes, metadata: Metadata) -> float:
        """How well it suits the body; less than 0 if it does not."""
        return _priority(data, metadata.http_message, metadata.flow, metadata.content_type)


class ViewOf11(_Named):
    """The view as mitmproxy 11 has them."""

    def __call__(
        self,
        data: bytes,
        *,
        content_type: str | None = None,
        flow: flow.Flow | None = None,
        http_message: http.Message | None = None,
        **unknown_metadata: object,
    ) -> tuple[str, Iterator[Line]]:
        text = shown(_body(data, http_message, flow, content_type))
        return NAME, iter([_line(line) for line in text.splitlines()])

    def render_priority(
        self,
        data: bytes,
        *,
        content_type: str | None = None,
        flow: flow.Flow | None = None,
        http_message: http.Message | None = None,
        **unknown_metadata: object,
    ) -> float:
        return _priority(data, http_message, flow, content_type)


def register() -> None:
    """Adds the view to this process's mitmproxy; a second time changes nothing."""
    add = cast("Callable[[object], None]", contentviews.add)
    if hasattr(contentviews, "registry"):
        add(ContentviewOf12())
    elif contentviews.get(NAME) is None:
        add(ViewOf11())


def shown(body: Body) -> str:
    """The body as text, whatever it holds."""
    try:
        return transcript(body)
    except Exception as problem:  # noqa: BLE001 # the root of what is shown: a body that nobody foresaw stays readable
        return f"This could not be shown as a conversation: {problem!r}\n\n{body.data.decode('utf-8', 'replace')}"


def _priority(data: bytes, message: http.Message | None, of: flow.Flow | None, content_type: str | None) -> float:
    is_http = isinstance(message, (http.Request, http.Response))
    return PRIORITY if is_http and fits(_body(data, message, of, content_type)) else -1.0


def _body(data: bytes, message: http.Message | None, of: flow.Flow | None, content_type: str | None) -> Body:
    request = of.request if isinstance(of, http.HTTPFlow) else None
    target = message.path if isinstance(message, http.Request) else request.path if request is not None else ""
    status = 0 if isinstance(message, http.Request) else 200
    if isinstance(message, http.Response):
        status = message.status_code
    return Body(data, target, (content_type or "").lower(), status)


def _line(line: str) -> Line:
    return [("header" if is_heading(line) else "text", line)]
