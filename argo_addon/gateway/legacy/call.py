"""A call of a model by ARGO's legacy gateway, and its way back. Sans-IO.

What it asks is made of what the model's own API would get (docs/decisions/0013-the-legacy-gateway.md). Source: argo.md,
"The legacy gateway".
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Set

import msgspec

from ...dialects import LEGACY, UPSTREAM
from ...dialects.base import Fields, ModelDialect, ResponseContext, Writer
from ...dialects.losses import in_client_words, printable_path
from ...errors import GatewayError, UpstreamError
from ...ir.fold import unfold
from ...ir.parts import TextPart, ToolCallPart
from ...ir.response import Choice, Finish, FinishReason, Response, Usage
from ...translation import auth_notice, context_overflow, leaked_tool_calls
from ...translation.tokens import of_parts
from ..exchange import ClientRequest, Exchange, Reply, UpstreamRequest, error_reply, request_id, unknown_error, where
from ..routing import Route
from ..translate import TextTranslator
from .request import Caller, request_for

ESTIMATED = {"argo-proxy-usage": "estimated"}
"""The header that says that the answer's usage was not told by ARGO."""
_CHAT = UPSTREAM["openai_chat"]
_WHOLE = frozenset({"application/json", "application/problem+json", "text/html", "application/xhtml+xml"})
"""Content types of what is no streamed text, whatever was asked for."""


class LegacyCall(Exchange):
    """A call of a model. `prompt` is how many tokens it has, `offered` the names of the tools that may be called."""

    def __init__(
        self,
        *,
        upstream: UpstreamRequest,
        client: ModelDialect,
        asked: ResponseContext,
        not_found: int,
        route: Route,
        streams: bool,
        prompt: int,
        offered: Set[str],
        user: str,
        timeout: float | None,
        dropped: tuple[str, ...],
    ) -> None:
        super().__init__(upstream, route, streams=streams, timeout=timeout, dropped=dropped)
        self._client = client
        self.field_names = client.field_names
        self._asked = asked
        self._not_found = not_found
        self._prompt = prompt
        self._offered = offered
        self._user = user
        self._text = upstream.url.endswith(LEGACY.streamchat)
        self._writer: Writer = client.writer(asked)

    def begin(self, status: int, headers: Mapping[str, str]) -> dict[str, str] | None:
        if status != 200 or not self._text or _type_of(headers) in _WHOLE or "content-encoding" in headers:
            return None
        self.relay = self.relay or self._relay()
        return self.stream_head(headers)

    def start_early(self) -> dict[str, str]:
        self.relay = self._relay()
        return self.stream_head({})

    def _relay(self) -> TextTranslator:
        identifier = request_id()
        return TextTranslator(
            LEGACY.reader(self._prompt),
            self._writer,
            lambda error: self._writer.fail(_recognised(error), identifier),
            self._user,
        )

    def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> bytes:
        if status >= 400:
            raise _CHAT.read_error(status, body) or unknown_error(status, headers, body)
        if status != 200:
            raise UpstreamError(502, f"ARGO answered {status}, which no model call does.{where(headers)}")
        if self._text and _type_of(headers) not in _WHOLE:
            return self._streamed_whole(body)
        if "json" not in headers.get("content-type", "json"):
            raise unknown_error(status, headers, body)
        response = self._response(body)
        if self.streams:
            return b"".join(map(self._writer.write, unfold(response)))
        return self._client.encode_answer(response, self._asked)

    def _response(self, body: bytes) -> Response:
        """What an answer of chat says, with the usage that it does not tell."""
        try:
            parts = LEGACY.decode_answer(body, uuid.uuid4().hex)
        except UpstreamError as error:
            raise _CHAT.read_error(0, body) or error from error
        said = "".join(part.text for part in parts if isinstance(part, TextPart))
        if auth_notice.contains_notice(said[: auth_notice.LOOKED_THROUGH]):
            raise auth_notice.not_registered(self._user)
        if self._offered:
            parts = leaked_tool_calls.repaired(parts, self._offered)
        calls = any(isinstance(part, ToolCallPart) for part in parts)
        finish = Finish(FinishReason.TOOL_CALLS if calls else FinishReason.STOP)
        return Response("", "", (Choice(0, parts, finish),), Usage(self._prompt, of_parts(parts)))

    def _streamed_whole(self, body: bytes) -> bytes:
        """A text that came whole, since its head had gone out early, or came compressed."""
        relay = self.relay if self.relay is not None else self._relay()
        made = relay.feed(body) + relay.close()
        if relay.refusal is not None:
            assert isinstance(relay.refusal, UpstreamError)  # no other can come of an answer
            raise relay.refusal
        return made

    def type_of(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {"content-type": self._client.stream_type(self._asked)} if self.streams else {}

    def fail(self, error: GatewayError) -> Reply:
        error = _recognised(error)
        if error.status == 404:
            error.status = self._not_found
        reply = error_reply(self._client, error)
        return msgspec.structs.replace(reply, headers={**reply.headers, **super().notes()})

    def notes(self) -> dict[str, str]:
        return {**super().notes(), **ESTIMATED}


def call_for(
    request: ClientRequest,
    client: ModelDialect,
    route: Route,
    fields: Fields,
    asked: ResponseContext,
    by: Caller,
    *,
    streams: bool,
    timeout: float | None,
) -> LegacyCall:
    """The call that a client's request makes. Raises ClientError that names the place of what does not fit."""
    body = {name: value for name, value in fields.items() if name != "timeout"}
    made = request_for(body, client, route, asked, streams=streams)
    said = (in_client_words(client.field_names, path, fields) for path in made.losses)
    return LegacyCall(
        upstream=by.request(request, client, route, made.path, made.fields),
        client=client,
        asked=made.asked,
        not_found=client.not_found_status(request.headers),
        route=route,
        streams=streams,
        prompt=made.prompt,
        offered=made.offered,
        user=by.user,
        timeout=timeout,
        dropped=tuple(dict.fromkeys(map(printable_path, said))),
    )


def _recognised(error: GatewayError) -> GatewayError:
    return context_overflow.recognise(error) if isinstance(error, UpstreamError) else error


def _type_of(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()
