"""Bodies as HTTP/1.1 frames them, from ARGO and from clients, however their bytes fall into reads."""

from __future__ import annotations

import gzip
import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argo_addon.proxy.bodies import Body, BodyUntilClose, ChunkedBody, SizedBody

from ..running import STREAM, Pause, Upstream, chunk
from .talking import CHAT, CHAT_STREAM, MESSAGE, MESSAGES, answers_with, both, events, still_works
from .test_pooled import quits

PLAIN = {**MESSAGES, "stream": False}
ANSWER = json.dumps(MESSAGE).encode()
WITHOUT_LENGTH = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"


def read(body: Body, data: bytes, cuts: list[int]) -> tuple[bytes, bytes]:
    """The content, and what came behind it."""
    content, behind, position = b"", b"", 0
    for size in [*cuts, len(data)]:
        piece, position = data[position : position + size], position + size
        if body.done:
            behind += piece
        elif piece:
            content += body.feed(piece)
            assert body.fault is None
            behind += body.rest if body.done else b""
    return content, behind


pieces = st.lists(st.binary(min_size=1, max_size=30), max_size=6)
cuts = st.lists(st.integers(1, 20), max_size=40)


@given(pieces, cuts, st.sampled_from([b"", b";a=b", b' ;q="x;y"']), st.sampled_from([b"", b"x-sum: 1\r\ny:\r\n"]))
def test_chunks_are_the_same_however_they_are_cut(
    chunks: list[bytes], cut: list[int], extension: bytes, trailers: bytes
) -> None:
    sent = b"".join(b"%x%b\r\n%b\r\n" % (len(one), extension, one) for one in chunks)
    body = ChunkedBody()
    assert read(body, sent + b"0\r\n" + trailers + b"\r\nGET /", cut) == (b"".join(chunks), b"GET /")
    assert body.done


@given(st.binary(max_size=60), st.integers(0, 60), cuts)
def test_a_body_of_a_known_length_ends_there(data: bytes, length: int, cut: list[int]) -> None:
    body = SizedBody(length)
    content, behind = (b"", data) if body.done else read(body, data, cut)
    assert (content, behind) == (data[:length], data[length:])
    assert body.done == (len(data) >= length)
    body.close()
    assert (body.fault is None) == body.done


def test_a_body_without_a_length_ends_with_its_connection() -> None:
    body = BodyUntilClose()
    assert body.feed(b"abc") == b"abc"
    assert not body.done
    body.close()
    assert body.done


@pytest.mark.parametrize(
    "sent", [b"zz\r\n", b"-1\r\n", b"5\nhello", b"1\r\nab\r\n", b"\r\n", b"0x5\r\n", b"1" * 20 + b"\r\n",
             b"0\r\nbad\r\n\r\n", b"0\r\nx: a\0b\r\n\r\n"],
)  # fmt: skip
def test_what_is_no_chunk_is_told(sent: bytes) -> None:
    for size in (1, 100):
        body = ChunkedBody()
        for start in range(0, len(sent), size):
            body.feed(sent[start : start + size])
        assert body.fault is not None


@both
def test_an_answer_that_ends_with_its_connection_is_whole(
    argo: Upstream, client: httpx.Client, path: str, body: dict[str, Any], stream: bytes
) -> None:
    argo.answer = lambda seen: quits(WITHOUT_LENGTH, stream)
    assert client.post(path, json=body).content == stream
    still_works(client, argo)


@both
def test_extensions_of_chunks_are_passed_over(
    argo: Upstream, client: httpx.Client, path: str, body: dict[str, Any], stream: bytes
) -> None:
    chunks = [b"%x;name=value\r\n%b\r\n" % (len(event), event) for event in events(stream)]
    answers_with(argo, STREAM, *chunks, b"0;last\r\n\r\n")
    assert client.post(path, json=body).content == stream
    still_works(client, argo)


def test_an_answer_cut_anywhere_into_reads_is_the_same(argo: Upstream, client: httpx.Client) -> None:
    whole = STREAM + b"".join(map(chunk, events(CHAT_STREAM))) + b"0\r\n\r\n"
    for size in (1, 7, 64, 1000):
        answers_with(argo, *(whole[start : start + size] for start in range(0, len(whole), size)))
        assert client.post("/v1/chat/completions", json=CHAT).content == CHAT_STREAM


def test_a_compressed_answer_is_read(argo: Upstream, client: httpx.Client) -> None:
    packed = gzip.compress(ANSWER)
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n"
    answers_with(argo, head % len(packed), packed)
    answer = client.post("/v1/messages", json=PLAIN)
    assert answer.json()["content"] == MESSAGE["content"]
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ncontent-length: " + b"9" * 5000 + b"\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nno header\r\n\r\nhello",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_an_answer_whose_framing_is_none_is_a_502(argo: Upstream, client: httpx.Client, head: bytes) -> None:
    answers_with(argo, head)
    answer = client.post("/v1/chat/completions", json=CHAT)
    assert answer.status_code == 502
    assert "not valid HTTP/1.1" in answer.json()["error"]["message"]
    still_works(client, argo)


def test_another_protocol_that_nobody_asked_for_is_a_502_at_once(argo: Upstream, client: httpx.Client) -> None:
    answers_with(argo, b"HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n", Pause(5))
    answer = client.post("/v1/chat/completions", json=CHAT)
    assert answer.status_code == 502
    assert "101" in answer.json()["error"]["message"]
    still_works(client, argo)
