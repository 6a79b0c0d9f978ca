"""Whose client leaves has had its answer, was left waiting, or did not want it any more."""

from __future__ import annotations

import contextlib
import re
import socket
import time
from typing import Any

import httpx
import pytest

from argo_addon.proxy.calls import Limits

from ..proxy.talking import CHAT, CHAT_STREAM, MESSAGE_STREAM, MESSAGES, begun, events
from ..running import STREAM, Pause, chunk
from .recorded import Recorded, Start

RESPONSES = {"model": "claude-opus-4.6", "stream": True, "input": "hi"}
PATIENT = Limits(connect=5, silence=20, keep_alive=0.2, patience=0.6)
LAST = {"/v1/messages": b"message_stop", "/v1/chat/completions": b"[DONE]", "/v1/responses": b"response.completed"}


def _counted(made: Recorded) -> tuple[int, int]:
    """The calls and the failures that /health tells, once nothing runs any more."""
    deadline = time.monotonic() + 5
    while (told := made.client.get("/health").json())["active_requests"] and time.monotonic() < deadline:
        time.sleep(0.02)
    return told["requests"], told["errors"]


def _read_until(made: Recorded, path: str, body: Any, sign: bytes) -> None:
    """Reads a stream up to these bytes, and leaves."""
    with httpx.Client(base_url=made.running.url, trust_env=False) as client:
        read = b""
        with client.stream("POST", path, json=body) as answer:
            for data in answer.iter_raw():
                read += data
                if sign in read:
                    return
    raise AssertionError(read)


@pytest.mark.parametrize("path", LAST)
def test_who_leaves_after_the_last_event_has_had_the_answer(start: Start, path: str) -> None:
    made = start(limits=PATIENT)
    made.argo.answer = lambda seen: [STREAM, *(chunk(event) for event in events(MESSAGE_STREAM)), Pause(20)]
    body = {"/v1/messages": MESSAGES, "/v1/chat/completions": CHAT, "/v1/responses": RESPONSES}[path]
    _read_until(made, path, {**body, "model": "claude-opus-4.6", "stream": True}, LAST[path])
    assert made.argo.left.wait(5)
    assert _counted(made) == (1, 0)
    recorded = made.one()
    assert (recorded.meta.outcome, recorded.meta.failed) == ("complete", False)


def test_who_leaves_in_mid_stream_did_not_want_it_any_more(start: Start) -> None:
    made = start(limits=PATIENT)
    made.argo.answer = lambda seen: [STREAM, chunk(begun(CHAT_STREAM)), Pause(20)]
    _read_until(made, "/v1/chat/completions", CHAT, b"data: ")
    assert made.argo.left.wait(5)
    assert _counted(made) == (1, 0)
    recorded = made.one()
    assert (recorded.meta.outcome, recorded.meta.failed) == ("the client left", False)


@pytest.mark.parametrize("streams", [True, False])
@pytest.mark.parametrize("steps", [[Pause(20)], [STREAM, Pause(20)]], ids=["nothing", "a head"])
def test_who_leaves_after_seconds_of_silence_was_left_waiting(start: Start, streams: bool, steps: list[Any]) -> None:
    made = start(everything=False, limits=PATIENT)
    made.argo.answer = lambda seen: steps
    with httpx.Client(base_url=made.running.url, trust_env=False, timeout=httpx.Timeout(5, read=1.5)) as client:
        request = client.build_request("POST", "/v1/chat/completions", json={**CHAT, "stream": streams})
        started = time.monotonic()
        with contextlib.suppress(httpx.ReadTimeout), contextlib.closing(client.send(request, stream=True)) as answer:
            for _ in answer.iter_raw():
                if time.monotonic() - started > 1:  # it has had signs of life
                    break
    assert made.argo.left.wait(5)
    assert _counted(made) == (1, 1)
    recorded = made.one()
    assert recorded.meta.failed
    assert "the client left" in recorded.meta.outcome.lower()
    assert re.search(r"ARGO had said nothing for [12] s", recorded.meta.outcome)
    assert [path.name for path in made.folder.rglob("*.flow")] == ["000001.flow"]


def test_who_leaves_at_once_is_no_failure(start: Start) -> None:
    made = start(everything=False, limits=PATIENT)
    made.argo.answer = lambda seen: [Pause(20)]
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{made.running.url}/v1/chat/completions", json=CHAT, timeout=0.2, trust_env=False)
    assert made.argo.left.wait(5)
    assert _counted(made) == (1, 0)
    assert made.found() == []


def test_only_calls_are_counted_as_failed_calls(start: Start) -> None:
    made = start(limits=PATIENT)
    for path in ("/v1/nope", "/v1/messages/count_tokens", "/v1beta/models/nope:predict"):
        assert made.client.post(path, content=b"{}").status_code >= 400
    with socket.create_connection(("127.0.0.1", made.running.port)) as raw:
        raw.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n")
        raw.recv(1000)
    assert _counted(made) == (0, 0)
    made.client.post("/v1/messages", json={**MESSAGES, "messages": "x"})
    assert _counted(made) == (1, 1)
