"""The way between an official SDK and a recorded upstream, as HTTP transports: straight, or through the gateway.

`Straight` answers every call with the recorded bytes. `Through` does what the addon does with the gateway's objects:
it opens the SDK's request, answers its upstream request with the recorded bytes and hands over what the gateway makes
of them. Nothing here opens a socket.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import anthropic
import httpx2
import msgspec
import openai
import pytest
from google import genai
from google.genai.types import HttpOptions

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import ClientRequest
from argo_addon.settings.model import Settings

from .recordings import Answer

MODELS = {"anthropic": "claude-opus-4.6", "openai_chat": "gpt-5.4"}
"""A model name whose upstream speaks the dialect."""
SETTINGS = Settings(user="jdoe").with_base_url("http://argo.example")
WHOLE, BY_EVENT, BY_BYTE = "whole", "by event", "byte by byte"
SLOWLY = "with signs of life before, between and behind all events"
CUTS = (WHOLE, BY_EVENT, BY_BYTE)
_EVENTS = re.compile(rb".*?(?:\r?\n\r?\n|\Z)", re.DOTALL)


def gateway(*, force: bool) -> Gateway:
    """A gateway, with `force_conversion` as given."""
    return Gateway(msgspec.structs.replace(SETTINGS, force_conversion=force))


def pieces(body: bytes, cut: str) -> Iterator[bytes]:
    """The body as it might arrive."""
    if cut == WHOLE:
        yield body
    elif cut in (BY_EVENT, SLOWLY):
        yield from (match[0] for match in _EVENTS.finditer(body) if match[0])
    else:
        yield from (body[place : place + 1] for place in range(len(body)))


class Later(httpx2.AsyncBaseTransport):
    """A transport for an SDK's asynchronous client."""

    def __init__(self, transport: httpx2.BaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        return self._transport.handle_request(request)


class Straight(httpx2.BaseTransport):
    """The recorded answer, as if its own upstream gave it."""

    def __init__(self, body: bytes, kind: str, status: int = 200) -> None:
        self._made = (body, kind, status)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        body, kind, status = self._made
        return httpx2.Response(status, headers={"content-type": kind}, content=body, request=request)


class Through(httpx2.BaseTransport):
    """The recorded answer, through the gateway. What came out stays readable in `sent`, for a closer look.

    `broken`: the stream may end in an error. The request that went upstream last stays in `asked`.
    """

    def __init__(
        self, body: bytes, kind: str, status: int = 200, *, force: bool = False, cut: str = WHOLE, broken: bool = False
    ) -> None:
        self._gateway = gateway(force=force)
        self._upstream = (body, kind, status)
        self._cut = cut
        self._broken = broken
        self.sent = b""
        self.asked = b""
        self.headers: dict[str, str] = {}
        self.status = 0

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        opened = self._gateway.open(
            ClientRequest(request.method, request.url.raw_path.decode(),
                          {k.lower(): v for k, v in request.headers.items()}, request.read())
        )  # fmt: skip
        if not isinstance(opened, Exchange):
            pytest.fail(f"the gateway sent nothing upstream: {opened}")  # unlike an error, no SDK takes it for its own
        self.asked = opened.upstream.body
        self.status, self.headers, self.sent = self._answered(opened)
        return httpx2.Response(self.status, headers=self.headers, content=self.sent, request=request)

    def _answered(self, exchange: Exchange) -> tuple[int, dict[str, str], bytes]:
        body, kind, status = self._upstream
        early = b""
        if self._cut == SLOWLY:
            exchange.start_early()
            assert exchange.relay is not None
            early = exchange.relay.keep_alive() + exchange.relay.keep_alive()
            assert early
        headers = exchange.start_response(status, {"content-type": kind})
        if headers is None:
            reply = exchange.complete_response(status, {"content-type": kind}, body)
            return reply.status, {"content-type": "application/json", **reply.headers}, reply.body
        relay = exchange.relay
        assert relay is not None
        made = early
        for piece in pieces(body, self._cut):
            made += relay.feed(piece) + (relay.keep_alive() if early else b"")
        made += relay.close()
        assert not relay.keep_alive(), "nothing behind the end"
        if relay.refusal is not None and self._broken:
            reply = exchange.fail(relay.refusal)
            return reply.status, {"content-type": "application/json", **reply.headers}, reply.body
        if relay.error is not None and not self._broken:
            pytest.fail(f"the stream ended in an error: {relay.error!r}")
        return 200, headers, made


def through(answer: Answer, *, force: bool = False, cut: str = WHOLE) -> Through:
    """The way of a recorded answer through the gateway."""
    return Through(answer.body, answer.kind, force=force, cut=cut)


def gemini(transport: httpx2.BaseTransport) -> genai.Client:
    """Google's client on a transport, both its halves."""
    options = HttpOptions(
        base_url="http://proxy.example",
        httpx_client=httpx2.Client(transport=transport),
        httpx_async_client=httpx2.AsyncClient(transport=Later(transport)),
    )
    return genai.Client(api_key="jdoe", http_options=options)


def claude(transport: httpx2.BaseTransport) -> anthropic.Anthropic:
    """Anthropic's client on a transport."""
    return anthropic.Anthropic(
        base_url="http://proxy.example", api_key="jdoe", max_retries=0, http_client=httpx2.Client(transport=transport)
    )


def chat(transport: httpx2.BaseTransport) -> openai.OpenAI:
    """OpenAI's client on a transport."""
    return openai.OpenAI(
        base_url="http://proxy.example/v1", api_key="jdoe", max_retries=0,
        http_client=httpx2.Client(transport=transport),
    )  # fmt: skip
