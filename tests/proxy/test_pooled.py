"""A connection to ARGO that is kept for the next call, and ends just as that call goes out on it (decision 22)."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Iterator

import httpx
import pytest

from ..running import STREAM, Proxy, Seen, Step, Upstream, chunk, json_answer, proxy, settings_for, streamed, upstream
from .talking import CHAT, CHAT_STREAM, MESSAGE, MESSAGES, begun, events

PLAIN = {**MESSAGES, "stream": False}
ANSWER = json_answer(json.dumps(MESSAGE).encode())


@pytest.fixture
def gateway(argo: Upstream) -> Iterator[Proxy]:
    with proxy(settings_for(argo.url)) as running:
        yield running


def quits(*first: Step) -> Iterator[Step]:
    """These steps, and then the connection ends."""
    yield from first
    raise ConnectionError


def quits_each_second_time(argo: Upstream, *answer: Step) -> None:
    """The first call on each connection is answered; at the second the connection ends."""
    while not argo.looked_up:  # else its connection might be counted between two calls
        time.sleep(0.01)
    answered: set[int] = set()

    def steps(seen: Seen) -> Iterator[Step]:
        if argo.connections in answered:
            raise ConnectionError
        answered.add(argo.connections)
        yield from answer

    argo.answer = steps


def test_the_call_goes_out_once_more_on_a_new_connection(argo: Upstream, client: httpx.Client) -> None:
    quits_each_second_time(argo, ANSWER)
    answers = [client.post("/v1/messages", json=PLAIN) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert len(argo.seen) == 5, "the second and the third went out twice"
    assert argo.seen[1].body == argo.seen[2].body


def test_a_stream_goes_out_once_more_too(argo: Upstream, client: httpx.Client) -> None:
    quits_each_second_time(argo, *streamed(*events(CHAT_STREAM)))
    for _ in range(3):
        assert client.post("/v1/chat/completions", json=CHAT).content == CHAT_STREAM


def test_a_reset_is_an_end_too(argo: Upstream, client: httpx.Client) -> None:
    argo.answer = lambda seen: [ANSWER]
    client.post("/v1/messages", json=PLAIN)
    writer = argo._writers[-1]

    def resets(seen: Seen) -> Iterator[Step]:
        argo.answer = lambda seen: [ANSWER]
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        return quits()

    argo.answer = resets
    assert client.post("/v1/messages", json=PLAIN).status_code == 200


@pytest.mark.parametrize(
    "come", [b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", STREAM + chunk(begun(CHAT_STREAM))]
)
@pytest.mark.parametrize("body", [PLAIN, MESSAGES], ids=["plain", "streamed"])
def test_not_once_a_byte_of_the_answer_has_come(
    argo: Upstream, client: httpx.Client, come: bytes, body: dict[str, object]
) -> None:
    """ARGO is at work on it."""
    argo.answer = lambda seen: [ANSWER]
    client.post("/v1/messages", json=PLAIN)
    argo.answer = lambda seen: quits(come)
    assert b"error" in client.post("/v1/messages", json=body).content
    assert len(argo.seen) == 2


def test_not_on_a_connection_that_was_made_for_it(argo: Upstream) -> None:
    """There its end is what ARGO says to the call. The model list is read elsewhere: its connection may be taken."""
    with upstream() as messages:
        messages.answer = lambda seen: quits()
        with proxy(settings_for(argo.url, native_anthropic_base_url=messages.url)) as running:
            answer = httpx.post(running.url + "/v1/messages", json=PLAIN, timeout=20, trust_env=False)
        assert answer.status_code == 502
        assert len(messages.seen) == 1


def test_not_a_third_time(argo: Upstream, client: httpx.Client) -> None:
    argo.answer = lambda seen: [ANSWER]
    client.post("/v1/messages", json=PLAIN)
    argo.answer = lambda seen: quits()
    answer = client.post("/v1/messages", json=PLAIN)
    assert answer.status_code == 502
    assert "broke before the answer" in answer.json()["error"]["message"]
    assert len(argo.seen) == 3
    argo.answer = lambda seen: [ANSWER]
    assert client.post("/v1/messages", json=PLAIN).status_code == 200, "the connection goes on"


def test_a_connection_that_ended_while_nothing_was_asked_is_not_asked(
    argo: Upstream, client: httpx.Client, gateway: Proxy
) -> None:
    argo.answer = lambda seen: [ANSWER]
    for _ in range(2):
        assert client.post("/v1/messages", json=PLAIN).status_code == 200
        argo._writers[-1].get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        client.get("/version")  # by now it is heard of
    assert len(argo.seen) == 2
