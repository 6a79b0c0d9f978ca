"""Content codings, both ways: what is compressed is read whole and within a limit, or told not to be readable."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable

import httpx
import pytest
import zstandard

from argo_addon.proxy import messages

from ..running import Upstream
from .talking import CHAT, CHAT_STREAM, MESSAGE, MESSAGES, answers_with, still_works

PLAIN = {**MESSAGES, "stream": False}
ASKED = json.dumps(PLAIN).encode()
ANSWER = json.dumps(MESSAGE).encode()
HALF = len(ASKED) // 2
zstd = zstandard.ZstdCompressor().compress


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        pytest.param("gzip", gzip.compress(ASKED[:HALF]) + gzip.compress(ASKED[HALF:]), id="gzip in two members"),
        pytest.param("gzip", gzip.compress(b"") + gzip.compress(ASKED), id="gzip behind an empty member"),
        pytest.param("zstd", zstd(ASKED[:HALF]) + zstd(ASKED[HALF:]), id="zstd in two frames"),
        pytest.param("zstd", zstandard.ZstdCompressor(write_content_size=False).compress(ASKED), id="zstd, no size"),
        pytest.param("deflate", zlib.compress(ASKED), id="deflate"),
        pytest.param("Deflate", zlib.compress(ASKED)[2:-4], id="deflate without zlib's frame"),
    ],
)
def test_a_compressed_request_is_read_whole(client: httpx.Client, argo: Upstream, coding: str, body: bytes) -> None:
    answers_with(argo, _answer("identity", ANSWER))
    answer = client.post("/v1/messages", content=body, headers={"content-encoding": coding})
    assert answer.status_code == 200, answer.text
    assert json.loads(argo.seen[0].body)["messages"] == PLAIN["messages"]


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(ASKED)[:-9]),
        ("gzip", gzip.compress(ASKED) + b"junk"),
        ("gzip", b""),
        ("zstd", zstd(ASKED)[:-4]),
        ("zstd", zstd(ASKED) + b"junk"),
        ("zstd", b""),
        ("deflate", zlib.compress(ASKED)[:-5]),
        ("deflate", zlib.compress(ASKED) + b"junk"),
    ],
)
def test_one_that_is_spoilt_is_told_so(client: httpx.Client, argo: Upstream, coding: str, body: bytes) -> None:
    answer = client.post("/v1/messages", content=body, headers={"content-encoding": coding})
    assert answer.status_code == 400
    assert f"The request body is not valid {coding}: " in answer.json()["error"]["message"]
    assert not argo.seen


PACKED: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstd}


@pytest.mark.parametrize("coding", PACKED)
@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_unpacks_beyond_measure_is_not_unpacked(
    client: httpx.Client, argo: Upstream, monkeypatch: pytest.MonkeyPatch, coding: str, stream: bool
) -> None:
    monkeypatch.setattr(messages, "MAX_ANSWER", 1_000_000)
    answers_with(argo, _answer(coding, PACKED[coding](b" " * 50_000_000 + ANSWER)))
    answer = client.post("/v1/messages", json={**PLAIN, "stream": stream})
    assert answer.status_code == 502
    assert "larger than 1 MB" in answer.json()["error"]["message"]
    still_works(client, argo)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd", "br"])
def test_an_answer_that_is_not_what_its_coding_says_is_a_502(client: httpx.Client, argo: Upstream, coding: str) -> None:
    answers_with(argo, _answer(coding, b"\x1f\x8b no such thing"))
    answer = client.post("/v1/messages", json=PLAIN)
    assert answer.status_code == 502
    assert f"said to be '{coding}'" in answer.json()["error"]["message"]
    still_works(client, argo)


@pytest.mark.parametrize(("coding", "why"), [("gzip", "breaks off"), ("lzma", "not known here")])
def test_what_cannot_be_unpacked_says_why_and_keeps_its_status(
    client: httpx.Client, argo: Upstream, coding: str, why: str
) -> None:
    for path, stream in (("/v1/messages", False), ("/v1/chat/completions", True)):
        packed = _answer(coding, gzip.compress(CHAT_STREAM)[:-20], kind="text/event-stream")
        for status, head in ((502, packed), (429, packed.replace(b"200 OK", b"429 Slow"))):
            answers_with(argo, head)
            answer = client.post(path, json={**(CHAT if stream else PLAIN), "stream": stream})
            assert answer.status_code == status
            assert why in answer.json()["error"]["message"]
    still_works(client, argo)


def test_an_answer_that_is_not_packed_at_all_is_read(client: httpx.Client, argo: Upstream) -> None:
    answers_with(argo, _answer("gzip", CHAT_STREAM, kind="text/event-stream"))
    assert client.post("/v1/chat/completions", json=CHAT).content == CHAT_STREAM


def test_a_stream_that_is_packed_is_read(client: httpx.Client, argo: Upstream) -> None:
    answers_with(argo, _answer("gzip", gzip.compress(CHAT_STREAM), kind="text/event-stream"))
    assert client.post("/v1/chat/completions", json=CHAT).content == CHAT_STREAM


def _answer(coding: str, body: bytes, kind: str = "application/json") -> bytes:
    lines = ("HTTP/1.1 200 OK", f"content-type: {kind}", f"content-encoding: {coding}", f"content-length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
