"""Recordings are shown without mitmproxy as they are with it."""

from __future__ import annotations

import functools
import gzip
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from argo_addon.recording.explain import as_it_came, compared, explanation, with_bodies
from argo_addon.recording.flow_files import Unreadable
from argo_addon.recording.plain_exchange import plain_at
from argo_addon.recording.recorded_exchange import at, scanned

from ..proxy.talking import CHAT, CHAT_STREAM, begun, events
from ..running import STREAM, Pause, chunk, json_answer, raw_exchange, streamed
from .making import file_of, flow_of
from .recorded import Start

_ODD = (b"POST /v1/nope\xff\xc3\xa9?x=\xff HTTP/1.1", b"OPTIONS * HTTP/1.1", b"POST http://other:80/v1/x HTTP/1.1")


def _always(steps: list[Any], seen: object) -> list[Any]:
    return steps


def test_what_is_recorded_is_shown_as_mitmproxy_reads_it(start: Start) -> None:
    made = start()
    refused = json_answer(b'{"error":{"message":"`messages[0]` is \xff odd"}}', "400 Bad", "Retry-After: 3", "x-a: 1")
    for steps in (streamed(*events(CHAT_STREAM)), [refused], [STREAM, chunk(begun(CHAT_STREAM))]):
        made.argo.answer = functools.partial(_always, steps)
        made.client.post("/v1/chat/completions", json=CHAT)
        headers = [
            ("content-encoding", "gzip"),
            ("x-say", "one"),
            ("X-Say", "two"),
            ("content-type", "application/json"),
        ]
        said = {"model": "gpt-5.4", "input": "\u00fc \u2028", "stream": True}
        made.client.post("/v1/responses?a=b", content=gzip.compress(json.dumps(said).encode()), headers=headers)
    made.client.post("/v1/messages", content=b"\xff{")
    made.argo.answer = lambda seen: [Pause(5)]
    with pytest.raises(httpx.ReadTimeout):
        made.client.post("/v1/chat/completions", json=CHAT, timeout=0.2)
    for line in _ODD:
        raw_exchange(made.running.port, line + b"\r\nhost: localhost\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
    assert len(made.found()) >= 10
    before = None
    for path in made.folder.rglob("*.flow"):
        for start_of, size, *_ in scanned(path, 0):
            plain, whole = plain_at(path, start_of, size), at(path, start_of, size)
            assert plain is not None
            assert plain.started == whole.started
            assert with_bodies(plain) == with_bodies(whole)
            for told in (explanation, as_it_came):
                assert told(plain) == told(whole)
            if before is not None:
                assert compared(before[0], plain, upstream=True) == compared(before[1], whole, upstream=True)
            before = plain, whole


def test_what_is_not_ours_is_left_to_mitmproxy(tmp_path: Path) -> None:
    other = file_of(tmp_path / "a.flow", flow_of("https://host:444/b", {}, {}))
    assert plain_at(other, 0, other.stat().st_size) is None
    assert plain_at(other, 3, 50) is None
    with pytest.raises(Unreadable, match=r"none\.flow"):
        plain_at(tmp_path / "none.flow", 0, 9)
