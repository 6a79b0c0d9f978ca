"""Limits of users, as their tools meet them: what is refused, in which words, and when a place is free again."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from argo_addon.proxy.calls import Limits
from argo_addon.rate_limits.local import LocalLimiter

from ..running import END, STREAM, Pause, Proxy, Step, Upstream, chunk, head, json_answer, proxy, settings_for, streamed
from .talking import CHAT, CHAT_STREAM, MESSAGE, MESSAGE_STREAM, MESSAGES, answers_with, begun, events

HI = [{"role": "user", "content": "hi"}]
GOOGLE = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
CALLS: dict[str, tuple[str, dict[str, Any], Callable[[dict[str, Any]], object], object]] = {
    "chat": ("/v1/chat/completions", CHAT, lambda body: body["error"]["code"], "rate_limit_exceeded"),
    "messages": ("/v1/messages", MESSAGES, lambda body: body["error"]["type"], "rate_limit_error"),
    "responses": ("/v1/responses", {"model": "gpt-5.4", "input": "hi"}, lambda body: body["error"]["code"],
                  "rate_limit_exceeded"),
    "google": ("/v1beta/models/gemini-2.5-pro:generateContent", GOOGLE, lambda body: body["error"]["status"],
               "RESOURCE_EXHAUSTED"),
    "ollama": ("/api/chat", {"model": "gpt-5.4", "messages": HI}, lambda body: type(body["error"]), str),
    "completions": ("/v1/completions", {"model": "gpt-5.4", "prompt": "hi"}, lambda body: body["error"]["code"],
                    "rate_limit_exceeded"),
    "embeddings": ("/v1/embeddings", {"model": "text-embedding-3-small", "input": "hi"},
                   lambda body: body["error"]["code"], "rate_limit_exceeded"),
}  # fmt: skip


@contextmanager
def limited(argo: Upstream, limits: Limits | None = None, **counts: int) -> Iterator[tuple[httpx.Client, Proxy]]:
    settings = settings_for(argo.url, limits=counts, username_passthrough=True)
    with (
        proxy(settings, limits) as gateway,
        httpx.Client(base_url=gateway.url, timeout=20, trust_env=False) as client,
    ):
        yield client, gateway


def user(name: str) -> dict[str, str]:
    return {"authorization": f"Bearer {name}"}


def message_of(answer: httpx.Response) -> str:
    error = answer.json()["error"]
    return str(error if isinstance(error, str) else error["message"])


def test_a_limit_is_told_in_each_dialect_with_its_name_and_when_it_ends(argo: Upstream) -> None:
    answers_with(argo, json_answer(b'{"error":{"message":"no","type":"x"}}', "500 No"))
    with limited(argo, requests_per_minute=1) as (client, _):
        for name, (path, body, code, expected) in CALLS.items():
            assert client.post(path, json=body, headers=user(name)).status_code != 429
            answer = client.post(path, json=body, headers=user(name))
            assert answer.status_code == 429, name
            assert code(answer.json()) == expected, name
            assert 50 <= int(answer.headers["retry-after"]) <= 60
            said = message_of(answer)
            assert name in said
            assert "requests_per_minute" in said
            assert " s " in said
    assert len(argo.seen) == len(CALLS)


def test_a_days_tokens_are_spent_by_what_argo_tells_and_tools_do_not_try_again(argo: Upstream) -> None:
    answers_with(argo, json_answer(json.dumps(MESSAGE).encode()))
    body = {**MESSAGES, "stream": False}
    usage = MESSAGE["usage"]
    spent = sum(usage.get(name) or 0 for name in ("input_tokens", "output_tokens"))
    spent += sum(usage.get(f"cache_{name}_input_tokens") or 0 for name in ("read", "creation"))
    with limited(argo, tokens_per_day=2 * spent) as (client, _):
        for _ in range(2):
            assert client.post("/v1/messages", json=body, headers=user("alice")).status_code == 200
        answer = client.post("/v1/messages", json=body, headers=user("Alice"))  # ARGO does not tell them apart
        assert answer.status_code == 429
        assert f"{2 * spent:,}" in message_of(answer)
        assert "tokens_per_day" in message_of(answer)
        assert "00:00 UTC" in message_of(answer)
        assert answer.headers["x-should-retry"] == "false"
        assert 0 < int(answer.headers["retry-after"]) <= 86400
        assert client.post("/v1/messages", json=body, headers=user("bob")).status_code == 200


def test_a_stream_that_tells_no_usage_is_counted_all_the_same(argo: Upstream) -> None:
    untold = [one for one in events(CHAT_STREAM) if b'"usage":{' not in one]
    answers_with(argo, *streamed(*untold[:-1], *([untold[1]] * 200), untold[-1]))
    with limited(argo, tokens_per_day=100) as (client, _):
        assert client.post("/v1/chat/completions", json=CHAT, headers=user("alice")).status_code == 200
        assert client.post("/v1/chat/completions", json=CHAT, headers=user("alice")).status_code == 429


def spent_by(gateway: Proxy, name: str, at_least: int) -> int:
    """The tokens that a user has used today, once they are so many."""
    limiter = gateway.addon.preparing._limiter
    assert isinstance(limiter, LocalLimiter)
    end = time.monotonic() + 20
    while limiter._users[name].used < at_least:
        assert time.monotonic() < end, f"{limiter._users[name].used} of {at_least} tokens"
        time.sleep(0.02)
    return limiter._users[name].used


def test_who_leaves_a_stream_before_its_end_has_used_what_came_by_then(argo: Upstream) -> None:
    """Claude's stream tells one token of the answer at its beginning, and the others at its end."""
    word = next(one for one in events(MESSAGE_STREAM) if b"content_block_delta" in one)
    answers_with(argo, STREAM, chunk(begun(MESSAGE_STREAM)), *[chunk(word)] * 400, Pause(20))
    with limited(argo, tokens_per_day=100_000) as (client, gateway):
        with client.stream("POST", "/v1/messages", json=MESSAGES, headers=user("alice")) as answer:
            read = 0
            for piece in answer.iter_bytes():
                read += len(piece)
                if read >= 400 * len(word):
                    break
        assert 400 <= spent_by(gateway, "alice", 400) <= 4000


def test_a_text_without_events_is_counted_by_its_letters(argo: Upstream) -> None:
    """As ARGO's legacy gateway answers, which tells no usage."""
    answers_with(argo, head("text/plain"), chunk(b"word " * 4000), END)
    settings = settings_for(argo.url, limits={"tokens_per_day": 10**6}, username_passthrough=True, use_legacy_argo=True)
    with proxy(settings) as gateway, httpx.Client(base_url=gateway.url, trust_env=False) as client:
        assert client.post("/v1/chat/completions", json=CHAT, headers=user("alice")).status_code == 200
        assert 4000 <= spent_by(gateway, "alice", 4000) <= 6000


def test_vectors_are_no_tokens(argo: Upstream) -> None:
    rows = [{"index": number, "embedding": [0.123456789] * 3000} for number in range(4)]
    usage = {"prompt_tokens": 8, "total_tokens": 8}
    answers_with(argo, json_answer(json.dumps({"object": "list", "data": rows, "usage": usage}).encode()))
    with limited(argo, tokens_per_day=10**6) as (client, gateway):
        path, body, _, _ = CALLS["embeddings"]
        assert client.post(path, json=body, headers=user("alice")).status_code == 200
        assert spent_by(gateway, "alice", 8) == 8


def test_a_compaction_before_a_call_is_counted_with_it(argo: Upstream) -> None:
    whole = [json_answer(json.dumps(CHAT_ANSWER).encode())]
    argo.answer = lambda seen: whole
    said = [{"role": role, "content": "word " * 2000} for role in ("user", "assistant", "user")]
    body = {"model": "gpt-5.4", "input": said,
            "context_management": [{"type": "compaction", "compact_threshold": 1000}]}  # fmt: skip
    with limited(argo, tokens_per_day=10**6) as (client, gateway):
        answer = client.post("/v1/responses", json=body, headers=user("alice"))
        assert (answer.status_code, len(argo.seen)) == (200, 2), answer.text
        assert answer.headers["argo-proxy-mended"] == "compacted"
        assert spent_by(gateway, "alice", 1) == 2 * (1000 + 11)
        told = client.get("/metrics", headers=user("alice")).text
        assert 'type="input"} 2000.0' in told
        assert 'type="output"} 22.0' in told


CHAT_ANSWER = {
    "id": "x", "object": "chat.completion", "created": 1, "model": "gpt54",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello."}}],
    "usage": {"prompt_tokens": 1000, "completion_tokens": 11, "total_tokens": 1011},
}  # fmt: skip
GOES_ON: list[Step] = [STREAM, chunk(begun(MESSAGE_STREAM)), Pause(20)]
CUT: list[Step] = [STREAM, chunk(begun(MESSAGE_STREAM))]
ERROR = b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n'
ENDS: dict[str, tuple[list[Step], dict[str, Any]]] = {
    "whole": (streamed(*events(MESSAGE_STREAM)), {}),
    "cut": ([*CUT, Pause(0.01), b"zz\r\n"], {}),
    "an error in the stream": (streamed(*events(MESSAGE_STREAM)[:3], ERROR), {}),
    "refused": ([json_answer(b'{"type":"error","error":{"type":"api_error","message":"x"}}', "529 No")], {}),
    "no stream": ([json_answer(json.dumps(MESSAGE).encode())], {}),
    "garbage": ([b"\x00\x01\r\n\r\n"], {}),
    "its own timeout": (GOES_ON, {"timeout": 0.2}),
    "silence": (GOES_ON, {}),
    "refused here": ([], {"messages": "none"}),
    "a model that nobody knows": ([], {"model": "none"}),
}


def test_a_place_is_free_however_a_stream_ends(argo: Upstream) -> None:
    with limited(argo, Limits(connect=0.5, silence=1.0), streams_at_once=1) as (client, gateway):
        for name, (steps, more) in ENDS.items():
            answers_with(argo, *steps)
            client.post("/v1/messages", json={**MESSAGES, **more}, headers=user("alice"))
            answers_with(argo, *streamed(*events(MESSAGE_STREAM)))
            answer = client.post("/v1/messages", json=MESSAGES, headers=user("alice"))
            assert (answer.status_code, answer.content) == (200, MESSAGE_STREAM), name
        gone = argo.url
        gateway.addon.gateway.settings = settings_for("http://127.0.0.1:9", username_passthrough=True)
        assert client.post("/v1/messages", json=MESSAGES, headers=user("alice")).status_code == 502
        gateway.addon.gateway.settings = settings_for(gone, username_passthrough=True)
        assert client.post("/v1/messages", json=MESSAGES, headers=user("alice")).status_code == 200


def test_so_many_streams_at_once_and_a_place_for_the_next_when_somebody_leaves(argo: Upstream) -> None:
    answers_with(argo, *GOES_ON)
    with limited(argo, streams_at_once=2) as (client, _), ExitStack() as stack:
        under_way = [
            stack.enter_context(client.stream("POST", "/v1/messages", json=MESSAGES, headers=user("alice")))
            for _ in range(2)
        ]
        pieces = [one.iter_bytes() for one in under_way]  # held: a response is closed with them
        for each in pieces:
            next(each)
        answer = client.post("/v1/messages", json=MESSAGES, headers=user("alice"))
        assert answer.status_code == 429
        assert "streams_at_once" in message_of(answer)
        assert int(answer.headers["retry-after"]) <= 5
        answers_with(argo, *streamed(*events(MESSAGE_STREAM)))
        assert client.post("/v1/messages", json=MESSAGES, headers=user("bob")).status_code == 200
        under_way[0].close()
        end = time.monotonic() + 20
        while client.post("/v1/messages", json=MESSAGES, headers=user("alice")).status_code == 429:
            assert time.monotonic() < end
        families = text_string_to_metric_families(client.get("/metrics", headers=user("alice")).text)
        samples = {(one.name, *sorted(one.labels.values())): one.value for family in families for one in family.samples}
        assert samples["argo_proxy_limited_total", "streams_at_once"] >= 1
        assert samples["argo_proxy_errors_total", "anthropic", "claudeopus46", "python-httpx", "rate_limit"] >= 1


def test_who_leaves_while_the_limits_are_asked_for_takes_no_place(argo: Upstream) -> None:
    answers_with(argo, *GOES_ON)
    with limited(argo, streams_at_once=1) as (client, _):
        with client.stream("POST", "/v1/messages", json=MESSAGES, headers=user("alice")) as first:
            pieces = first.iter_bytes()  # held
            next(pieces)
            for _ in range(3):
                with pytest.raises(httpx.ReadTimeout):
                    client.post("/v1/messages", json=MESSAGES, headers=user("alice"), timeout=0.05)
        answers_with(argo, *streamed(*events(MESSAGE_STREAM)))
        end = time.monotonic() + 20
        while client.post("/v1/messages", json=MESSAGES, headers=user("alice")).status_code == 429:
            assert time.monotonic() < end


def test_one_stream_after_the_other_is_one_at_a_time(argo: Upstream) -> None:
    """Also where the next call comes as soon as the last event is read, ARGO being slow to end."""
    answers_with(argo, STREAM, chunk(MESSAGE_STREAM), Pause(0.05), END)
    with limited(argo, streams_at_once=1) as (client, _):
        for _ in range(10):
            with client.stream("POST", "/v1/messages", json=MESSAGES, headers=user("alice")) as answer:
                assert answer.status_code == 200
                read = b""
                for piece in answer.iter_bytes():
                    read += piece
                    if b"message_stop" in read:
                        break


def test_a_crowd_gets_exactly_what_it_may_have(argo: Upstream) -> None:
    answers_with(argo, json_answer(json.dumps(MESSAGE).encode()))
    statuses: list[int] = []
    with limited(argo, requests_per_minute=20) as (client, _):

        def ask() -> None:
            for _ in range(10):
                body = {**MESSAGES, "stream": False}
                statuses.append(client.post("/v1/messages", json=body, headers=user("alice")).status_code)

        threads = [threading.Thread(target=ask) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert (statuses.count(200), statuses.count(429)) == (20, 30)


def test_what_asks_no_model_is_not_counted(argo: Upstream) -> None:
    with limited(argo, requests_per_minute=1) as (client, _):
        for _ in range(3):
            assert client.get("/v1/models", headers=user("alice")).status_code == 200
            count = client.post("/v1/messages/count_tokens", json=MESSAGES, headers=user("alice"))
            assert count.status_code == 200
            assert client.post("/v1/messages", content=b"{", headers=user("alice")).status_code == 400
