"""What reads bytes from outside, each behind one function that takes any bytes and fails where something is wrong.

`TARGETS` has them by name. A target's first bytes choose among its ways (dialects, models, where the rest is cut). What
counts as wrong is the same everywhere: an exception that is no answer, an answer that is no JSON, an error of the 500s
for what a client sent, two readers that disagree.
"""

from __future__ import annotations

import io
import json
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h11
from h11._readers import ChunkedReader
from h11._receivebuffer import ReceiveBuffer
from mitmproxy.net.http import http1

from argo_addon.errors import ClientError
from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import ClientRequest, Reply
from argo_addon.gateway.parsing import parse_body
from argo_addon.proxy.bodies import ChunkedBody
from argo_addon.proxy.compression import decompressed
from argo_addon.proxy.heads import END_OF_HEAD, request_head
from argo_addon.recording.flow_files import Unreadable, whole_end
from argo_addon.recording.recorded_exchange import of_file
from argo_addon.settings.model import Settings, SettingsError, load
from argo_addon.sse import Splitter, data_of

Target = Callable[[bytes], None]

SETTINGS = Settings(user="jdoe").with_base_url("http://argo.example")
GATEWAYS = [
    Gateway(SETTINGS),
    Gateway(Settings(user="jdoe", force_conversion=True).with_base_url("http://argo.example")),
    Gateway(Settings(user="jdoe", use_legacy_argo=True).with_base_url("http://argo.example")),
]
MODELS = ("gpt-5.4", "claude-opus-4.6", "gemini-2.5-pro", "o3", "claude-haiku-4.5")
TEXT = {"role": "user", "content": "hi"}
HI: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"messages": [TEXT], "stream_options": {"include_usage": True}},
    "/v1/responses": {"input": "hi"},
    "/v1/messages": {"messages": [TEXT], "max_tokens": 9},
    "/v1beta/models/{}:{}": {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]},
    "/v1/completions": {"prompt": "hi"},
}
EMBED = ("/v1/embeddings", "/v1beta/models/text-embedding-3-small:batchEmbedContents")
COUNT = ("/v1/messages/count_tokens", "/v1beta/models/gemini-2.5-pro:countTokens")
JSON, STREAM = {"content-type": "application/json"}, {"content-type": "text/event-stream"}


class Choices:
    """What the first bytes of an input choose, one after the other; the rest is what is read."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def among(self, count: int) -> int:
        first, self._data = self._data[:1] or b"\0", self._data[1:]
        return first[0] % count

    @property
    def rest(self) -> bytes:
        return self._data


def pieces(data: bytes, cut: int) -> Iterator[bytes]:
    """The data whole (0), or in pieces of that size."""
    size = cut or max(len(data), 1)
    return (data[start : start + size] for start in range(0, len(data), size))


def strict(data: bytes) -> Any:
    """What JSON says; fails for what only Python takes, and for what is no UTF-8."""

    def refuse(word: str) -> object:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(data.decode(), parse_constant=refuse)


def request(data: bytes) -> None:
    """A body that a client sends, to any endpoint."""
    choices = Choices(data)
    gateway = GATEWAYS[choices.among(len(GATEWAYS))]
    model = MODELS[choices.among(len(MODELS))]
    paths = [*(path.format(model, "generateContent") for path in HI), *EMBED, *COUNT]
    made = gateway.open(ClientRequest("POST", paths[choices.among(len(paths))], {}, choices.rest))
    if isinstance(made, Exchange):
        strict(made.upstream.body)
    else:
        assert isinstance(made, Reply)
        assert made.status < 500 or made.status == 501, made
        strict(made.body)


def call(choices: Choices, *, stream: bool) -> tuple[str, Exchange]:
    """A call that is plain as can be, in a way that the input chooses, and its path."""
    gateway, model = GATEWAYS[choices.among(len(GATEWAYS))], MODELS[choices.among(len(MODELS))]
    path, body = list(HI.items())[choices.among(len(HI))]
    body = {**body, "model": model}
    if path.startswith("/v1beta"):
        path = path.format(model, "streamGenerateContent?alt=sse" if stream else "generateContent")
    elif stream:
        body["stream"] = True
    made = gateway.open(ClientRequest("POST", path, {}, json.dumps(body).encode()))
    assert isinstance(made, Exchange), made
    return path, made


def answer(data: bytes) -> None:
    """ARGO's whole answer, of any status."""
    choices = Choices(data)
    _, exchange = call(choices, stream=False)
    status = (200, 400, 401, 429, 500, 503)[choices.among(6)]
    headers = (JSON, STREAM, {})[choices.among(3)]
    if exchange.start_response(status, headers) is not None and exchange.relay is not None:
        strict_events(exchange.finish_stream(status, headers, choices.rest), "")
        return
    made = exchange.complete_response(status, headers, choices.rest)
    strict(made.body)


def stream(data: bytes) -> None:
    """ARGO's streamed answer, however it is cut, and wherever it ends."""
    choices = Choices(data)
    path, exchange = call(choices, stream=True)
    cut = choices.among(40)
    exchange.start_response(200, STREAM)
    relay = exchange.relay
    assert relay is not None
    out = b"".join(relay.feed(piece) for piece in pieces(choices.rest, cut))
    out += relay.close()
    if relay.refusal is None:
        assert relay.finished
        strict_events(out, path)


def strict_events(out: bytes, path: str) -> None:
    """Fails where a stream that goes out has an event that is not whole, or whose data is no JSON."""
    frames = Splitter()
    found = frames.feed(out)
    assert not frames.rest().strip(), "its last event has no end"
    for frame in found:
        told = data_of(frame)
        if told is not None and told != b"[DONE]" and told.strip():
            strict(told)


def sse(data: bytes) -> None:
    """Events, whole and cut: the same data, and every byte in one of them."""
    choices = Choices(data)
    cut = 1 + choices.among(9)
    whole, parts = Splitter(), Splitter()
    expected = whole.feed(choices.rest)
    found = [frame for piece in pieces(choices.rest, cut) for frame in parts.feed(piece)]
    assert b"".join(found) + parts.rest() == b"".join(expected) + whole.rest() == choices.rest
    assert list(filter(None, map(data_of, found))) == list(filter(None, map(data_of, expected)))


def head(data: bytes) -> None:
    """A request's head: what is trusted says the same to mitmproxy and to h11, where h11 takes it."""
    end = END_OF_HEAD.search(data)
    if end is None:
        return
    found = data[: end.start()]
    try:
        ours = request_head(found)
        taken = http1.read_request_head([line.rstrip(b"\r") for line in found.split(b"\n")])
        length = http1.expected_http_body_size(taken)
    except ValueError:
        return  # refused, by ours or by mitmproxy
    assert (ours.method, ours.length) == (taken.data.method, length)
    assert ours.fields == taken.data.headers.fields
    other = h11.Connection(h11.SERVER, max_incomplete_event_size=10_000_000)
    other.receive_data(found + b"\r\n\r\n")
    try:
        event = other.next_event()
    except h11.RemoteProtocolError:
        return
    assert isinstance(event, h11.Request)
    fields = dict(event.headers)
    assert event.method == taken.data.method
    if b"transfer-encoding" in fields:
        assert length is None
    else:
        assert length == int(fields.get(b"content-length", b"0"))


def chunks(data: bytes) -> None:
    """A chunked body: what ours takes for one is one to h11's reader, and holds the same.

    Older h11s do not look at what ends a chunk, so that ours may refuse more. None takes blanks before an extension,
    which a recipient has to (RFC 9112, 7.1.1).
    """
    choices = Choices(data)
    cut = choices.among(20)
    found = _ours(choices.rest, cut)
    if found != NO_CHUNKS and not _BLANKS_BEFORE_EXTENSION.search(choices.rest):
        assert found == _h11s(choices.rest)


NO_CHUNKS = (b"", "no chunks")
_BLANKS_BEFORE_EXTENSION = re.compile(rb"[0-9a-fA-F][ \t]+;")


def _ours(data: bytes, cut: int) -> tuple[bytes, str]:
    reader, body = ChunkedBody(), b""
    for piece in pieces(data, cut):
        body += reader.feed(piece)
        if reader.fault is not None:
            return NO_CHUNKS
        if reader.done:
            return body, "whole"
    return body, "more to come"


def _h11s(data: bytes) -> tuple[bytes, str]:
    reader, buffer, body = ChunkedReader(), ReceiveBuffer(), b""
    buffer += data
    while True:
        try:
            event = reader(buffer)
        except h11.ProtocolError:
            return NO_CHUNKS
        if event is None:
            return body, "more to come"
        if isinstance(event, h11.EndOfMessage):
            return body, "whole"
        body += bytes(event.data)


def compression(data: bytes) -> None:
    """A compressed body is one, or the client's error."""
    choices = Choices(data)
    coding = ("gzip", "deflate", "zstd", "br", "")[choices.among(5)]
    try:
        assert len(decompressed(choices.rest, coding, 100_000)) <= max(100_000, len(data))
    except ClientError as error:
        assert error.status in (400, 413, 415)


def surrogates(data: bytes) -> None:
    """A body that is read is what JSON says, and can be written again."""
    try:
        fields = parse_body(data)
    except ClientError as error:
        assert error.status == 400
        return
    for value in fields.values():
        json.dumps(json.loads(bytes(value))).encode()


def config(data: bytes) -> None:
    """A configuration file is one, or every problem of it is told."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_bytes(data)
        try:
            load(path, environ={})
        except SettingsError as error:
            assert str(error).isprintable() or "\n" in str(error)


def flow_file(data: bytes) -> None:
    """A recording is one, or is told to be none; a torn end is found."""
    assert 0 <= whole_end(io.BytesIO(data)) <= len(data)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.flow"
        path.write_bytes(data)
        try:
            of_file(path)
        except Unreadable as error:
            assert "a.flow" in str(error)


def target(data: bytes) -> None:
    """A request's method and target, and nothing behind them."""
    method, _, path = data.partition(b" ")
    made = GATEWAYS[0].open(ClientRequest(method.decode("latin-1"), path.decode("utf-8", "surrogateescape"), {}, b"{}"))
    if isinstance(made, Reply):
        assert made.status < 500
        strict(made.body)


TARGETS: dict[str, Target] = {
    one.__name__: one
    for one in (
        request, answer, stream, sse, head, chunks, compression, surrogates, config, flow_file, target,
    )
}  # fmt: skip
