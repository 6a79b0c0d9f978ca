"""An ARGO that is overloaded for a moment: whether a call waits for it here, and for how long."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email.utils import formatdate

import httpx
import pytest

from argo_addon.gateway.upstream_retries import wait_after
from argo_addon.proxy.calls import Limits

from ..running import END, STREAM, Pause, Seen, Step, Upstream, chunk, json_answer, proxy, settings_for, streamed
from .talking import CALLS, MESSAGE, MESSAGE_STREAM, MESSAGES, events

BUSY = json.dumps({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}).encode()
ANSWER = streamed(*events(MESSAGE_STREAM))
SOON = "retry-after-ms: 20"


def busy(times: int, refusal: list[Step], then: list[Step]) -> Callable[[Seen], list[Step]]:
    """Refuses so many calls, and answers the next."""
    left = [refusal] * times
    return lambda seen: left.pop() if left and seen.line.startswith("POST") else then


@contextmanager
def asked(argo: Upstream, retries: int, limits: Limits | None = None) -> Iterator[httpx.Client]:
    settings = settings_for(argo.url, upstream_retries=retries)
    with (
        proxy(settings, limits) as gateway,
        httpx.Client(base_url=gateway.url, timeout=20, trust_env=False) as client,
    ):
        yield client


def refusal(status: int, *headers: str) -> list[Step]:
    return [json_answer(BUSY, f"{status} Busy", *headers)]


@pytest.mark.parametrize("status", [429, 503, 529])
def test_it_is_tried_again_after_the_time_that_argo_names(argo: Upstream, status: int) -> None:
    argo.answer = busy(2, refusal(status, "retry-after-ms: 150"), ANSWER)
    with asked(argo, 2) as client:
        before = time.monotonic()
        answer = client.post("/v1/messages", json=MESSAGES)
    assert answer.content == MESSAGE_STREAM
    assert answer.headers["argo-proxy-retries"] == "2"
    assert len(argo.seen) == 3
    assert argo.seen[0].body == argo.seen[2].body
    assert time.monotonic() - before >= 0.3


def test_a_refusal_that_names_no_time_is_waited_for_all_the_same(argo: Upstream) -> None:
    argo.answer = busy(1, refusal(529, "retry-after: 0"), ANSWER)
    with asked(argo, 1) as client:
        assert client.post("/v1/messages", json=MESSAGES).content == MESSAGE_STREAM
        argo.answer = busy(1, refusal(529), ANSWER)
        before = time.monotonic()
        assert client.post("/v1/messages", json=MESSAGES).content == MESSAGE_STREAM
        assert time.monotonic() - before >= 0.25


_LATER = {
    "seconds": lambda then: f"{then - time.time():.0f}",
    "a date": lambda then: formatdate(then, usegmt=True),
    "a date in RFC 850's form": lambda then: time.strftime("%A, %d-%b-%y %H:%M:%S GMT", time.gmtime(then)),
    "a date in C's form": lambda then: time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime(then)),
}
_NO_TIME = ["-5", "0", "-0.0", "Wed, 21 Oct 2015 07:28:00 GMT", "soon", "", "5, 7", "0x10"]


@pytest.mark.parametrize("form", list(_LATER))
def test_each_form_of_retry_after_is_waited_for(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/Chicago")
    time.tzset()
    try:
        for seconds, told in ((5, range(3, 8)), (3600, [None])):
            wait = wait_after({"retry-after": _LATER[form](time.time() + seconds)}, 0)
            assert (None if wait is None else int(wait)) in told
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("text", _NO_TIME)
def test_what_names_no_time_to_come_is_waited_for_longer_each_time(text: str) -> None:
    """Who says 0 each time would be asked as fast as the network goes."""
    waits = [wait_after({"retry-after": text}, tries) or 0.0 for tries in range(4)]
    assert all(0.25 * 2**tries <= wait <= 0.5 * 2**tries for tries, wait in enumerate(waits))


@pytest.mark.parametrize("text", ["1e400", "nan", "Fri, 31 Dec 9999 23:59:59 GMT", "9" * 400])
def test_what_nobody_waits_for_is_told_at_once(text: str) -> None:
    assert wait_after({"retry-after": text}, 0) is None


def test_by_default_a_refusal_is_the_tools_own_to_retry(argo: Upstream) -> None:
    argo.answer = busy(1, refusal(529, SOON), ANSWER)
    with proxy(settings_for(argo.url)) as gateway, httpx.Client(base_url=gateway.url, trust_env=False) as client:
        answer = client.post("/v1/messages", json=MESSAGES)
    assert (answer.status_code, len(argo.seen)) == (529, 1)
    assert answer.headers["retry-after-ms"] == "20"


def test_what_is_still_refused_then_is_told_with_the_tries(argo: Upstream) -> None:
    argo.answer = lambda seen: refusal(529, SOON)
    with asked(argo, 2) as client:
        answer = client.post("/v1/messages", json=MESSAGES)
    assert (answer.status_code, len(argo.seen)) == (529, 3)
    assert answer.headers["argo-proxy-retries"] == "2"
    assert answer.json()["error"]["message"] == "Overloaded"


PLAIN = ("/v1/messages", {**MESSAGES, "stream": False}, b"")


@pytest.mark.parametrize(("path", "body", "stream"), [*CALLS, PLAIN], ids=["chat", "messages", "plain"])
def test_every_kind_of_call_waits(argo: Upstream, path: str, body: dict[str, object], stream: bytes) -> None:
    then: list[Step] = streamed(*events(stream)) if stream else [json_answer(json.dumps(MESSAGE).encode())]
    argo.answer = busy(1, refusal(503, SOON), then)
    with asked(argo, 1) as client:
        assert client.post(path, json=body).status_code == 200
    assert len(argo.seen) == 2


def test_embeddings_wait_as_well(argo: Upstream) -> None:
    vectors = {"object": "list", "model": "v3small", "data": [{"index": 0, "embedding": [0.5]}]}
    argo.answer = busy(1, refusal(429, SOON), [json_answer(json.dumps(vectors).encode())])
    with asked(argo, 1) as client:
        body = {"model": "text-embedding-3-small", "input": "x"}
        assert client.post("/v1/embeddings", json=body).status_code == 200


def test_a_stream_that_begins_with_the_refusal_is_tried_again(argo: Upstream) -> None:
    argo.answer = busy(1, streamed(b"event: error\ndata: " + BUSY + b"\n\n"), ANSWER)
    with asked(argo, 1) as client:
        assert client.post("/v1/messages", json=MESSAGES).content == MESSAGE_STREAM
    assert len(argo.seen) == 2


def test_after_the_first_word_nothing_is_tried_again(argo: Upstream) -> None:
    begun = b"".join(events(MESSAGE_STREAM)[:4])
    error = b"event: error\ndata: " + BUSY + b"\n\n"
    argo.answer = lambda seen: [STREAM, chunk(begun), Pause(0.05), chunk(error), END]
    with asked(argo, 3) as client:
        assert b"Overloaded" in client.post("/v1/messages", json=MESSAGES).content
    assert len(argo.seen) == 1


def test_a_tools_own_retry_is_not_multiplied(argo: Upstream) -> None:
    argo.answer = lambda seen: refusal(529, SOON)
    with asked(argo, 3) as client:
        client.post("/v1/messages", json=MESSAGES, headers={"x-stainless-retry-count": "1"})
    assert len(argo.seen) == 1


@pytest.mark.parametrize("headers", [["retry-after: 3600"], ["retry-after: 1", "x-should-retry: false"]], ids=str)
def test_what_is_not_to_be_waited_for_is_told_at_once(argo: Upstream, headers: list[str]) -> None:
    argo.answer = lambda seen: refusal(429, *headers)
    with asked(argo, 3) as client:
        before = time.monotonic()
        assert client.post("/v1/messages", json=MESSAGES).status_code == 429
    assert time.monotonic() - before < 1
    assert len(argo.seen) == 1


def test_no_wait_is_longer_than_the_call_has_time(argo: Upstream) -> None:
    argo.answer = lambda seen: refusal(429, "retry-after: 5")
    with asked(argo, 3) as client:
        assert client.post("/v1/messages", json={**MESSAGES, "timeout": 2}).status_code == 429
    assert len(argo.seen) == 1


@pytest.mark.parametrize("status", [400, 401, 404, 500, 502, 504])
def test_no_other_refusal_is_tried_again(argo: Upstream, status: int) -> None:
    argo.answer = lambda seen: refusal(status, SOON)
    with asked(argo, 3) as client:
        assert client.post("/v1/messages", json=MESSAGES).status_code >= 400
    assert len(argo.seen) == 1


def test_a_client_that_leaves_meanwhile_is_not_asked_for_again(argo: Upstream) -> None:
    argo.answer = lambda seen: refusal(429, "retry-after: 1")
    with asked(argo, 1) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.post("/v1/messages", json={**MESSAGES, "stream": False}, timeout=0.3)
        time.sleep(1.2)
        assert client.get("/health").json()["active_requests"] == 0
    assert len(argo.seen) == 1


def test_a_stream_that_waits_gives_signs_of_life(argo: Upstream) -> None:
    argo.answer = busy(1, refusal(429, "retry-after: 1"), ANSWER)
    with asked(argo, 1, Limits(keep_alive=0.2)) as client:
        answer = client.post("/v1/messages", json=MESSAGES)
    assert b"event: ping" in answer.content
    assert answer.content.replace(b'event: ping\ndata: {"type":"ping"}\n\n', b"") == MESSAGE_STREAM


def test_an_argo_that_is_down_for_all_is_not_stormed(argo: Upstream) -> None:
    argo.answer = lambda seen: refusal(529, "retry-after-ms: 1")
    with asked(argo, 10) as client, ThreadPoolExecutor(20) as pool:

        def ask(number: int) -> int:
            return client.post("/v1/messages", json=MESSAGES).status_code

        assert set(pool.map(ask, range(100))) == {529}
    assert len(argo.seen) <= 100 + 10 + 100 // 10


SUMMARY = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello."}}
GROWN = {
    "model": "gpt-5.4",
    "input": [{"role": role, "content": "word " * 2000} for role in ("user", "assistant", "user")],
    "context_management": [{"type": "compaction", "compact_threshold": 1000}],
}


@pytest.mark.parametrize(("refused", "calls", "status"), [((0,), 3, 200), ((1,), 3, 200), ((0, 2), 3, 529)])
def test_a_call_and_the_compaction_before_it_share_their_tries(
    argo: Upstream, refused: tuple[int, ...], calls: int, status: int
) -> None:
    """Which of ARGO's answers are refusals; one retry is there for both."""
    whole = [json_answer(json.dumps({"id": "x", "created": 1, "model": "m", "choices": [SUMMARY]}).encode())]
    argo.answer = lambda seen: refusal(529, SOON) if len(argo.seen) - 1 in refused else whole
    with asked(argo, 1) as client:
        answer = client.post("/v1/responses", json=GROWN)
    assert (answer.status_code, len(argo.seen)) == (status, calls)
    assert answer.headers["argo-proxy-retries"] == "1"
