"""The gateway over real sockets: what a client sees, whatever the upstream does."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import zstandard

from argo_addon.proxy.calls import Limits
from argo_addon.sse import Splitter, data_of

from ..running import (
    END,
    STREAM,
    Pause,
    Proxy,
    Seen,
    Step,
    Upstream,
    chunk,
    head,
    json_answer,
    proxy,
    raw_exchange,
    settings_for,
    streamed,
)

FIXTURES = Path(__file__).parent.parent / "fixtures"
CHAT_STREAM = (FIXTURES / "openai_chat" / "text.sse").read_bytes()
MESSAGE_STREAM = (FIXTURES / "anthropic" / "thinking_and_tools.sse").read_bytes()
MESSAGE = json.loads((FIXTURES / "anthropic" / "thinking_and_tools.response.json").read_bytes())

CHAT: dict[str, Any] = {"model": "gpt-5.4", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
MESSAGES: dict[str, Any] = {"model": "claude-opus-4.6", "max_tokens": 9, "stream": True, "messages": CHAT["messages"]}
CALLS = [("/v1/chat/completions", CHAT, CHAT_STREAM), ("/v1/messages", MESSAGES, MESSAGE_STREAM)]
both = pytest.mark.parametrize(("path", "body", "stream"), CALLS, ids=["openai_chat", "anthropic"])


def events(stream: bytes) -> list[bytes]:
    return Splitter().feed(stream)


def begun(stream: bytes) -> bytes:
    """The stream's beginning, up to the first that the model says, thinks or does."""
    return b"".join(events(stream)[:3])


def last_error(body: bytes) -> dict[str, Any]:
    frames = events(body)
    assert b"".join(frames) == body, "the stream ends with a whole event"
    error = json.loads(data_of(frames[-1]) or b"")["error"]
    assert isinstance(error, dict)
    return error


def answers_with(argo: Upstream, *steps: Step) -> None:
    argo.answer = lambda seen: steps


def still_works(client: httpx.Client, argo: Upstream) -> None:
    """The next request, on the same connection where it is still open, is served."""
    answers_with(argo, *streamed(*events(CHAT_STREAM)))
    assert client.post("/v1/chat/completions", json=CHAT).content == CHAT_STREAM


# What must come through


@both
def test_a_streamed_answer_comes_back_byte_for_byte_however_it_was_cut(
    argo: Upstream, client: httpx.Client, path: str, body: dict[str, Any], stream: bytes
) -> None:
    for size in (1, 17, 4096):
        answers_with(argo, STREAM, *(chunk(stream[i : i + size]) for i in range(0, len(stream), size)), END)
        answer = client.post(path, json=body)
        assert answer.content == stream
        assert answer.headers["content-type"].startswith("text/event-stream")


def test_a_large_request_reaches_the_upstream_byte_for_byte_but_for_what_argo_demands(
    argo: Upstream, client: httpx.Client
) -> None:
    """Issue 2: 76 KB as Claude Code writes them, with fields that no one here knows."""
    tools = [{"name": f"tool{n}", "description": "é " * 1200, "input_schema": {"type": "object"}} for n in range(25)]
    body = {
        "model": "claude-opus-4-6",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "\u2603", "citations": None}]}],
        "system": [{"type": "text", "text": "You are Claude Code."}],
        "tools": tools,
        "metadata": {"user_id": "user_0123_account__session_4567"},
        "max_tokens": 64000,
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "medium"},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "stream": True,
        "unheard_of": [1.0, 1e3],
    }  # fmt: skip
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    assert len(raw) > 76_000
    answers_with(argo, *streamed(*events(MESSAGE_STREAM)))
    headers = {"content-type": "application/json", "anthropic-version": "2023-06-01", "anthropic-beta": "x-1"}
    answer = client.post("/v1/messages?beta=true", content=raw, headers=headers)
    assert answer.content == MESSAGE_STREAM
    demanded = raw.replace(b'"claude-opus-4-6"', b'"claudeopus46"')
    demanded = demanded.replace(b"user_0123_account__session_4567", b"jdoe")
    assert argo.seen[-1].body == demanded[:-1] + b',"user":"jdoe"}'


def test_1_34_a_plain_claude_call_gets_the_message_that_its_stream_makes(argo: Upstream, client: httpx.Client) -> None:
    answers_with(argo, *streamed(*events(MESSAGE_STREAM)))
    answer = client.post("/v1/messages", json={**MESSAGES, "stream": False})
    assert answer.json() == MESSAGE
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(argo.seen[-1].body)["stream"] is True


def test_events_are_passed_on_as_they_come(argo: Upstream, client: httpx.Client) -> None:
    role, word, *rest = events(CHAT_STREAM)
    first = role + word
    answers_with(argo, STREAM, chunk(first), Pause(0.3), chunk(b"".join(rest)), END)
    start = time.monotonic()
    with client.stream("POST", "/v1/chat/completions", json=CHAT) as answer:
        pieces = answer.iter_raw()
        assert next(pieces) == first
        assert time.monotonic() - start < 0.25
        assert b"".join(pieces) == b"".join(rest)


def test_9_5_a_compressed_request_is_read(argo: Upstream, client: httpx.Client) -> None:
    answers_with(argo, *streamed(*events(CHAT_STREAM)))
    packed = gzip.compress(json.dumps(CHAT).encode())
    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    assert client.post("/v1/chat/completions", content=packed, headers=headers).content == CHAT_STREAM
    assert json.loads(argo.seen[-1].body)["model"] == "gpt54"
    assert "content-encoding" not in argo.seen[-1].headers
    zstd = zstandard.ZstdCompressor().compress(json.dumps(CHAT).encode())
    assert (
        client.post("/v1/chat/completions", content=zstd, headers={"content-encoding": "zstd"}).content == CHAT_STREAM
    )
    bomb = gzip.compress(bytes(100_000_000))
    assert client.post("/v1/chat/completions", content=bomb, headers=headers).status_code == 413
    assert client.post("/v1/chat/completions", content=b"x", headers={"content-encoding": "br"}).status_code == 415
    bad = client.post("/v1/chat/completions", content=b"no gzip", headers=headers)
    assert bad.status_code == 400
    assert "gzip" in bad.json()["error"]["message"]


def test_the_upstream_connection_is_used_again(argo: Upstream, client: httpx.Client) -> None:
    still_works(client, argo)
    before = argo.connections
    for _ in range(3):
        still_works(client, argo)
    assert argo.connections == before


# Before the answer


@both
def test_an_upstream_that_refuses_the_connection_is_a_502_that_names_it(
    client: httpx.Client, gateway: Proxy, path: str, body: dict[str, Any], stream: bytes
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with proxy(settings_for(dead)) as running:
        for _ in range(2):
            answer = httpx.post(running.url + path, json=body, trust_env=False)
            assert answer.status_code == 502
            assert answer.headers["content-type"] == "application/json"
            assert dead in answer.json()["error"]["message"]
            assert "refused" in answer.json()["error"]["message"]


def test_an_upstream_that_takes_no_connection_is_a_504() -> None:
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for waiting in (first, second):  # they fill its queue: the system lets the next one wait
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        with proxy(settings_for(f"http://127.0.0.1:{full.getsockname()[1]}"), Limits(connect=0.4)) as running:
            answer = httpx.post(running.url + "/v1/messages", json=MESSAGES, trust_env=False)
    assert answer.status_code == 504
    assert "did not accept a connection within 0.4 s" in answer.json()["error"]["message"]


@both
def test_an_upstream_that_hangs_is_a_504(
    argo: Upstream, client: httpx.Client, path: str, body: dict[str, Any], stream: bytes
) -> None:
    answers_with(argo, Pause(30))
    answer = client.post(path, json=body)
    assert answer.status_code == 504
    assert "nothing for 0.5 s" in answer.json()["error"]["message"]
    still_works(client, argo)


def test_a_timeout_in_the_body_is_kept(argo: Upstream) -> None:
    answers_with(argo, Pause(30))
    with proxy(settings_for(argo.url)) as running:
        start = time.monotonic()
        answer = httpx.post(running.url + "/v1/messages", json={**MESSAGES, "timeout": 0.3}, trust_env=False)
    assert answer.status_code == 504
    assert "timeout of 0.3 s" in answer.json()["error"]["message"]
    assert time.monotonic() - start < 5


@both
@pytest.mark.parametrize("rubbish", [b"SSH-2.0-OpenSSH\r\n\r\n", b"\x00\xff\r\n\r\n", b""])
def test_an_upstream_that_speaks_no_http_is_a_502(
    argo: Upstream, client: httpx.Client, path: str, body: dict[str, Any], stream: bytes, rubbish: bytes
) -> None:
    def quits(seen: Seen) -> list[Step]:
        raise ConnectionError if not rubbish else _Say(rubbish)

    argo.answer = quits if not rubbish else lambda seen: [rubbish]
    answer = client.post(path, json=body)
    assert answer.status_code == 502
    assert answer.json()["error"]["message"]
    still_works(client, argo)


class _Say(Exception):
    pass


@both
def test_7_10_a_200_whose_stream_begins_with_an_error_gets_the_errors_status(
    argo: Upstream, client: httpx.Client, path: str, body: dict[str, Any], stream: bytes
) -> None:
    kinds = {
        "/v1/messages": '"type":"overloaded_error","message":"busy"',
        "/v1/chat/completions": '"message":"busy","code":529',
    }
    error = f'data: {{"type":"error","error":{{{kinds[path]}}}}}\n\n'.encode()
    answers_with(argo, STREAM, chunk(error), Pause(5), END)
    answer = client.post(path, json=body)
    assert answer.status_code == 529
    assert answer.json()["error"]["message"] == "busy"
    still_works(client, argo)


@both
def test_a_200_whose_stream_is_garbage_from_the_start_is_a_502(
    argo: Upstream, client: httpx.Client, path: str, body: dict[str, Any], stream: bytes
) -> None:
    answers_with(argo, STREAM, chunk(b"data: <html>\n\n"), END)
    answer = client.post(path, json=body)
    assert answer.status_code == 502
    still_works(client, argo)


@both
def test_7_6_a_429_keeps_its_retry_after(
    argo: Upstream, client: httpx.Client, path: str, body: dict[str, Any], stream: bytes
) -> None:
    answers_with(
        argo,
        json_answer(
            b'{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}', "429 Slow", "retry-after: 7"
        ),
    )
    answer = client.post(path, json=body)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert answer.json()["error"]["message"] == "slow"


@both
def test_1_35_the_authentication_notice_is_a_403(
    argo: Upstream, client: httpx.Client, path: str, body: dict[str, Any], stream: bytes
) -> None:
    text = "AUTHENTICATION NOTICE FROM ARGO: 'jdoe' is not registered"
    message = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
    said = {"/v1/messages": message, "/v1/chat/completions": {"choices": [{"index": 0, "delta": {"content": text}}]}}
    answers_with(argo, STREAM, chunk(b"data: " + json.dumps(said[path]).encode() + b"\n\n"), Pause(5))
    answer = client.post(path, json=body)
    assert answer.status_code == 403
    assert answer.json()["error"]["type"] == "authentication_error"
    plain = {"content": [{"type": "text", "text": text}], "choices": [{"message": {"content": text}}]}
    answers_with(argo, json_answer(json.dumps(plain).encode()))
    answer = client.post(path, json={**body, "stream": False})
    assert answer.status_code == 403
    assert "jdoe" in answer.json()["error"]["message"]
    still_works(client, argo)


# In the middle of an answer


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
                b"POST %s HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % (path.encode(), len(raw)) + raw
            )
            time.sleep(0.15)
        assert argo.left.wait(2)
    deadline = time.monotonic() + 2
    while gateway.addon.gateway.active and time.monotonic() < deadline:
        time.sleep(0.01)
    assert gateway.addon.gateway.active == 0


# Bad requests


@both
def test_a_body_of_100_mb_is_a_413_within_a_second_and_the_next_request_works(
    argo: Upstream, client: httpx.Client, gateway: Proxy, path: str, body: dict[str, Any], stream: bytes
) -> None:
    request = b"POST %s HTTP/1.1\r\nhost: x\r\ncontent-length: 100000000\r\n\r\n" % path.encode()
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as sending:
        sending.sendall(request)
        piece = bytes(1_000_000)
        for _ in range(100):
            sending.sendall(piece)  # none of it fails: the body is read to its end
        answer = b""
        while part := sending.recv(65536):
            answer += part
    assert time.monotonic() - start < 1
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"64 MB" in answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]
    still_works(client, argo)


def test_a_chunked_body_of_100_mb_is_a_413_too(argo: Upstream, client: httpx.Client) -> None:
    answer = client.post("/v1/messages", content=(bytes(1_000_000) for _ in range(100)))
    assert answer.status_code == 413
    assert answer.json()["error"]["type"] == "request_too_large"
    still_works(client, argo)


@pytest.mark.parametrize(
    "head_",
    [
        b"GARBAGE\r\n\r\n",
        b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: x\r\n\r\n",
    ],
)
def test_7_1_a_request_that_is_no_http_gets_json(gateway: Proxy, head_: bytes) -> None:
    answer = raw_exchange(gateway.port, head_)
    assert answer.startswith(b"HTTP/1.1 400")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["message"]


def test_a_head_beyond_measure_is_refused(gateway: Proxy) -> None:
    answer = raw_exchange(gateway.port, b"GET / HTTP/1.1\r\nx: " + b"a" * 2_000_000 + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 431")


def test_trailers_behind_a_body_are_refused_and_nothing_hangs(gateway: Proxy) -> None:
    body = b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nx: y\r\n\r\n"
    answer = raw_exchange(gateway.port, body)
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"railers" in answer


def test_a_body_of_broken_chunks_is_a_400(gateway: Proxy) -> None:
    asked = b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"
    answer = raw_exchange(gateway.port, asked)
    assert answer.startswith(b"HTTP/1.1 400")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["type"] == "error"


def test_a_client_that_speaks_tls_is_let_go_at_once(gateway: Proxy, caplog: pytest.LogCaptureFixture) -> None:
    start = time.monotonic()
    assert raw_exchange(gateway.port, b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03") == b""
    assert time.monotonic() - start < 2
    assert "plain http://" in caplog.text


def test_8_8_a_websocket_is_refused_at_once(gateway: Proxy) -> None:
    asked = (
        b"GET /v1/responses HTTP/1.1\r\nhost: x\r\nconnection: close, upgrade\r\nupgrade: websocket\r\n"
        b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    assert raw_exchange(gateway.port, asked).startswith(b"HTTP/1.1 426 Upgrade Required")


def test_8_2_head_has_no_body(gateway: Proxy) -> None:
    answer = raw_exchange(gateway.port, b"HEAD / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.endswith(b"\r\n\r\n")


def test_pipelined_requests_are_served_in_turn(gateway: Proxy) -> None:
    asked = b"GET /version HTTP/1.1\r\nhost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    answer = raw_exchange(gateway.port, asked)
    assert answer.index(b"200 OK") < answer.index(b"404 Not Found")


def test_a_fault_of_our_own_is_a_500_and_the_clients_request_goes_nowhere(
    argo: Upstream,
    client: httpx.Client,
    gateway: Proxy,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(request: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(gateway.addon.gateway, "open", broken)
    answer = client.post("/v1/messages", json=MESSAGES, headers={"x-api-key": "SECRET"})
    assert answer.status_code == 500
    assert answer.json()["type"] == "error"
    assert argo.seen == []
    assert "boom" in caplog.text


# The model list


def test_refresh_reads_the_list_and_health_tells(argo: Upstream, client: httpx.Client) -> None:
    answers_with(argo, json_answer(b'{"data":[{"id":"GPT-9","internal_id":"gpt9"}]}'))
    assert client.post("/refresh").json()["status"] == "refreshed"
    assert client.get("/health").json()["models"]["source"] == "upstream"
    assert [row["id"] for row in client.get("/v1/models").json()["data"]] == ["argo:gpt-9"]
    answers_with(argo, json_answer(b"no", "503 Down"))
    failed = client.post("/refresh")
    assert failed.status_code == 502
    assert "503" in failed.json()["models"]["problem"]
    assert client.get("/health").json()["models"]["source"] == "upstream", "the list that was there stays"


def test_the_list_is_read_anew_at_its_interval(argo: Upstream) -> None:
    answers_with(argo, json_answer(b'{"data":[{"id":"GPT-8","internal_id":"gpt8"}]}'))
    with proxy(settings_for(argo.url, model_refresh_interval_hours=0.2 / 3600)) as running:
        for name in ("gpt-8", "gpt-9"):
            row = {"id": name.upper(), "internal_id": name.replace("-", "")}
            answers_with(argo, json_answer(json.dumps({"data": [row]}).encode()))
            deadline = time.monotonic() + 5
            while f"argo:{name}" not in (body := httpx.get(running.url + "/v1/models", trust_env=False).text):
                assert time.monotonic() < deadline, body
                time.sleep(0.05)


# The end


def test_running_streams_end_before_the_process_does(argo: Upstream) -> None:
    answers_with(
        argo, STREAM, chunk(begun(CHAT_STREAM)), Pause(0.6), chunk(CHAT_STREAM[len(begun(CHAT_STREAM)) :]), END
    )
    with proxy(settings_for(argo.url)) as running:
        got: list[bytes] = []

        def call() -> None:
            got.append(httpx.post(running.url + "/v1/chat/completions", json=CHAT, trust_env=False).content)

        thread = threading.Thread(target=call)
        thread.start()
        time.sleep(0.2)
        running.stop()
        time.sleep(0.1)
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", running.port), timeout=1)
        thread.join(5)
    assert got == [CHAT_STREAM]


@both
def test_streams_that_do_not_end_are_cut_with_the_dialects_error_event(
    argo: Upstream, monkeypatch: pytest.MonkeyPatch, path: str, body: dict[str, Any], stream: bytes
) -> None:
    monkeypatch.setattr("argo_addon.proxy.master.GRACE", 0.2)
    answers_with(argo, STREAM, chunk(begun(stream)), Pause(30))
    with proxy(settings_for(argo.url)) as running:
        got: list[bytes] = []
        thread = threading.Thread(
            target=lambda: got.append(httpx.post(running.url + path, json=body, trust_env=False).content)
        )
        thread.start()
        time.sleep(0.2)
        running.stop()
        thread.join(5)
    assert "stopped" in last_error(got[0])["message"]


def test_the_head_of_an_answer_may_come_in_pieces(argo: Upstream, client: httpx.Client) -> None:
    raw = head("text/event-stream", "x-request-id: r-1")
    answers_with(argo, raw[:20], Pause(0.02), raw[20:], chunk(CHAT_STREAM), END)
    answer = client.post("/v1/chat/completions", json=CHAT)
    assert answer.content == CHAT_STREAM
    assert answer.headers["x-request-id"] == "r-1"
