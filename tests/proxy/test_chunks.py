"""Chunks read in bulk: the same body as h11's own reader gives, however the bytes fall into reads."""

from __future__ import annotations

import inspect

import h11
import pytest
from h11._readers import ChunkedReader
from h11._receivebuffer import ReceiveBuffer
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy.proxy.layers.http import _http1

from argo_addon.proxy.chunks import ChunkReader

HEADS = st.sampled_from([b"%x\r\n", b"%X\r\n", b"00%x\r\n", b"%x;ext=1\r\n", b"%x \r\n"])


@st.composite
def bodies(draw: st.DrawFn) -> tuple[bytes, list[int]]:
    """A chunked body as it is on the wire, and where it is cut."""
    chunks = draw(st.lists(st.tuples(HEADS, st.binary(min_size=1, max_size=40)), max_size=8))
    end = draw(
        st.sampled_from(
            [b"0\r\n\r\n", b"0\r\nx: 1\r\n\r\n", b"", b"g\r\n", b"-1\r\n", b"+1\r\na\r\n", b"\r\n", b"0x1\r\n"]
        )
    )
    wire = b"".join(head % len(data) + data + b"\r\n" for head, data in chunks) + end
    return wire, sorted(draw(st.lists(st.integers(0, len(wire)), max_size=12)))


def read(reader: ChunkedReader, wire: bytes, cuts: list[int]) -> tuple[bytes, str]:
    """The body, and how it ended."""
    buffer, body = ReceiveBuffer(), b""
    for start, end in zip([0, *cuts], [*cuts, len(wire)], strict=True):
        buffer += wire[start:end]
        while True:
            try:
                event = reader(buffer)
            except h11.ProtocolError:
                return body, "refused"
            if event is None:
                break
            if isinstance(event, h11.EndOfMessage):
                return body, "whole"
            body += bytes(event.data)
    return body, "open"


@given(bodies())
def test_the_body_is_that_of_h11(drawn: tuple[bytes, list[int]]) -> None:
    wire, cuts = drawn
    assert read(ChunkReader(), wire, cuts) == read(ChunkedReader(), wire, cuts)


def test_all_chunks_of_a_read_are_one_piece() -> None:
    buffer = ReceiveBuffer()
    buffer += b"2\r\nab\r\n3\r\ncde\r\n1\r\nf"
    piece = ChunkReader()(buffer)
    assert isinstance(piece, h11.Data)
    assert bytes(piece.data) == b"abcdef"


def test_trailers_are_dropped() -> None:
    buffer = ReceiveBuffer()
    buffer += b"0\r\nx-checksum: 1\r\n\r\n"
    end = ChunkReader()(buffer)
    assert isinstance(end, h11.EndOfMessage)
    assert not end.headers


def test_a_chunk_that_does_not_end_where_it_says_is_refused() -> None:
    buffer = ReceiveBuffer()
    buffer += b"2\r\nabc\r\n"
    reader = ChunkReader()
    reader(buffer)
    with pytest.raises(h11.RemoteProtocolError):
        reader(buffer)


def test_mitmproxy_asks_for_readers_where_this_one_is_put() -> None:
    """Of every version that is supported: both sides of HTTP/1 look the function up in their module."""
    source = inspect.getsource(_http1)
    for side in ("class Http1Server(", "class Http1Client("):
        assert "make_body_reader(" in source.split(side)[1].split("\nclass ")[0]
