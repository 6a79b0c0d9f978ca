"""A call of a model by ARGO's legacy gateway, and its way back. Sans-IO.

What it asks is made of what the model's own API would get (docs/decisions/0013-the-legacy-gateway.md). Source: argo.md,
"The legacy gateway".
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import msgspec

from ...dialects import LEGACY, UPSTREAM
from ...dialects.base import Writer
from ...errors import GatewayError, UpstreamError
from ...ir.fold import unfold
from ...ir.parts import TextPart, ToolCallPart
from ...ir.response import Choice, Finish, FinishReason, Response, Usage
from ...translation import auth_notice, context_overflow, leaked_tool_calls
from ...translation.tokens import of_parts
from ..call_steps import Environment, SealedCall
from ..exchange import Exchange, error_reply, request_id
from ..messages import Reply
from ..other_answers import unknown_error
from ..translate import TextTranslator
from .request import TranslatedLegacyCall

ESTIMATED = {"argo-proxy-usage": "estimated"}
"""The header that says that the answer's usage was not told by ARGO."""
_CHAT = UPSTREAM["openai_chat"]
_WHOLE = frozenset({"application/json", "application/problem+json", "text/html", "application/xhtml+xml"})
"""Content types of what is no streamed text, whatever was asked for."""


class LegacyCall(Exchange):
    """A call of a model."""

    def __init__(self, call: TranslatedLegacyCall, sealed: SealedCall, environment: Environment) -> None:
        super().__init__(call, sealed, environment)
        self._client = call.client
        self._context = call.context
        self._prompt_tokens = call.prompt_tokens
        self._tools = call.tools
        self._user = call.user
        self._known_users = environment.known_users
        self._reads_text = call.reads_text
        self._writer: Writer = call.client.writer(call.context)

    def start_own_response(self, status: int, headers: Mapping[str, str]) -> dict[str, str] | None:
        if status != 200 or not self._reads_text or _type_of(headers) in _WHOLE or "content-encoding" in headers:
            return None
        self.relay = self.relay or self._relay()
        return self.stream_headers(headers)

    def start_early(self) -> dict[str, str]:
        self.relay = self._relay()
        return self.stream_headers({})

    def take_over(self, before: Exchange) -> None:
        super().take_over(before)
        if isinstance(before, LegacyCall) and before.relay is not None:
            self._writer.go_on_after(before._writer)
            self.relay = self._relay()
            self.relay.head_sent()

    def _relay(self) -> TextTranslator:
        identifier = request_id()
        return TextTranslator(
            LEGACY.reader(self._prompt_tokens),
            self._writer,
            lambda error: self._writer.fail(_recognised(error), identifier),
            self._user,
            self._known_users,
        )

    def response_body(self, status: int, headers: Mapping[str, str], body: bytes) -> bytes:
        if status >= 400:
            raise _CHAT.read_error(status, body) or unknown_error(self.upstream.url, status, headers, body)
        if status != 200:
            raise unknown_error(self.upstream.url, status, headers, body)
        if self._reads_text and _type_of(headers) not in _WHOLE:
            return self._streamed_whole(body)
        if "json" not in headers.get("content-type", "json"):
            raise unknown_error(self.upstream.url, status, headers, body)
        response = self._response(body)
        if self.streams:
            return b"".join(map(self._writer.write, unfold(response)))
        return self._client.encode_response(response, self._context)

    def _response(self, body: bytes) -> Response:
        """What an answer of chat says, with the usage that it does not tell."""
        try:
            parts = LEGACY.decode_response(body, uuid.uuid4().hex)
        except UpstreamError as error:
            raise _CHAT.read_error(0, body) or error from error
        said = "".join(part.text for part in parts if isinstance(part, TextPart))
        if auth_notice.contains_notice(said[: auth_notice.SEARCHED_CHARACTERS]):
            raise auth_notice.not_registered(self._user)
        if self._tools:
            parts = leaked_tool_calls.repaired(parts, self._tools)
        calls = any(isinstance(part, ToolCallPart) for part in parts)
        finish = Finish(FinishReason.TOOL_CALLS if calls else FinishReason.STOP)
        return Response("", "", (Choice(0, parts, finish),), Usage(self._prompt_tokens, of_parts(parts)))

    def _streamed_whole(self, body: bytes) -> bytes:
        """A text that came whole, since its head had gone out early, or came compressed."""
        relay = self.relay if self.relay is not None else self._relay()
        made = relay.feed(body) + relay.close()
        if relay.refusal is not None:
            assert isinstance(relay.refusal, UpstreamError)  # no other can come of an answer
            raise relay.refusal
        return made

    def content_type(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {"content-type": self._client.stream_type(self._context)} if self.streams else {}

    def fail(self, error: GatewayError) -> Reply:
        error = _recognised(error)
        if error.status == 404:
            error.status = self._client.not_found_status(self.call.headers)
        reply = error_reply(self._client, error)
        return msgspec.structs.replace(reply, headers={**reply.headers, **super().report_headers()})

    def report_headers(self) -> dict[str, str]:
        return {**super().report_headers(), **ESTIMATED}


def _recognised(error: GatewayError) -> GatewayError:
    return context_overflow.recognise(error) if isinstance(error, UpstreamError) else error


def _type_of(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()
