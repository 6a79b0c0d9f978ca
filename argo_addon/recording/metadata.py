"""What is known of an exchange besides its bodies. It is read without mitmproxy, which takes long to load."""

from __future__ import annotations

import msgspec

from .. import __version__

KEY = "argo-proxy"
"""Where a flow's metadata has its facts."""
SAID = "argo-proxy-said"
"""Where it has a streamed answer's texts in one piece, to be found by."""


class ExchangeMetadata(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is to be said of an exchange. Times are in milliseconds since the request came."""

    exchange: str
    number: int = 0
    tool: str
    client: str
    """The client's dialect."""
    way: str = ""
    """How the call came where it is no request of its own: `websocket`, or `background`."""
    upstream: str = ""
    """What was called; nothing where the gateway answered by itself."""
    asked: str = ""
    model: str = ""
    converted: bool = False
    streamed: bool = False
    status: int
    outcome: str
    failed: bool = False
    first_byte_ms: int = 0
    total_ms: int
    gateway_ms: int = 0
    """Until the first request went to ARGO."""
    connect_ms: int | None = None
    """How long connecting took; None where a connection was there."""
    upstream_byte_ms: int | None = None
    """From the last request to ARGO to the first byte of its answer."""
    silence_ms: int = 0
    """The longest time between two pieces of ARGO's answer."""
    talk_ms: int = 0
    """From the first piece of ARGO's answer to the last."""
    input_tokens: int | None = None
    """Those of the prompt, whether they came from a cache, went into one, or neither."""
    output_tokens: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    session: str = ""
    """The conversation that it belongs to, as the tool names it, or else by how it begins."""
    words: str = ""
    """What the user said last, its beginning."""
    previous: str = ""
    """The response that a call of the Responses API goes on from."""
    response: str = ""
    """The id of the response that its answer is."""
    failure: str = ""
    """What failures that are equal have in common."""
    dropped: tuple[str, ...] = ()
    mended: str = ""
    overloaded: tuple[str, ...] = ()
    """The models in whose place `model` was asked."""
    replaced: bool = False
    cut: int = 0
    """Bytes of answers that were too long to be kept."""
    version: str = __version__


def comment_of(meta: ExchangeMetadata, side: str) -> str:
    """What mitmweb shows beside a flow."""
    tokens = f"{_count(meta.input_tokens)} tokens in, {_count(meta.output_tokens)} out"
    said = [
        f"#{meta.number} {side}",
        f"{meta.tool}: {meta.client}{_way(meta)}{f' to {meta.upstream}' if meta.upstream else ', answered here'}",
        f"{meta.asked} is {model_of(meta)}" if meta.asked else "",
        " ".join(
            word
            for word in (
                "converted" if meta.converted else "as it is",
                "streamed" if meta.streamed else "plain",
            )
            if meta.upstream
        ),
        f"{meta.status} {meta.outcome}",
        f"first byte {meta.first_byte_ms} ms, all {meta.total_ms} ms",
        tokens if meta.input_tokens is not None or meta.output_tokens is not None else "",
        f"{meta.cut} bytes not kept" if meta.cut else "",
        f"mended: {meta.mended}" if meta.mended else "",
        f"not sent on: {', '.join(meta.dropped)}" if meta.dropped else "",
    ]
    return " | ".join(part for part in said if part)


def model_of(meta: ExchangeMetadata) -> str:
    """The model that was asked, and why it was that one where it is not the one that was named."""
    why = [f"({', '.join(meta.overloaded)} overloaded)"] if meta.overloaded else []
    return " ".join([meta.model, *(["(the default)"] if meta.replaced else []), *why])


def _way(meta: ExchangeMetadata) -> str:
    """How it came, where that is to be said."""
    return {"websocket": " on a WebSocket", "background": " in the background"}.get(meta.way, "")


def _count(number: int | None) -> str:
    return "?" if number is None else str(number)
