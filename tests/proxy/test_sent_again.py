"""A call that is sent once more, as it passes over sockets: what streams, who leaves, what runs out of time."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence

import httpx
import pytest

from argo_addon.proxy.calls import Limits

from ..running import (
    END,
    STREAM,
    Pause,
    Proxy,
    Seen,
    Step,
    Upstream,
    chunk,
    json_answer,
    proxy,
    raw_exchange,
    settings_for,
    streamed,
)
from .talking import MESSAGE_STREAM, MESSAGES, events, last_error

ASKED = {**MESSAGES, "temperature": 0.5, "model": "claude-haiku-4.5"}
TOLD = "`temperature` is deprecated for this model."
ERROR = json.dumps({"type": "error", "error": {"type": "invalid_request_error", "message": TOLD}}).encode()
EVENT = b"event: error\ndata: " + ERROR + b"\n\n"
REFUSALS: dict[str, list[Step]] = {
    "status": [json_answer(ERROR, "400 Bad Request")],
    "status, last on its connection": [json_answer(ERROR, "400 Bad Request", "connection: close")],
    "200": [json_answer(ERROR)],
    "event": streamed(EVENT),
    "event, in one piece": [STREAM + chunk(EVENT) + END],
    "event and end in one piece, behind the head": [STREAM, Pause(0.05), chunk(EVENT) + END],
    "event, more and end in one piece": [STREAM, Pause(0.05), chunk(EVENT) + chunk(b": more\n\n") + END],
    "event, and the stream stays open": [STREAM, chunk(EVENT), Pause(20)],
    "event, cut": [STREAM, chunk(EVENT[:-2]), END],
}
refusals = pytest.mark.parametrize("refusal", REFUSALS.values(), ids=list(REFUSALS))
ANSWER = streamed(*events(MESSAGE_STREAM))


@pytest.fixture(autouse=True)
def nothing_crashes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """mitmproxy logs what goes wrong in its layers, and goes on."""
    yield
    assert [record.message for record in caplog.get_records("call") if "crashed" in record.message] == []


def answers(argo: Upstream, refusal: Sequence[Step], *second: Step) -> None:
    argo.answer = lambda seen: refusal if b"temperature" in seen.body else second


@refusals
def test_the_client_gets_the_second_answer_and_nothing_of_the_first(
    argo: Upstream, client: httpx.Client, refusal: list[Step]
) -> None:
    answers(argo, refusal, *ANSWER)
    for tries in (2, 3):
        answer = client.post("/v1/messages", json=ASKED)
        assert answer.content == MESSAGE_STREAM
        assert len(argo.seen) == tries
    assert answer.headers["argo-proxy-dropped"] == "temperature"


@refusals
def test_a_second_refusal_is_the_answer(argo: Upstream, client: httpx.Client, refusal: list[Step]) -> None:
    argo.answer = lambda seen: refusal
    answer = client.post("/v1/messages", json=ASKED)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == TOLD
    assert len(argo.seen) == 2
    argo.answer = lambda seen: ANSWER
    assert client.post("/v1/messages", json=ASKED).content == MESSAGE_STREAM, "the connection goes on"


def test_an_upstream_connection_that_was_left_serves_no_one(argo: Upstream, client: httpx.Client) -> None:
    """What it still has to say is in the same piece as the refusal."""
    answers(argo, [STREAM + chunk(EVENT) + chunk(MESSAGE_STREAM) + END], *ANSWER)
    assert client.post("/v1/messages", json=ASKED).content == MESSAGE_STREAM
    assert argo.connections in (2, 3), "two tries, and the model list unless it was done before the first"


def test_the_second_answer_streams_as_it_comes(argo: Upstream, gateway: Proxy) -> None:
    first, *rest = events(MESSAGE_STREAM)
    answers(argo, REFUSALS["status"], STREAM, *(chunk(event) for event in (first, *rest[:5])), Pause(0.4),
            *(chunk(event) for event in rest[5:]), END)  # fmt: skip
    times = []
    with httpx.stream("POST", gateway.url + "/v1/messages", json=ASKED, trust_env=False) as answer:
        for _ in answer.iter_raw():
            times.append(time.monotonic())
    assert times[-1] - times[0] > 0.3


@pytest.mark.parametrize("second", [[Pause(20)], [STREAM, chunk(events(MESSAGE_STREAM)[0]), Pause(20)]])
def test_a_client_that_leaves_ends_the_second_try(argo: Upstream, gateway: Proxy, second: list[Step]) -> None:
    answers(argo, REFUSALS["status"], *second)
    raw = json.dumps(ASKED).encode()
    with socket.create_connection(("127.0.0.1", gateway.port)) as leaving:
        leaving.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % len(raw) + raw)
        deadline = time.monotonic() + 2
        while len(argo.seen) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.05)
    assert argo.left.wait(2)
    deadline = time.monotonic() + 2
    while gateway.addon.gateway.counts.active and time.monotonic() < deadline:
        time.sleep(0.01)
    assert gateway.addon.gateway.counts.active == 0


def test_the_silence_of_the_second_try_has_its_limit(argo: Upstream, client: httpx.Client) -> None:
    answers(argo, REFUSALS["status"], Pause(20))
    answer = client.post("/v1/messages", json={**ASKED, "stream": False})
    assert answer.status_code == 504
    assert "sent nothing for 0.5 s" in answer.json()["error"]["message"]
    assert len(argo.seen) == 2


def test_a_second_connection_that_is_not_accepted_has_its_limit(
    argo: Upstream, client: httpx.Client, gateway: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first try takes longer than the limit, which counts anew from the second."""
    connect = asyncio.BaseEventLoop.create_connection

    async def stuck(loop: asyncio.BaseEventLoop, *asked: object, **options: object) -> object:
        if argo.seen:
            await asyncio.sleep(20)
        return await connect(loop, *asked, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(asyncio.BaseEventLoop, "create_connection", stuck)
    argo.answer = lambda seen: [Pause(0.4), *REFUSALS["status, last on its connection"]]
    start = time.monotonic()
    answer = client.post("/v1/messages", json={**ASKED, "stream": False})
    assert answer.status_code == 504
    assert "did not accept a connection within 0.5 s" in answer.json()["error"]["message"]
    assert 0.8 < time.monotonic() - start < 1.5
    assert len(argo.seen) == 1


def test_a_second_connection_that_is_refused_is_told(argo: Upstream) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                listening.close()
                connection.sendall(json_answer(ERROR, "400 Bad Request"))

        with proxy(settings_for(argo.url, native_anthropic_base_url=f"http://127.0.0.1:{port}")) as running:
            thread = threading.Thread(target=serve)
            thread.start()
            answer = httpx.post(running.url + "/v1/messages", json=ASKED, trust_env=False, timeout=10)
            thread.join(5)
    assert answer.status_code == 502
    assert "the connection is refused" in answer.json()["error"]["message"]


def test_the_clients_own_timeout_is_for_both_tries(argo: Upstream, client: httpx.Client) -> None:
    answers(argo, [Pause(0.2), *REFUSALS["status"]], Pause(20))
    start = time.monotonic()
    answer = client.post("/v1/messages", json={**ASKED, "timeout": 0.4})
    assert answer.status_code == 504
    assert time.monotonic() - start < 0.6
    assert len(argo.seen) == 2


# Behind signs of life


def test_a_refusal_behind_an_early_head_is_mended_too(argo: Upstream) -> None:
    answers(argo, [Pause(0.3), *REFUSALS["status"]], *ANSWER)
    with proxy(settings_for(argo.url), Limits(keep_alive=0.1)) as running:
        answer = httpx.post(running.url + "/v1/messages", json=ASKED, trust_env=False)
    assert answer.content.endswith(MESSAGE_STREAM)
    assert answer.content.startswith(b"event: ping")
    assert "argo-proxy-mended" not in answer.headers, "the head was out"
    assert len(argo.seen) == 2


def test_an_early_head_before_the_second_answer_tells_what_was_mended(argo: Upstream) -> None:
    for refusal in (REFUSALS["status"], REFUSALS["event"]):
        answers(argo, refusal, Pause(0.3), *ANSWER)
        with proxy(settings_for(argo.url), Limits(keep_alive=0.1)) as running:
            answer = httpx.post(running.url + "/v1/messages", json=ASKED, trust_env=False)
        assert answer.content.startswith(b"event: ping")
        assert answer.content.endswith(MESSAGE_STREAM)
        assert answer.content.count(b"message_start") == MESSAGE_STREAM.count(b"message_start")
        assert answer.headers["argo-proxy-mended"] == "sampling"


def test_an_error_event_behind_an_early_head_is_told_and_learned_from_by_the_next(argo: Upstream) -> None:
    answers(argo, [Pause(0.3), *REFUSALS["event"]], *ANSWER)
    with proxy(settings_for(argo.url), Limits(keep_alive=0.1)) as running:
        answer = httpx.post(running.url + "/v1/messages", json=ASKED, trust_env=False)
    assert last_error(answer.content)["message"] == TOLD
    assert len(argo.seen) == 1


def test_pipelined_calls_are_mended_each_in_turn(argo: Upstream, gateway: Proxy) -> None:
    def answer(seen: Seen) -> Sequence[Step]:
        return REFUSALS["event"] if b"temperature" in seen.body else [json_answer(b'{"type":"message","content":[]}')]

    argo.answer = answer
    gateway.addon.gateway.settings = settings_for(argo.url, anthropic_stream_mode="passthrough")
    raw = json.dumps({**ASKED, "stream": False}).encode()
    one = b"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n" % len(raw)
    got = raw_exchange(gateway.port, one + b"\r\n" + raw + one + b"connection: close\r\n\r\n" + raw)
    assert got.count(b"HTTP/1.1 200 OK") == 2
    assert got.count(b"argo-proxy-mended: sampling") == 1
