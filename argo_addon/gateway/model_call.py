"""A call of a model, and its way back: what streams and what does not, converted or as it is. Sans-IO."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from ..dialects import UPSTREAM
from ..dialects.base import Reader, ResponseContext, UpstreamDialect, Writer
from ..errors import UNREADABLE, ContextOverflow, GatewayError, UpstreamError
from ..ir.fold import unfold
from ..ir.parts import TextPart
from ..rate_limits.base import BYTES_OF_EVENTS, BYTES_OF_TEXT
from ..translation import auth_notice, context_overflow, leaked_tool_calls
from ..translation.relay import DetectingRelay, EventRelay, Relay, event_data_in, first_event_data
from .call_steps import Environment, SealedCall
from .exchange import Exchange, error_reply, request_id
from .messages import Reply
from .native_call import TranslatedModelCall
from .other_answers import unknown_error
from .repairing_reader import RepairingReader
from .retry import RetryPolicy
from .translate import Passthrough, Translator, assemble, read_stream_body

_BEGINS_STREAM = re.compile(rb"\s*(?:(?:data|event|id|retry):|: )")
"""How a stream of events begins: some servers call it text/plain, or nothing."""


_LARGEST_ERROR = 100_000
"""Bytes of an answer with status 200 that are looked through for an error: answers may be long, errors are not."""


class ModelCall(Exchange):
    """A call of a model."""

    def __init__(self, call: TranslatedModelCall, sealed: SealedCall, environment: Environment) -> None:
        super().__init__(call, sealed, environment)
        self.translates = call.translates
        self._retry = RetryPolicy(call, environment.learned, sealed)
        self._client = call.client
        self._upstream_dialect = call.upstream
        self._context = call.context
        self._tools = call.tools
        self._renamer = call.renamer
        self._user = call.user
        self._known_users = environment.known_users
        self._choices = call.upstream.choices(call.parsed.members)
        self._assembler = call.upstream.assembler() if sealed.streams and not self.streams else None
        self.bytes_per_token = BYTES_OF_EVENTS if sealed.streams else BYTES_OF_TEXT
        self._writer: Writer | None = None
        self._started_early = False  # the client has its stream's head, and may have had signs of life

    def start_own_response(self, status: int, headers: Mapping[str, str]) -> dict[str, str] | None:
        if status != 200 or not self.streams or not _is_stream(headers) or "content-encoding" in headers:
            return None
        if not self._started_early:
            self.relay = self._relay()
        return self.stream_headers(headers)

    def should_retry(self, error: GatewayError) -> bool:
        retry = self._retry.next_call(error) if isinstance(error, UpstreamError) else None
        if retry is None:
            return self._goes_again(error.status, error.headers)
        self.retried_for, sealed = retry
        self.resend, self.wait = True, 0.0
        self.replace_request(sealed.request, sealed.dropped)
        if sealed.streams and not self.streams:
            self._assembler, self.bytes_per_token = self._upstream_dialect.assembler(), BYTES_OF_EVENTS
        if not self._started_early:
            self.relay = None
        return True

    def take_over(self, before: Exchange) -> None:
        super().take_over(before)
        if isinstance(before, ModelCall) and before._started_early:
            self._started_early = True
            if before._writer is not None:
                self._writer = self._client.writer(self._context)
                self._writer.go_on_after(before._writer)
            self.relay = self._relay()
            self.relay.head_sent()

    def should_retry_own_response(self, status: int, headers: Mapping[str, str], body: bytes) -> bool:
        error = self._error_in(status, headers, body)
        if error is None:
            return False
        error.headers = {**headers, **error.headers}
        return self.should_retry(error)

    def _goes_again(self, status: int, headers: Mapping[str, str]) -> bool:
        if not self.should_wait(status, headers):
            return False
        if not self._started_early:
            self.relay = None
        return True

    def _error_in(self, status: int, headers: Mapping[str, str], body: bytes) -> UpstreamError | None:
        """The error that an answer is, if it is one: said by its status, body, or an event before the first word."""
        if status >= 400:
            return self._upstream_dialect.read_error(status, body) or self._unknown(status, headers, body)
        if status != 200 or len(body) > _LARGEST_ERROR:
            return None
        if not _is_stream(headers) and not (self._asks_for_stream and _BEGINS_STREAM.match(body)):
            return self._layout(body).check_body(body)
        events = event_data_in(body)
        watch = self._layout(events[0]).observer(1) if events else None
        try:
            for data in events:
                assert watch is not None
                if (error := watch.observe(data)) is not None:
                    return error
                if watch.text or watch.has_acted:
                    break  # what comes behind words is no refusal of the request
        except UNREADABLE:
            return None  # `response_body` says so
        return None

    def start_early(self) -> dict[str, str]:
        self._started_early = True
        self.relay = self._relay()
        return self.stream_headers({})

    def _stream_writer(self, context: ResponseContext) -> Writer:
        """A writer for the answer's stream: the one that has given signs of life already, if there is one."""
        if self._writer is None or context.same_dialect or not self._started_early:
            self._writer = self._client.writer(context)
        return self._writer

    def _relay(self) -> Relay:
        identifier = request_id()

        def relay_for(data: bytes) -> EventRelay:
            layout = self._layout(data)
            if layout is self._upstream_dialect and not self.translates:
                return Passthrough(
                    layout.observer(self._choices),
                    lambda error: layout.error_frame(_recognised(error), identifier),
                    self._user,
                    self._renamer,
                    layout.ping,
                    layout.stream_repairer(self._tools) if self._tools else None,
                    self._known_users,
                )
            context = self._context if layout is self._upstream_dialect else self._foreign_context
            writer = self._stream_writer(context)
            return Translator(
                self._reader(layout, keep_extra=context.same_dialect),
                writer,
                lambda error: writer.fail(_recognised(error), identifier),
                self._user,
                self._known_users,
            )

        return DetectingRelay(relay_for) if self._upstream_dialect.other_layouts else relay_for(b"")

    def _reader(self, layout: UpstreamDialect, *, keep_extra: bool) -> Reader:
        """A reader for the answer's stream, which finds calls that leaked into its text."""
        reader = layout.reader(keep_extra=keep_extra)
        return RepairingReader(reader, self._tools) if self._tools else reader

    def _layout(self, data: bytes) -> UpstreamDialect:
        """The dialect that an answer is in: `/v1/messages` has been seen answering in OpenAI's layout (argo.md)."""
        others = (UPSTREAM[name] for name in self._upstream_dialect.other_layouts)
        return next((other for other in others if other.is_response(data)), self._upstream_dialect)

    def _unknown(self, status: int, headers: Mapping[str, str], body: bytes) -> UpstreamError:
        return unknown_error(self.upstream.url, status, headers, body)

    def response_body(self, status: int, headers: Mapping[str, str], body: bytes) -> bytes:
        if status >= 400:
            raise self._upstream_dialect.read_error(status, body) or self._unknown(status, headers, body)
        if status != 200:
            raise self._unknown(status, headers, body)
        body = body.removeprefix(b"\xef\xbb\xbf")
        is_json = body.lstrip()[:1] == b"{"  # whatever its head says
        if (_is_stream(headers) and not is_json) or (self._asks_for_stream and _BEGINS_STREAM.match(body)):
            return self._streamed_whole(body)
        layout = self._layout(body)
        error = layout.check_body(body)
        if error is not None:
            readable = "json" in headers.get("content-type", "json")
            raise error if readable else self._unknown(status, headers, body)
        try:
            body.decode()  # nobody else looks at what only goes along
            text = layout.text_of(body)
        except UNREADABLE as problem:
            raise UpstreamError(502, f"ARGO answered with something that is no answer: {problem}") from problem
        self._refuse_notice(text)
        if self.translates or layout is not self._upstream_dialect or self.streams:
            return self._translated(body, layout)
        return self._repaired(body, layout)

    def _repaired(self, body: bytes, layout: UpstreamDialect) -> bytes:
        """A plain answer that goes on as it is, but for calls that leaked into its text."""
        leaks_in = self._tools and leaked_tool_calls.SIGN.encode() in body
        return self._translated(body, layout) if leaks_in else body

    @property
    def _asks_for_stream(self) -> bool:
        return self.streams or self._assembler is not None

    @property
    def _foreign_context(self) -> ResponseContext:
        """What an answer depends on that comes in another dialect than it should."""
        return msgspec.structs.replace(self._context, same_dialect=False, model=self.route.requested)

    def _translated(self, body: bytes, layout: UpstreamDialect) -> bytes:
        context = self._context if layout is self._upstream_dialect else self._foreign_context
        try:
            body.decode()  # what is kept as it stands is not looked at again
            response = layout.decode_response(body, keep_extra=context.same_dialect)
        except UNREADABLE as problem:
            raise UpstreamError(502, f"ARGO answered with something that is no answer: {problem}") from problem
        if self._tools:
            response = leaked_tool_calls.repaired_response(response, self._tools)
        if not self.streams:
            return self._client.encode_response(response, context)
        writer = self._stream_writer(context)
        return b"".join(map(writer.write, unfold(response)))

    def _refuse_notice(self, text: str) -> None:
        if auth_notice.contains_notice(text[: auth_notice.SEARCHED_CHARACTERS]):
            raise auth_notice.not_registered(self._user)

    def _streamed_whole(self, body: bytes) -> bytes:
        if self.streams:
            relay = self.relay if self._started_early and self.relay is not None else self._relay()
            made = relay.feed(body) + relay.close()
            if relay.refusal is not None:
                raise relay.refusal
            return made
        if self._assembler is None and not self.translates:
            raise UpstreamError(502, "ARGO answered with a stream, though the request asked for none.")
        layout = self._layout(first_event_data(body) or b"")
        if self._assembler is not None and layout is self._upstream_dialect and not self.translates:
            made = assemble(layout.observer(self._choices), self._assembler, body)
            error = layout.check_body(made)
            if error is not None:
                raise error
            self._refuse_notice(layout.text_of(made))
            made = self._repaired(made, layout)
            return made if self._renamer is None else self._renamer.body(made)
        context = self._context if layout is self._upstream_dialect else self._foreign_context
        response = read_stream_body(self._reader(layout, keep_extra=context.same_dialect), body)
        parts = [part for choice in response.choices for part in choice.parts]
        self._refuse_notice("".join(part.text for part in parts if isinstance(part, TextPart)))
        return self._client.encode_response(response, context)

    def content_type(self, headers: Mapping[str, str]) -> dict[str, str]:
        if not self.streams:
            return {}
        as_it_is = _is_stream(headers) and not self.translates
        return {"content-type": headers["content-type"] if as_it_is else self._client.stream_type(self._context)}

    def fail(self, error: GatewayError) -> Reply:
        error = _recognised(error)
        own = self._client is self._upstream_dialect
        body = error.body if own and isinstance(error, UpstreamError) else None
        if error.status == 404:
            error.status = self._client.not_found_status(self.call.headers)
        reply = error_reply(self._client, error)
        if isinstance(error, ContextOverflow) and not self._client.knows_overflow(error):
            body = None
        return msgspec.structs.replace(
            reply, body=reply.body if body is None else body, headers={**reply.headers, **self.report_headers()}
        )


def _recognised(error: GatewayError) -> GatewayError:
    return context_overflow.recognise(error) if isinstance(error, UpstreamError) else error


def _is_stream(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").partition(";")[0].strip().lower() == "text/event-stream"
