"""Each way to misbehave."""

from __future__ import annotations

import json
import re
import threading
import time
from typing import Any

import httpx
import pytest

from tests.simulator.asking import (
    CHAT,
    MESSAGES,
    Json,
    Running,
    chat,
    chat_tool,
    claude,
    claude_tool,
    events,
    folded,
    folded_chat,
    headers_of,
    running,
    told,
    unwrapped,
    user,
)

BOTH = [(MESSAGES, claude), (CHAT, chat)]
both = pytest.mark.parametrize(("path", "asked"), BOTH, ids=["messages", "chat"])


def partly(argo: Running, path: str, body: Json) -> tuple[bytes, type[Exception] | None]:
    """What arrives of an answer, and the error that it ends with."""
    got = b""
    try:
        with argo.client.stream("POST", argo.base_url + path, json=body, headers=headers_of(path)) as answer:
            for part in answer.iter_raw():
                got += part
    except httpx.TransportError as error:
        return got, type(error)
    return got, None


@both
@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 503, 529])
def test_status(argo: Running, path: str, asked: Any, status: int) -> None:
    argo.behave({"status": status, "headers": {"retry-after": "3"}, "message": "Not now"})
    answer = argo.post(path, asked())
    assert (answer.status_code, told(answer), answer.headers["retry-after"]) == (status, "Not now", "3")
    assert argo.post(path, asked()).status_code == 200
    assert [(entry["status"], entry["refusal"]) for entry in argo.log()] == [(status, None), (200, None)]


def test_types_of_status(argo: Running) -> None:
    argo.behave({"status": 429, "times": 2}, {"status": 529})
    assert unwrapped(argo.post(MESSAGES, claude()))["error"]["type"] == "rate_limit_error"
    assert argo.post(CHAT, chat()).json()["error"]["type"] == "RateLimitError"
    assert argo.post(MESSAGES, claude()).json()["error"]["type"] == "overloaded_error"


def test_another_status_inside(argo: Running) -> None:
    argo.behave({"status": 500, "inner_status": 400, "message": "prompt is too long: 2 tokens > 1 maximum"})
    answer = argo.post(MESSAGES, claude())
    assert answer.status_code == 500
    assert answer.json()["error"]["message"].startswith(
        "Error code: 400 - {'type': 'error', 'error': {'type': 'invalid_"
    )


@both
def test_delays(argo: Running, path: str, asked: Any) -> None:
    argo.behave({"delay": 0.1, "first_delay": 0.1})
    start = time.monotonic()
    with argo.client.stream("POST", argo.base_url + path, json=asked(stream=True), headers=headers_of(path)) as answer:
        head = time.monotonic() - start
        next(answer.iter_raw())
        first = time.monotonic() - start
    assert head >= 0.1
    assert first - head >= 0.05


@both
@pytest.mark.parametrize("mid", [False, True])
@pytest.mark.parametrize("count", [0, 3])
def test_cut(argo: Running, path: str, asked: Any, mid: bool, count: int) -> None:
    argo.behave({"cut_after": count, "cut_mid_event": mid})
    got, error = partly(argo, path, asked(stream=True))
    assert error is httpx.RemoteProtocolError
    assert got.count(b"\n\n") == count
    assert got.endswith(b"\n\n") or mid or not got
    assert not (mid and got.endswith(b"\n\n"))


@both
def test_cut_of_a_plain_answer(argo: Running, path: str, asked: Any) -> None:
    argo.behave({"cut_after": 1}, {"cut_after": 0})
    got, error = partly(argo, path, asked())
    assert error is httpx.RemoteProtocolError
    assert got.startswith(b'{"id":')
    assert partly(argo, path, asked()) == (b"", httpx.RemoteProtocolError)


@both
def test_end(argo: Running, path: str, asked: Any) -> None:
    argo.behave({"end_after": 4})
    got, error = partly(argo, path, asked(stream=True))
    assert (got.count(b"\n\n"), error) == (4, None)
    assert b"message_stop" not in got
    assert b"[DONE]" not in got


@both
def test_garbage(argo: Running, path: str, asked: Any) -> None:
    argo.behave(
        {"garbage": "html", "status": 502},
        {"garbage": "html"},
        {"garbage": "json"},
        {"garbage": "bytes"},
        {"garbage": "sse", "after": 3},
    )
    page = argo.post(path, asked())
    assert (page.status_code, page.headers["content-type"]) == (502, "text/html")
    assert "502 Bad Gateway" in page.text
    assert argo.post(path, asked()).status_code == 200
    cut = argo.post(path, asked())
    assert (cut.status_code, cut.headers["content-type"]) == (200, "application/json")
    with pytest.raises(ValueError, match="Unterminated"):
        cut.json()
    noise = argo.post(path, asked(stream=True))
    assert noise.headers["content-type"].startswith("text/event-stream")
    assert b"\n\n" not in noise.content
    frames = argo.post(path, asked(stream=True)).text.split("\n\n")
    broken = [index for index, frame in enumerate(frames) if frame and not _is_event(frame)]
    assert broken == [3]


def _is_event(frame: str) -> bool:
    data = frame.split("data: ")[1]
    try:
        return data == "[DONE]" or bool(json.loads(data))
    except ValueError:
        return False


@pytest.mark.parametrize("stream", [False, True])
def test_notice(argo: Running, stream: bool) -> None:
    argo.behave({"notice": True, "times": 2})
    assert "AUTHENTICATION NOTICE FROM ARGO" in (
        folded(answer)[0]["text"] if (answer := argo.post(MESSAGES, claude(stream=stream))) and stream else answer.text
    )
    answer = argo.post(CHAT, chat(stream=stream))
    assert "AUTHENTICATION NOTICE FROM ARGO" in (folded_chat(answer)[0] if stream else answer.text)


def test_stream_error(argo: Running) -> None:
    argo.behave({"stream_error": {"after": 2, "type": "overloaded_error", "message": "Busy"}, "times": 2})
    first = argo.post(MESSAGES, claude(stream=True))
    *_, last = events(first)
    assert len(events(first)) == 3
    assert last["type"] == "error"
    assert last["error"]["type"] == "overloaded_error"
    assert last["error"]["message"].startswith(
        "Error code: 529 - {'type': 'error', 'error': {'type': 'overloaded_error'"
    )
    assert "event: error\n" in first.text
    last = events(argo.post(CHAT, chat(stream=True)))[-1]
    assert "'message': 'Busy'" in last["error"]["message"]


@both
@pytest.mark.parametrize("stream", [False, True])
def test_error_in_200(argo: Running, path: str, asked: Any, stream: bool) -> None:
    argo.behave({"error_in_200": True, "status": 429, "message": "Slow down"})
    answer = argo.post(path, asked(stream=stream))
    assert answer.status_code == 200
    body = events(answer)[0] if stream else answer.json()
    assert body["error"]["message"].startswith("Error code: 429 - ")
    assert "Slow down" in body["error"]["message"]


def test_hang(argo: Running) -> None:
    argo.behave({"hang": True})
    with pytest.raises(httpx.ReadTimeout):
        argo.client.post(argo.base_url + CHAT, json=chat(), headers=headers_of(CHAT), timeout=0.2)
    end = time.monotonic() + 5
    while not argo.log()[0]["client_left"] and time.monotonic() < end:
        time.sleep(0.01)
    assert (argo.log()[0]["client_left"], argo.log()[0]["refusal"]) == (True, None)


def test_a_stop_ends_what_hangs() -> None:
    failed: list[Exception] = []

    def ask() -> None:
        try:
            httpx.post(base_url + CHAT, json=chat(), headers=headers_of(CHAT), timeout=10, trust_env=False)
        except httpx.TransportError as error:
            failed.append(error)

    with running() as argo:
        base_url = argo.base_url
        argo.behave({"hang": True})
        thread = threading.Thread(target=ask)
        thread.start()
        while not argo.log():
            time.sleep(0.01)
    thread.join(5)
    assert len(failed) == 1


def test_streaming_is_required(argo: Running) -> None:
    argo.behave({"refuse_stream_required": True})
    answer = argo.post(MESSAGES, claude())
    assert answer.status_code == 500
    assert "streaming is required" in answer.json()["error"]["message"].lower()


def test_openai_layout(argo: Running) -> None:
    argo.behave({"openai_layout": True, "times": 2})
    plain = argo.post(MESSAGES, claude(tools=[claude_tool()])).json()
    assert len(plain["choices"][0]["message"]["tool_calls"]) == 2
    assert folded_chat(argo.post(MESSAGES, claude(stream=True)))[0].startswith("This is claudeopus46")


def test_think(argo: Running) -> None:
    argo.behave({"think": True})
    assert argo.post(MESSAGES, claude()).json()["content"][0]["type"] == "thinking"


@pytest.mark.parametrize("stream", [False, True])
def test_leak(argo: Running, stream: bool) -> None:
    argo.behave({"leak_tool_call": True, "times": 2})
    answer = argo.post(MESSAGES, claude(stream=stream, tools=[claude_tool()]))
    (block,) = folded(answer) if stream else answer.json()["content"]
    assert re.search(r"\{'id': 'toolu_vrtx_\w+', 'input': \{.*\}, 'name': 'Bash', 'type': 'tool_use'\}", block["text"])
    answer = argo.post(CHAT, chat(stream=stream, tools=[chat_tool()]))
    text = folded_chat(answer)[0] if stream else answer.json()["choices"][0]["message"]["content"]
    assert "'type': 'tool_use'}" in text


def test_what_it_says_and_calls(argo: Running) -> None:
    calls = [{"name": "x", "arguments": {"a": "ü"}}, {"name": "y", "arguments": '{"broken'}]
    argo.behave(
        {"text": "Moin", "tool_calls": calls, "times": 2}, {"text": "So", "stop": "pause_turn"}, {"stop": "limit"}
    )
    blocks = argo.post(MESSAGES, claude()).json()["content"]
    assert [block.get("input", block.get("text")) for block in blocks] == ["Moin", {"a": "ü"}, {}]
    text, made, finish = folded_chat(argo.post(CHAT, chat(stream=True)))
    assert (text, finish) == ("Moin", "tool_calls")
    assert [call["arguments"] for call in made] == ['{"a": "ü"}', '{"broken']
    assert argo.post(MESSAGES, claude()).json()["stop_reason"] == "pause_turn"
    assert argo.post(CHAT, chat()).json()["choices"][0]["finish_reason"] == "length"


def test_matching(argo: Running) -> None:
    argo.behave(
        {"match": {"model": "gpt54"}, "status": 429},
        {"match": {"path": "/v1/messages"}, "status": 500},
        {"match": {"text": "needle"}, "status": 503},
        {"match": {"path": "/v1/models"}, "status": 504},
    )
    assert argo.post(CHAT, chat()).status_code == 200
    assert argo.post(CHAT, chat(messages=[user("a needle")])).status_code == 503
    assert argo.post(MESSAGES, claude()).status_code == 500
    assert argo.post(CHAT, chat("gpt54")).status_code == 429
    assert argo.client.get(f"{argo.base_url}/v1/models").status_code == 504
    assert argo.post(CHAT, chat("gpt54")).status_code == 200


def test_refused_requests_and_the_model_list_use_nothing_up(argo: Running) -> None:
    argo.behave({"status": 429})
    assert argo.post(CHAT, chat(foo=1)).status_code == 400
    assert argo.client.get(f"{argo.base_url}/v1/models").status_code == 200
    assert argo.post(CHAT, chat()).status_code == 429
