"""What a running gateway records of the exchanges that pass through it."""

from __future__ import annotations

import gzip
import json
import socket
import stat
from pathlib import Path
from typing import Any

import httpx
import pytest
from mitmproxy import http

from argo_addon.proxy.calls import Limits
from argo_addon.recording.recorded_exchange import newest_in
from argo_addon.recording.recorder import Recorder

from ..proxy.talking import CHAT, CHAT_STREAM, MESSAGE_STREAM, MESSAGES, begun, events
from ..running import (
    END,
    STREAM,
    Pause,
    chunk,
    json_answer,
    proxy,
    raw_exchange,
    settings_for,
    streamed,
    upstream,
)
from .making import file_of, flow_of
from .recorded import Start

REFUSED = json.dumps(
    {
        "type": "error",
        "error": {"type": "invalid_request_error", "message": "`temperature` is deprecated for this model."},
    }
).encode()


def answer_of(flow: http.HTTPFlow) -> bytes:
    assert flow.response is not None
    return flow.response.content or b""


def test_an_exchange_is_two_linked_flows_with_whole_bodies_and_a_comment_that_explains(start: Start) -> None:
    made = start()
    made.argo.answer = lambda seen: streamed(*events(MESSAGE_STREAM))
    body = {**CHAT, "model": "claude-opus-4.6", "frequency_penalty": 0.5}
    got = made.client.post("/v1/chat/completions", json=body, headers={"user-agent": "aider/1.0"}).content
    recorded = made.one()
    [there] = recorded.upstream
    client = recorded.client
    assert json.loads(client.request.content or b"") == body
    assert answer_of(client) == got
    assert client.request.path == "/v1/chat/completions"
    assert client.request.port == made.running.port
    assert there.request.content == made.argo.seen[0].body
    assert there.request.path == "/v1/messages"
    assert answer_of(there) == MESSAGE_STREAM
    assert client.timestamp_created == recorded.started
    assert 0 < there.timestamp_created - recorded.started < 0.001, "both stand together where they are sorted"
    assert client.metadata["argo-proxy"]["exchange"] == there.metadata["argo-proxy"]["exchange"]
    assert (client.metadata["argo-proxy"]["side"], there.metadata["argo-proxy"]["side"]) == ("client", "upstream")
    for word in ("#1 client", "aider", "openai_chat", "/v1/messages", "claude-opus-4.6 is claudeopus46", "converted",
                 "streamed", "200 complete", "first byte", "tokens in", "not sent on: frequency_penalty"):  # fmt: skip
        assert word in client.comment, (word, client.comment)
    assert there.comment.startswith("#1 upstream")


def test_what_is_written_is_its_owners_alone(start: Start) -> None:
    made = start()
    made.argo.answer = lambda seen: [json_answer(b'{"error":{"message":"no"}}', "500 Internal Server Error")]
    made.client.post("/v1/chat/completions", json=CHAT)
    made.found()
    files = [path for path in made.folder.rglob("*") if path.is_file()]
    assert sorted(path.suffix for path in files) == ["", ".flow", ".flow", ".jsonl"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (made.folder, made.folder / "failures")} == {0o700}


def test_a_mended_call_has_both_requests_and_the_refusal(start: Start) -> None:
    made = start()
    made.argo.answer = lambda seen: (
        [json_answer(REFUSED, "400 Bad Request")] if b"temperature" in seen.body else streamed(*events(MESSAGE_STREAM))
    )
    made.client.post("/v1/messages", json={**MESSAGES, "temperature": 0.5, "model": "claude-haiku-4.5"})
    recorded = made.one()
    first, second = recorded.upstream
    assert answer_of(first) == REFUSED
    assert b"temperature" in (first.request.content or b"")
    assert b"temperature" not in (second.request.content or b"")
    assert answer_of(second) == MESSAGE_STREAM
    assert "mended: " in recorded.client.comment
    assert not recorded.meta.failed


FAILURES: dict[str, tuple[list[Any], str]] = {
    "an error": ([json_answer(b'{"error":{"message":"no such thing"}}', "404 Not Found")], "no such thing"),
    "a page": ([json_answer(b"<h1>Down</h1>", "503 Gone", content_type="text/html")], "Down"),
    "a stream that breaks off": ([STREAM, chunk(begun(CHAT_STREAM)), END], "ended the stream before"),
    "a stream that falls silent": ([STREAM, chunk(begun(CHAT_STREAM)), Pause(5)], "sent nothing for"),
    "no answer": ([Pause(5)], "sent nothing for"),
}


@pytest.mark.parametrize(("steps", "word"), FAILURES.values(), ids=FAILURES)
def test_a_failure_is_recorded_without_the_switch(start: Start, steps: list[Any], word: str) -> None:
    made = start(everything=False)
    made.argo.answer = lambda seen: steps
    got = made.client.post("/v1/chat/completions", json=CHAT).content
    recorded = made.one()
    assert recorded.meta.failed
    assert word in recorded.meta.outcome
    assert answer_of(recorded.client) == got
    assert recorded.upstream[0].request.content == made.argo.seen[0].body
    assert sorted(path.name for path in made.folder.rglob("*.flow")) == ["000001.flow"]


def test_a_failure_before_argo_is_recorded_too(start: Start) -> None:
    made = start(everything=False)
    made.client.post("/v1/messages", json={**MESSAGES, "messages": "x"})
    recorded = made.one()
    assert recorded.upstream == ()
    assert (recorded.meta.status, recorded.meta.failed) == (400, True)
    assert "messages" in recorded.meta.outcome


def test_an_argo_that_cannot_be_reached_is_recorded(start: Start) -> None:
    made = start(everything=False)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{taken.getsockname()[1]}"
        made.running.addon.gateway.settings = settings_for(gone)
        made.client.post("/v1/chat/completions", json=CHAT)
    recorded = made.one()
    assert recorded.upstream[0].response is None
    assert recorded.upstream[0].error is not None
    assert "cannot be reached" in recorded.meta.outcome


def test_what_goes_well_is_not_recorded_without_the_switch(start: Start) -> None:
    made = start(everything=False)
    made.argo.answer = lambda seen: streamed(*events(CHAT_STREAM))
    made.client.post("/v1/chat/completions", json=CHAT)
    made.client.get("/v1/nothing")
    assert made.found() == []


def test_failures_are_not_recorded_if_the_settings_say_so(start: Start) -> None:
    made = start(everything=False, failures=False)
    made.argo.answer = lambda seen: [json_answer(b"{}", "500 Internal Server Error")]
    made.client.post("/v1/chat/completions", json=CHAT)
    assert made.found() == []
    assert not made.folder.exists()


def test_the_last_hundred_failures_are_kept(start: Start) -> None:
    made = start(everything=False)
    for number in range(104):
        made.client.post("/v1/messages", json={**MESSAGES, "messages": number})
    found = made.found()
    assert [recorded.meta.number for recorded in found] == list(range(5, 105))


def test_a_fault_in_recording_is_nothing_to_the_client(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    made = start()
    made.argo.answer = lambda seen: streamed(*events(CHAT_STREAM))
    monkeypatch.setattr("argo_addon.recording.recorder.metadata_of", lambda *_, **__: 1 // 0)
    assert made.client.post("/v1/chat/completions", json=CHAT).content == CHAT_STREAM
    monkeypatch.setattr("argo_addon.recording.recorder.ExchangeTrace", lambda *_: 1 // 0)
    assert made.client.post("/v1/chat/completions", json=CHAT).content == CHAT_STREAM
    assert made.found() == []


def test_numbers_beyond_measure_are_no_token_counts(start: Start) -> None:
    made = start()
    said = b'data: {"id":"a","object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":%b}}\n\n' % (
        b"1" * 5000
    )
    made.argo.answer = lambda seen: streamed(*events(CHAT_STREAM)[:-1], said, b"data: [DONE]\n\n")
    made.client.post("/v1/chat/completions", json=CHAT)
    assert made.one().meta.input_tokens == 20, "what was told before"


def test_a_request_that_is_refused_unread_is_recorded(start: Start) -> None:
    made = start(everything=False)
    raw_exchange(
        made.running.port, b"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99999999999\r\n\r\n"
    )
    recorded = made.one()
    assert (recorded.meta.status, recorded.meta.failed, recorded.client.request.path) == (
        413,
        True,
        "/v1/messages",
    )


def test_odd_targets_are_recorded(start: Start) -> None:
    made = start()
    for line in (b"POST /v1/nope\xff\xc3\xa9?x=\xff HTTP/1.1", b"OPTIONS * HTTP/1.1"):
        raw_exchange(made.running.port, line + b"\r\nhost: localhost\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
    assert len(made.found()) == 2


def test_a_client_that_leaves_is_recorded_and_no_failure(start: Start) -> None:
    made = start()
    made.argo.answer = lambda seen: [STREAM, chunk(begun(CHAT_STREAM)), Pause(5)]
    with made.client.stream("POST", "/v1/chat/completions", json=CHAT) as answer:
        next(answer.iter_raw())
    made.client.close()
    assert made.argo.left.wait(5)
    recorded = made.one()
    assert (recorded.meta.outcome, recorded.meta.failed) == ("the client left", False)
    assert answer_of(recorded.upstream[0]) == begun(CHAT_STREAM)


def test_a_client_that_leaves_before_the_answer_has_got_none(start: Start) -> None:
    made = start()
    made.argo.answer = lambda seen: [Pause(5)]
    with pytest.raises(httpx.ReadTimeout):
        made.client.post("/v1/chat/completions", json=CHAT, timeout=0.2)
    made.client.close()
    assert made.argo.left.wait(5)
    recorded = made.one()
    assert recorded.client.response is None
    assert recorded.client.error is not None
    assert (recorded.meta.status, recorded.meta.outcome, recorded.meta.failed) == (
        0,
        "the client left",
        False,
    )


def test_what_status_asks_all_the_time_is_not_recorded(start: Start) -> None:
    made = start()
    made.client.get("/health")
    made.client.get("/v1/models")
    assert made.one().client.request.path == "/v1/models"


def test_it_is_switched_while_it_runs_and_health_says_so(start: Start) -> None:
    made = start(everything=False)
    made.argo.answer = lambda seen: streamed(*events(CHAT_STREAM))
    for on in (False, True, False):
        made.running.addon.recorder.switch(on)
        made.client.post("/v1/chat/completions", json=CHAT)
        assert made.client.get("/health").json()["recording"]["all"] is on
    assert len(made.found()) == 1


def test_torn_ends_are_cut_off_at_the_start(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "flows"
    folder.mkdir()
    whole = file_of(folder / "1.flow", flow_of("http://a/b", {})).read_bytes()
    (folder / "1.flow").write_bytes(whole + whole[:50])
    start(everything=False).found()
    assert (folder / "1.flow").read_bytes() == whole


PLANTED = [f"sk-ant-planted{number}-0123456789abcdef" for number in range(9)]


def test_no_credential_is_written_wherever_it_stands(start: Start) -> None:
    made = start()
    keys = iter(PLANTED)
    headers = {"authorization": f"Bearer {next(keys)}", "x-api-key": next(keys), "x-goog-api-key": next(keys),
               "cookie": f"session={next(keys)}", "proxy-authorization": f"Basic {next(keys)}",
               "x-other-token": (named := "plantedword12345"), "content-encoding": "gzip"}  # fmt: skip
    said = {**CHAT, "api_key": next(keys), "messages": [{"role": "user", "content": f"{next(keys)} and {named}"}]}
    echo = f"Incorrect API key provided: {PLANTED[1]}, {named}"
    made.argo.answer = lambda seen: [
        json_answer(
            json.dumps({"error": {"message": echo}}).encode(), f"401 No {PLANTED[0]}", f"set-cookie: a={PLANTED[7]}",
            f"x-echo: {PLANTED[0]}", f"{PLANTED[1]}: x",
        )
    ]  # fmt: skip
    made.client.post(f"/v1/chat/completions?key={PLANTED[8]}&alt=sse", content=gzip.compress(json.dumps(said).encode()),
                     headers={**headers, "content-type": "application/json"})  # fmt: skip
    recorded = made.one()
    written = b"".join(path.read_bytes() for path in made.folder.rglob("*.flow"))
    for key in (*PLANTED, named):
        assert key.encode() not in written, key
    assert b"plantedword" not in written
    assert recorded.client.request.headers["x-api-key"] == "[removed]"
    assert recorded.client.request.path == "/v1/chat/completions?key=[removed]&alt=sse"
    assert json.loads(recorded.client.request.content or b"")["messages"][0]["content"] == "[removed] and [removed]"


def test_a_name_in_the_place_of_a_key_does_not_vanish_from_what_is_said(start: Start) -> None:
    made = start()
    made.argo.answer = lambda seen: streamed(*events(CHAT_STREAM))
    said = {**CHAT, "messages": [{"role": "user", "content": "anything goes"}]}
    made.client.post("/v1/chat/completions", json=said, headers={"authorization": "Bearer anything"})
    recorded = made.one()
    assert json.loads(recorded.client.request.content or b"") == said
    assert recorded.client.request.headers["authorization"] == "[removed]"


def test_signs_of_life_are_in_what_the_client_got(tmp_path: Path) -> None:
    with upstream() as argo:
        argo.answer = lambda seen: [STREAM, chunk(begun(CHAT_STREAM)), Pause(0.5), chunk(b"data: [DONE]\n\n"), END]
        recorder = Recorder(tmp_path, everything=True)
        with proxy(settings_for(argo.url), Limits(keep_alive=0.2), recorder) as running:
            got = httpx.post(f"{running.url}/v1/chat/completions", json=CHAT, trust_env=False).content
        [recorded] = newest_in([tmp_path])
        assert answer_of(recorded.client) == got
        assert len(answer_of(recorded.upstream[0])) < len(got)
