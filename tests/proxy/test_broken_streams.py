"""What a client sees when a stream breaks, and the upstream when a client leaves."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import httpx
import pytest

from ..running import (
    END,
    STREAM,
    Pause,
    Proxy,
    Upstream,
    chunk,
)
from .talking import (
    answers_with,
    begun,
    both,
    events,
    last_error,
    still_works,
)


@both
@pytest.mark.parametrize("partial", [0, 25])
def test_7_4_a_cut_in_mid_stream_ends_in_the_dialects_error_event(
    argo: Upstream, client: httpx.Client, path: str, body: dict[str, Any], stream: bytes, partial: int
) -> None:
    first, rest = begun(stream), events(stream)[3]
    answers_with(argo, STREAM, chunk(first + rest[:partial]), b"no chunk\r\n")
    answer = client.post(path, json=body)
    assert answer.status_code == 200
    assert answer.content.startswith(first)
    error = last_error(answer.content)
    assert "broke" in error["message"]
    assert len(events(answer.content)) == 4
    still_works(client, argo)


@both
def test_7_4_a_stream_that_ends_too_early_ends_in_the_dialects_error_event(
    argo: Upstream, client: httpx.Client, path: str, body: dict[str, Any], stream: bytes
) -> None:
    answers_with(argo, STREAM, chunk(begun(stream)), END)
    error = last_error(client.post(path, json=body).content)
    assert "before the answer was complete" in error["message"]
    assert error["type"] in ("api_error", "server_error")
    still_works(client, argo)


@both
def test_7_4_garbage_in_mid_stream_ends_in_the_dialects_error_event_at_once(
    argo: Upstream, client: httpx.Client, path: str, body: dict[str, Any], stream: bytes
) -> None:
    answers_with(argo, STREAM, chunk(begun(stream)), chunk(b"data: {oops\n\n"), Pause(20), END)
    start = time.monotonic()
    error = last_error(client.post(path, json=body).content)
    assert "cannot be read" in error["message"]
    assert time.monotonic() - start < 0.4
    assert argo.left.wait(2), "the upstream is let go"
    still_works(client, argo)


@both
def test_silence_in_mid_stream_ends_in_the_dialects_error_event(
    argo: Upstream, client: httpx.Client, path: str, body: dict[str, Any], stream: bytes
) -> None:
    answers_with(argo, STREAM, chunk(begun(stream)), Pause(0.3), chunk(events(stream)[2]), Pause(20))
    error = last_error(client.post(path, json=body).content)
    assert "nothing for 0.5 s" in error["message"]
    still_works(client, argo)


@both
def test_9_3_the_upstream_is_let_go_when_the_client_leaves(
    argo: Upstream, gateway: Proxy, path: str, body: dict[str, Any], stream: bytes
) -> None:
    for steps in ([STREAM, chunk(begun(stream)), Pause(20)], [Pause(20)]):
        argo.left.clear()
        answers_with(argo, *steps)
        raw = json.dumps(body).encode()
        with socket.create_connection(("127.0.0.1", gateway.port)) as leaving:
            leaving.sendall(
                b"POST %s HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % (path.encode(), len(raw)) + raw
            )
            time.sleep(0.15)
        assert argo.left.wait(2)
    deadline = time.monotonic() + 2
    while gateway.addon.gateway.counts.active and time.monotonic() < deadline:
        time.sleep(0.01)
    assert gateway.addon.gateway.counts.active == 0


@both
def test_trailers_behind_an_answer_are_passed_over(
    argo: Upstream, client: httpx.Client, path: str, body: dict[str, Any], stream: bytes
) -> None:
    answers_with(argo, STREAM, chunk(stream), b"0\r\nx-checksum: 1\r\n\r\n")
    answer = client.post(path, json=body)
    assert answer.status_code == 200
    assert answer.content == stream
    still_works(client, argo)
