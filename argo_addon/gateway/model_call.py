"""A call of a model, and its way back: what streams and what does not, converted or as it is. Sans-IO."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set

import msgspec

from ..dialects import UPSTREAM
from ..dialects.base import Assembler, ModelDialect, Reader, Renamer, ResponseContext, UpstreamDialect, Writer
from ..errors import UNREADABLE, ContextOverflow, GatewayError, UpstreamError
from ..ir.fold import unfold
from ..ir.parts import TextPart
from ..translation import auth_notice, context_overflow, leaked_tool_calls
from ..translation.relay import DetectingRelay, EventRelay, Relay, events_in, first_data
from .exchange import Exchange, Reply, UpstreamRequest, error_reply, request_id, unknown_error, where
from .repairing_reader import RepairingReader
from .retry import RetryPolicy
from .routing import Route
from .translate import Passthrough, Translator, assemble, read_whole

_BEGINS_STREAM = re.compile(rb"\s*(?:(?:data|event|id|retry):|: )")
"""How a stream of events begins: some servers call it text/plain, or nothing."""


_LARGEST_ERROR = 100_000
"""Bytes of an answer with status 200 that are looked through for an error: answers may be long, errors are not."""


class ModelCall(Exchange):
    """A call of a model."""

    def __init__(
        self,
        *,
        upstream: UpstreamRequest,
        client: ModelDialect,
        dialect: UpstreamDialect,
        asked: ResponseContext,
        translates: bool,
        not_found: int,
        route: Route,
        streams: bool,
        assembler: Assembler | None,
        choices: int,
        offered: Set[str],
        renamer: Renamer | None,
        user: str,
        timeout: float | None,
        dropped: tuple[str, ...],
        healer: RetryPolicy,
    ) -> None:
        super().__init__(upstream, route, streams=streams, timeout=timeout, dropped=dropped)
        self._healer = healer
        self.client = client
        self.field_names = client.field_names
        self.dialect = dialect
        self._asked = asked
        self.translates = translates
        self._not_found = not_found
        self._writing: Writer | None = None
        self._awaited = False  # the client has the head of its stream, and may have had signs of life
        self._assembler = assembler
        self._choices = choices
        self._offered = offered
        self._renamer = renamer
        self._user = user

    def begin(self, status: int, headers: Mapping[str, str]) -> dict[str, str] | None:
        if status != 200 or not self.streams or not _is_stream(headers) or "content-encoding" in headers:
            return None
        if not self._awaited:
            self.relay = self._relay()
        return self.stream_head(headers)

    def should_retry(self, error: GatewayError) -> bool:
        mended = self._healer.after(error) if isinstance(error, UpstreamError) else None
        if mended is None:
            return False
        self.mended, sent = mended
        self.resend = True
        self.take(sent.request, sent.dropped)
        if sent.streams and not self.streams:
            self._assembler = self.dialect.assembler()
        if not self._awaited:
            self.relay = None
        return True

    def should_retry_response(self, status: int, headers: Mapping[str, str], body: bytes) -> bool:
        error = self._error_in(status, headers, body)
        return error is not None and self.should_retry(error)

    def _error_in(self, status: int, headers: Mapping[str, str], body: bytes) -> UpstreamError | None:
        """The error that an answer is, if it is one: said by its status, body, or an event before the first word."""
        if status >= 400:
            return self.dialect.read_error(status, body) or unknown_error(status, headers, body)
        if status != 200 or len(body) > _LARGEST_ERROR:
            return None
        if not _is_stream(headers) and not (self._asks_for_stream and _BEGINS_STREAM.match(body)):
            return self._layout(body).check_body(body)
        events = events_in(body)
        watch = self._layout(events[0]).observer(1) if events else None
        try:
            for data in events:
                assert watch is not None
                if (error := watch.observe(data)) is not None:
                    return error
                if watch.text or watch.acts:
                    break  # what comes behind words is no refusal of the request
        except UNREADABLE:
            return None  # `answer` says so
        return None

    def start_early(self) -> dict[str, str]:
        self._awaited = True
        self.relay = self._relay()
        return self.stream_head({})

    def _writer(self, asked: ResponseContext) -> Writer:
        """A writer for the answer's stream: the one that has given signs of life already, if there is one."""
        if self._writing is None or asked.own or not self._awaited:
            self._writing = self.client.writer(asked)
        return self._writing

    def _relay(self) -> Relay:
        identifier = request_id()

        def relay_for(data: bytes) -> EventRelay:
            spoken = self._layout(data)
            if spoken is self.dialect and not self.translates:
                return Passthrough(
                    spoken.observer(self._choices),
                    lambda error: spoken.error_frame(_recognised(error), identifier),
                    self._user,
                    self._renamer,
                    spoken.ping,
                    spoken.stream_repairer(self._offered) if self._offered else None,
                )
            asked = self._asked if spoken is self.dialect else self._foreign
            writer = self._writer(asked)
            return Translator(
                self._reader(spoken, keep=asked.own),
                writer,
                lambda error: writer.fail(_recognised(error), identifier),
                self._user,
            )

        return DetectingRelay(relay_for) if self.dialect.other_layouts else relay_for(b"")

    def _reader(self, spoken: UpstreamDialect, *, keep: bool) -> Reader:
        """A reader for the answer's stream, which finds calls that leaked into its text."""
        reader = spoken.reader(keep=keep)
        return RepairingReader(reader, self._offered) if self._offered else reader

    def _layout(self, data: bytes) -> UpstreamDialect:
        """The dialect that an answer is in: `/v1/messages` has been seen answering in OpenAI's layout (argo.md)."""
        others = (UPSTREAM[name] for name in self.dialect.other_layouts)
        return next((other for other in others if other.is_answer(data)), self.dialect)

    def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> bytes:
        if status >= 400:
            raise self.dialect.read_error(status, body) or unknown_error(status, headers, body)
        if status != 200:
            raise UpstreamError(502, f"ARGO answered {status}, which no model call does.{where(headers)}")
        if _is_stream(headers) or (self._asks_for_stream and _BEGINS_STREAM.match(body)):
            return self._streamed_whole(body)
        spoken = self._layout(body)
        error = spoken.check_body(body)
        if error is not None:
            readable = "json" in headers.get("content-type", "json")
            raise error if readable else unknown_error(status, headers, body)
        self._refuse_notice(spoken.text_of(body))
        if self.translates or spoken is not self.dialect or self.streams:
            return self._translated(body, spoken)
        return self._mended(body, spoken)

    def _mended(self, body: bytes, spoken: UpstreamDialect) -> bytes:
        """A plain answer that goes on as it is, but for calls that leaked into its text."""
        leaks_in = self._offered and leaked_tool_calls.SIGN.encode() in body
        return self._translated(body, spoken) if leaks_in else body

    @property
    def _asks_for_stream(self) -> bool:
        return self.streams or self._assembler is not None

    @property
    def _foreign(self) -> ResponseContext:
        """What an answer depends on that comes in another dialect than it should."""
        return msgspec.structs.replace(self._asked, own=False, model=self.route.asked)

    def _translated(self, body: bytes, spoken: UpstreamDialect) -> bytes:
        asked = self._asked if spoken is self.dialect else self._foreign
        try:
            body.decode()  # what is kept as it stands is not looked at again
            response = spoken.decode_answer(body, keep=asked.own)
        except UNREADABLE as problem:
            raise UpstreamError(502, f"ARGO answered with something that is no answer: {problem}") from problem
        if self._offered:
            response = leaked_tool_calls.repaired_response(response, self._offered)
        if not self.streams:
            return self.client.encode_answer(response, asked)
        writer = self._writer(asked)
        return b"".join(map(writer.write, unfold(response)))

    def _refuse_notice(self, text: str) -> None:
        if auth_notice.contains_notice(text[: auth_notice.LOOKED_THROUGH]):
            raise auth_notice.not_registered(self._user)

    def _streamed_whole(self, body: bytes) -> bytes:
        if self.streams:
            relay = self.relay if self._awaited and self.relay is not None else self._relay()
            made = relay.feed(body) + relay.close()
            if relay.refusal is not None:
                raise relay.refusal
            return made
        if self._assembler is None and not self.translates:
            raise UpstreamError(502, "ARGO answered with a stream, though the request asked for none.")
        spoken = self._layout(first_data(body) or b"")
        if self._assembler is not None and spoken is self.dialect and not self.translates:
            made = assemble(spoken.observer(self._choices), self._assembler, body)
            error = spoken.check_body(made)
            if error is not None:
                raise error
            self._refuse_notice(spoken.text_of(made))
            made = self._mended(made, spoken)
            return made if self._renamer is None else self._renamer.body(made)
        asked = self._asked if spoken is self.dialect else self._foreign
        response = read_whole(self._reader(spoken, keep=asked.own), body)
        parts = [part for choice in response.choices for part in choice.parts]
        self._refuse_notice("".join(part.text for part in parts if isinstance(part, TextPart)))
        return self.client.encode_answer(response, asked)

    def type_of(self, headers: Mapping[str, str]) -> dict[str, str]:
        if not self.streams:
            return {}
        as_it_is = _is_stream(headers) and not self.translates
        return {"content-type": headers["content-type"] if as_it_is else self.client.stream_type(self._asked)}

    def fail(self, error: GatewayError) -> Reply:
        error = _recognised(error)
        own = self.client is self.dialect
        body = error.body if own and isinstance(error, UpstreamError) else None
        if error.status == 404:
            error.status = self._not_found
        reply = error_reply(self.client, error)
        if isinstance(error, ContextOverflow) and not self.client.knows_overflow(error):
            body = None
        return msgspec.structs.replace(
            reply, body=reply.body if body is None else body, headers={**reply.headers, **self.notes()}
        )


def _recognised(error: GatewayError) -> GatewayError:
    return context_overflow.recognise(error) if isinstance(error, UpstreamError) else error


def _is_stream(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").partition(";")[0].strip().lower() == "text/event-stream"
