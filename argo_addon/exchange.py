"""One call on its way: the upstream request, and the client's answer made of whatever comes back. Sans-IO.

Whoever carries it out sends `upstream`, then calls `begin` with the answer's head; if that returns headers, the body
is fed to `relay` as it comes, else it is handed to `whole` once it is there. What goes wrong on the way goes to `fail`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping

import msgspec

from . import notice, overflow
from .dialects import UPSTREAM
from .dialects.base import Asked, Assembler, Dialect, ModelDialect, Renamer, UpstreamDialect, Writer
from .errors import UNREADABLE, ContextOverflow, GatewayError, UpstreamError
from .ir.fold import unfold
from .ir.parts import TextPart
from .relay import EventRelay, FirstTells, Relay, first_data
from .routing import Route
from .translate import Passthrough, Translator, assemble, read_whole


class ClientRequest(msgspec.Struct, frozen=True):
    """A request as it came. `headers` has lower-case names; `body` is decompressed."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The target without its query, which may hold a key."""
        return self.target.split("?", 1)[0]


class UpstreamRequest(msgspec.Struct, frozen=True):
    """A POST to make. `headers` has lower-case names and neither host nor content-length."""

    url: str
    headers: dict[str, str]
    body: bytes


class Reply(msgspec.Struct, frozen=True):
    """A whole answer. `headers` is what goes out besides the content type and length."""

    status: int
    body: bytes
    headers: dict[str, str] = {}


# What of an upstream answer's head is about its bytes or its hop, and no longer true of ours.
_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "content-length", "content-encoding",
     "content-type", "trailer", "upgrade", "te", "set-cookie", "alt-svc", "strict-transport-security"}
)  # fmt: skip
_TITLE = re.compile(rb"<(?:title|h1)[^>]*>\s*([^<]+?)\s*<", re.IGNORECASE)
_MEANT = frozenset({401, 403, 404, 413, 429, 503, 504, 529})
"""Statuses that say what is wrong even when the body is a proxy's own page (pitfalls 7.9)."""


def request_id() -> str:
    """A new id for an error answer."""
    return f"req_{uuid.uuid4().hex[:24]}"


def error_reply(dialect: Dialect, error: GatewayError) -> Reply:
    """An error as the dialect's callers expect it."""
    return Reply(error.status, dialect.error_body(error, request_id()), dict(error.headers))


class Exchange:
    """A call that goes upstream, and its way back."""

    def __init__(
        self,
        *,
        upstream: UpstreamRequest,
        client: ModelDialect,
        dialect: UpstreamDialect,
        asked: Asked,
        translates: bool,
        not_found: int,
        route: Route,
        streams: bool,
        assembler: Assembler | None,
        choices: int,
        renamer: Renamer | None,
        user: str,
        timeout: float | None,
        dropped: tuple[str, ...],
    ) -> None:
        self.upstream = upstream
        self.client = client
        self.dialect = dialect
        self._asked = asked
        self._translates = translates
        self._not_found = not_found
        self.route = route
        self.streams = streams
        """Whether the client asked for a stream."""
        self.timeout = timeout
        """Seconds that the client gives the whole call; None where it does not say."""
        self.relay: Relay | None = None
        """Set by `begin` for an answer that is streamed."""
        self._writing: Writer | None = None
        self._awaited = False  # the client has the head of its stream, and may have had signs of life
        self._assembler = assembler
        self._choices = choices
        self._renamer = renamer
        self._user = user
        self.dropped = dropped
        """The paths of what the upstream does not take and was left out, for the client to be told."""

    def begin(self, status: int, headers: Mapping[str, str]) -> dict[str, str] | None:
        """Takes the answer's head. Returns the client's headers if the body is to be streamed, else None."""
        if status != 200 or not self.streams or not _is_stream(headers) or "content-encoding" in headers:
            return None
        if not self._awaited:
            self.relay = self._relay()
        return self._head(headers)

    def begin_early(self) -> dict[str, str]:
        """The client's headers of a stream that begins before the upstream's does, since that takes its time.

        Whatever the upstream's head says then, its answer goes to `relay`, or whole to `rest`.
        """
        self._awaited = True
        self.relay = self._relay()
        return self._head({})

    def rest(self, status: int, headers: Mapping[str, str], body: bytes) -> bytes:
        """What the client gets of an answer that was read to its end, in the stream that it has been given already."""
        assert self.relay is not None
        try:
            return self._answer(status, headers, body)
        except UpstreamError as error:
            return self.relay.fail(error)

    def _head(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {
            **_passed_on(headers),
            **self._type(headers),
            "cache-control": "no-cache",
            "x-accel-buffering": "no",
            **self._notes(),
        }

    def _writer(self, asked: Asked) -> Writer:
        """A writer for the answer's stream: the one that has given signs of life already, if there is one."""
        if self._writing is None or asked.own or not self._awaited:
            self._writing = self.client.writer(asked)
        return self._writing

    def _relay(self) -> Relay:
        identifier = request_id()

        def relay_for(data: bytes) -> EventRelay:
            spoken = self._layout(data)
            if spoken is self.dialect and not self._translates:
                return Passthrough(
                    spoken.watch(self._choices),
                    lambda error: spoken.error_frame(_recognised(error), identifier),
                    self._user,
                    self._renamer,
                    spoken.ping,
                )
            asked = self._asked if spoken is self.dialect else self._foreign
            writer = self._writer(asked)
            return Translator(
                spoken.reader(keep=asked.own),
                writer,
                lambda error: writer.fail(_recognised(error), identifier),
                self._user,
            )

        return FirstTells(relay_for) if self.dialect.other_layouts else relay_for(b"")

    def _layout(self, data: bytes) -> UpstreamDialect:
        """The dialect that an answer is in: `/v1/messages` has been seen answering in OpenAI's layout (argo.md)."""
        others = (UPSTREAM[name] for name in self.dialect.other_layouts)
        return next((other for other in others if other.is_answer(data)), self.dialect)

    def whole(self, status: int, headers: Mapping[str, str], body: bytes) -> Reply:
        """The client's answer, made of an upstream answer that was read to its end. `body` is decompressed."""
        try:
            made = self._answer(status, headers, body)
        except UpstreamError as error:
            error.headers = {**_passed_on(headers), **error.headers}
            return self.fail(error)
        return Reply(200, made, {**_passed_on(headers), **self._type(headers), **self._notes()})

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> bytes:
        if status >= 400:
            raise self.dialect.read_error(status, body) or _no_error_body(status, headers, body)
        if status != 200:
            raise UpstreamError(502, f"ARGO answered {status}, which no model call does.{_where(headers)}")
        if _is_stream(headers):
            return self._streamed_whole(body)
        spoken = self._layout(body)
        error = spoken.check_body(body)
        if error is not None:
            readable = "json" in headers.get("content-type", "json")
            raise error if readable else _no_error_body(status, headers, body)
        self._refuse_notice(spoken.text_of(body))
        if self._translates or spoken is not self.dialect or self.streams:
            return self._translated(body, spoken)
        return body

    @property
    def _foreign(self) -> Asked:
        """What an answer depends on that comes in another dialect than it should."""
        return msgspec.structs.replace(self._asked, own=False, model=self.route.asked)

    def _translated(self, body: bytes, spoken: UpstreamDialect) -> bytes:
        asked = self._asked if spoken is self.dialect else self._foreign
        try:
            response = spoken.decode_answer(body, keep=asked.own)
        except UNREADABLE as problem:
            raise UpstreamError(502, f"ARGO answered with something that is no answer: {problem}") from problem
        if not self.streams:
            return self.client.encode_answer(response, asked)
        writer = self._writer(asked)
        return b"".join(map(writer.write, unfold(response)))

    def _refuse_notice(self, text: str) -> None:
        if notice.is_in(text[: notice.LOOKED_THROUGH]):
            raise notice.error(self._user)

    def _streamed_whole(self, body: bytes) -> bytes:
        if self.streams:
            relay = self.relay if self._awaited and self.relay is not None else self._relay()
            made = relay.feed(body) + relay.close()
            if relay.refusal is not None:
                raise relay.refusal
            return made
        if self._assembler is None and not self._translates:
            raise UpstreamError(502, "ARGO answered with a stream, though the request asked for none.")
        spoken = self._layout(first_data(body) or b"")
        if self._assembler is not None and spoken is self.dialect and not self._translates:
            made = assemble(spoken.watch(self._choices), self._assembler, body)
            error = spoken.check_body(made)
            if error is not None:
                raise error
            self._refuse_notice(spoken.text_of(made))
            return made if self._renamer is None else self._renamer.body(made)
        asked = self._asked if spoken is self.dialect else self._foreign
        response = read_whole(spoken.reader(keep=asked.own), body)
        parts = [part for choice in response.choices for part in choice.parts]
        self._refuse_notice("".join(part.text for part in parts if isinstance(part, TextPart)))
        return self.client.encode_answer(response, asked)

    def _type(self, headers: Mapping[str, str]) -> dict[str, str]:
        if not self.streams:
            return {}
        as_it_is = _is_stream(headers) and not self._translates
        return {"content-type": headers["content-type"] if as_it_is else self.client.stream_type(self._asked)}

    def fail(self, error: GatewayError) -> Reply:
        """The client's answer when there is none from upstream, or a bad one."""
        error = _recognised(error)
        own = self.client is self.dialect
        body = error.body if own and isinstance(error, UpstreamError) else None
        if error.status == 404:
            error.status = self._not_found
        reply = error_reply(self.client, error)
        if isinstance(error, ContextOverflow) and not self.client.knows_overflow(error):
            body = None
        return msgspec.structs.replace(
            reply, body=reply.body if body is None else body, headers={**reply.headers, **self._notes()}
        )

    def _notes(self) -> dict[str, str]:
        notes = {"argo-proxy-model": _header_text(self.route.internal_id)}
        if self.route.replaced:
            notes["argo-proxy-replaced"] = _header_text(self.route.asked)
        if self.dropped:
            notes["argo-proxy-dropped"] = _header_text(", ".join(self.dropped))
        return notes


def _recognised(error: GatewayError) -> GatewayError:
    return overflow.recognised(error) if isinstance(error, UpstreamError) else error


def _header_text(text: str) -> str:
    """Text fit for a header's value: printable ASCII, of bounded length."""
    return "".join(char if " " <= char <= "~" else "?" for char in text)[:1000]


def _is_stream(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").lstrip().lower().startswith("text/event-stream")


def _passed_on(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in _HOP}


class _OtherError(msgspec.Struct):
    """An error in none of the dialects: FastAPI's `detail`, or just a text."""

    detail: msgspec.Raw = msgspec.Raw(b"")
    message: msgspec.Raw = msgspec.Raw(b"")
    error: msgspec.Raw = msgspec.Raw(b"")


def _no_error_body(status: int, headers: Mapping[str, str], body: bytes) -> UpstreamError:
    """The error for an answer that no model endpoint gave: another service's error, a proxy's page, nothing at all."""
    try:
        other = msgspec.json.decode(body, type=_OtherError)
    except UNREADABLE:
        return _page(status, headers, body)
    said = next((bytes(raw) for raw in (other.detail, other.message, other.error) if bytes(raw)), body)
    text = said.decode("utf-8", "replace").strip('"')
    return UpstreamError(status if status >= 400 else 502, f"ARGO answered {status}: {' '.join(text.split())[:300]}")


def _page(status: int, headers: Mapping[str, str], body: bytes) -> UpstreamError:
    kind = headers.get("content-type", "no content type").split(";")[0]
    title = _TITLE.search(body[:4000])
    text = (title[1] if title else body[:200]).decode("utf-8", "replace")
    said = f": {' '.join(text.split())[:200]}" if text.strip() else " and an empty body"
    meant = status if status in _MEANT else 502
    return UpstreamError(meant, f"ARGO, or something on the way to it, answered {status} with {kind}{said}")


def _where(headers: Mapping[str, str]) -> str:
    return f" It points to {headers['location']}; are you logged in, is the VPN up?" if "location" in headers else ""
