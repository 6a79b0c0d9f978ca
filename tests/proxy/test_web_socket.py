"""The Responses API on a WebSocket, on real sockets (pitfalls 8.8, 11.3)."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from mitmproxy import http
from mitmproxy.io import FlowReader
from wsproto import WSConnection
from wsproto.connection import ConnectionType
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    Pong,
    RejectConnection,
    Request,
    TextMessage,
)

from argo_addon.proxy.calls import Limits
from argo_addon.recording.explain import explanation
from argo_addon.recording.recorded_exchange import newest_in
from argo_addon.recording.recorder import Recorder
from argo_addon.store.base import Bounds
from argo_addon.store.opening import open_store

from ..dialects.asking import chat_sse, claude_sse, finished
from ..forced import event_data_in
from ..open_responses import event_problems
from ..running import STREAM, Pause, Proxy, Seen, Step, Upstream, chunk, json_answer, proxy, settings_for, streamed

Json = dict[str, Any]
FAMILIES = ("claude-opus-4.6", "gpt-5.4", "gemini-2.5-pro")
on_every_family = pytest.mark.parametrize("model", FAMILIES)


class Speaker:
    """A client's side of a WebSocket."""

    def __init__(self, port: int, target: str = "/v1/responses", **headers: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._spoken = WSConnection(ConnectionType.CLIENT)
        named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        self.send(Request(host=f"127.0.0.1:{port}", target=target, extra_headers=named))
        self._events: list[Event] = []
        self.opening = self.event()

    def send(self, event: Event) -> None:
        self._socket.sendall(self._spoken.send(event))

    def event(self) -> Event:
        """What comes next."""
        while not self._events:
            data = self._socket.recv(65536)
            self._spoken.receive_data(data or None)
            self._events += self._spoken.events()
        return self._events.pop(0)

    def text(self) -> Json:
        text = ""
        while True:
            event = self.event()
            assert isinstance(event, TextMessage), event
            text += event.data
            if event.message_finished:
                found: Json = json.loads(text)
                return found

    def say(self, **message: Any) -> None:
        self.send(TextMessage(json.dumps(message)))

    def turn(self, **message: Any) -> list[Json]:
        """The events of a turn, to its end."""
        self.say(**{"type": "response.create", **message})
        events = [self.text()]
        while events[-1]["type"] not in ("response.completed", "response.incomplete", "response.failed", "error"):
            events.append(self.text())
        return events

    def close(self) -> None:
        self._socket.close()


@contextmanager
def speaking(gateway: Proxy, **headers: str) -> Iterator[Speaker]:
    speaker = Speaker(gateway.port, **headers)
    assert isinstance(speaker.opening, AcceptConnection), speaker.opening
    yield speaker
    speaker.close()


def answer(seen: Seen) -> list[Step]:
    text = "The word is cobalt."
    if "/messages" in seen.line:
        return streamed(claude_sse({"type": "text", "text": text}))
    return streamed(chat_sse({"content": text[:9]}, {"content": text[9:]}, finished()))


@pytest.fixture
def gateway(argo: Upstream) -> Iterator[Proxy]:
    argo.answer = answer
    with proxy(settings_for(argo.url), Limits()) as running:
        yield running


def sent(argo: Upstream) -> str:
    return json.dumps(json.loads(argo.seen[-1].body)["messages"])


@on_every_family
def test_11_3_a_turn_has_the_events_that_a_stream_has(gateway: Proxy, argo: Upstream, model: str) -> None:
    with speaking(gateway, authorization="Bearer x", x_codex_turn="1") as speaker:
        events = speaker.turn(model=model, input="Remember cobalt.")
        assert [problem for event in events for problem in event_problems(json.dumps(event).encode())] == []
        assert [event["sequence_number"] for event in events] == list(range(len(events)))
        assert events[-1]["response"]["output"][0]["content"][0]["text"] == "The word is cobalt."
        assert "Remember cobalt." in sent(argo)
        assert speaker.turn(model=model, input="Again.")[-1]["type"] == "response.completed"
    assert len(argo.seen) == 2


@on_every_family
def test_11_3_only_what_is_new_is_said(gateway: Proxy, argo: Upstream, model: str) -> None:
    with speaking(gateway) as speaker:
        first = speaker.turn(model=model, input="Remember cobalt.", store=False)[-1]["response"]["id"]
        events = speaker.turn(model=model, input="Which?", previous_response_id=first, store=False)
        assert {event["response"]["previous_response_id"] for event in events if "response" in event} == {first}
        told = sent(argo)
        assert told.index("Remember cobalt.") < told.index("The word is cobalt.") < told.index("Which?")
    with speaking(gateway) as speaker:
        (error,) = speaker.turn(model=model, input="Which?", previous_response_id=first, store=False)
        assert (error["type"], error["status"], error["error"]["code"]) == ("error", 400, "previous_response_not_found")
        assert speaker.turn(model=model, input="Which?")[-1]["type"] == "response.completed"


def test_11_3_a_turn_that_fails_is_not_gone_on_from(gateway: Proxy, argo: Upstream) -> None:
    with speaking(gateway) as speaker:
        first = speaker.turn(model="gpt-5.4", input="Remember cobalt.", store=False)[-1]["response"]["id"]
        output = [{"type": "function_call_output", "call_id": "c", "output": {"no": "text"}}]
        (error,) = speaker.turn(model="gpt-5.4", input=output, previous_response_id=first, store=False)
        assert (error["status"], error["error"]["type"]) == (400, "invalid_request_error")
        (error,) = speaker.turn(model="gpt-5.4", input="Which?", previous_response_id=first, store=False)
        assert error["error"]["code"] == "previous_response_not_found"


def test_11_3_a_warm_up_is_gone_on_from(gateway: Proxy, argo: Upstream) -> None:
    with speaking(gateway) as speaker:
        events = speaker.turn(model="gpt-5.4", input="Remember cobalt.", generate=False, store=False)
        assert [event["type"] for event in events] == ["response.created", "response.completed"]
        assert [problem for event in events for problem in event_problems(json.dumps(event).encode())] == []
        assert events[-1]["response"]["output"] == []
        assert argo.seen == []
        warm = events[-1]["response"]["id"]
        speaker.turn(model="gpt-5.4", input="Which?", previous_response_id=warm, store=False)
    assert sent(argo).index("Remember cobalt.") < sent(argo).index("Which?")


def test_11_3_what_is_kept_is_gone_on_from_by_another_connection(argo: Upstream, tmp_path: Path) -> None:
    argo.answer = answer
    with proxy(settings_for(argo.url), store=lambda: open_store(str(tmp_path / "kept"), Bounds())) as gateway:
        with speaking(gateway) as speaker:
            first = speaker.turn(model="gpt-5.4", input="Remember cobalt.")[-1]["response"]["id"]
        with speaking(gateway) as speaker:
            speaker.turn(model="gpt-5.4", input="Which?", previous_response_id=first)
    assert "Remember cobalt." in sent(argo)


def test_11_3_what_is_kept_is_what_was_told(argo: Upstream, tmp_path: Path) -> None:
    """A turn that goes on from one of the connection's says so later, too; one that was removed is still remembered."""
    argo.answer = answer
    with (
        proxy(settings_for(argo.url), store=lambda: open_store(str(tmp_path / "kept"), Bounds())) as gateway,
        speaking(gateway) as speaker,
        httpx.Client(base_url=gateway.url, timeout=20, trust_env=False) as client,
    ):
        first = speaker.turn(model="gpt-5.4", input="Remember cobalt.")[-1]["response"]["id"]
        events = speaker.turn(model="gpt-5.4", input="Which?", previous_response_id=first)
        second = events[-1]["response"]
        assert second["previous_response_id"] == first
        assert client.get(f"/v1/responses/{second['id']}").json() == second
        again = client.get(f"/v1/responses/{second['id']}", params={"stream": "true"})
        assert event_data_in(again.content) == events
        client.delete(f"/v1/responses/{second['id']}")
        third = speaker.turn(model="gpt-5.4", input="And now?", previous_response_id=second["id"])[-1]["response"]
        assert third["previous_response_id"] == second["id"]
        told = sent(argo)
        assert [told.count(text) for text in ("Remember cobalt.", "Which?", "And now?")] == [1, 1, 1]


@pytest.mark.parametrize(
    ("message", "status", "code"),
    [
        ("no json", 400, "invalid_request_error"),
        ("[]", 400, "invalid_request_error"),
        ('{"type": "session.update"}', 400, "invalid_request_error"),
        ('{"type": "response.create", "input": "x"}', 400, "invalid_request_error"),
        ('{"type": "response.create", "model": "nothing", "input": "x"}', 404, "model_not_found"),
        (
            '{"type": "response.create", "model": "gpt-5.4", "input": "x", "background": true}',
            400,
            "invalid_request_error",
        ),
        (
            '{"type": "response.create", "model": "gpt-5.4", "input": "x", "background": 1}',
            400,
            "invalid_request_error",
        ),
    ],
)
def test_11_3_a_bad_message_is_an_error_and_no_end(gateway: Proxy, message: str, status: int, code: str) -> None:
    with speaking(gateway) as speaker:
        speaker.send(TextMessage(message))
        error = speaker.text()
        assert (error["type"], error["status"], error["error"]["code"]) == ("error", status, code)
        assert error["error"]["message"]
        assert speaker.turn(model="gpt-5.4", input="x")[-1]["type"] == "response.completed"


def test_11_3_an_error_of_argos_is_told(gateway: Proxy, argo: Upstream) -> None:
    body = json.dumps({"error": {"message": "Slow down.", "type": "rate_limit_error"}}).encode()
    argo.answer = lambda seen: [json_answer(body, "429 Too Many Requests", "retry-after: 3")]
    with speaking(gateway) as speaker:
        (error,) = speaker.turn(model="gpt-5.4", input="x")
    assert (error["status"], error["error"]["code"]) == (429, "rate_limit_exceeded")
    assert error["headers"] == {"retry-after": "3"}


def test_pings_are_answered_and_the_end_is_said(gateway: Proxy) -> None:
    with speaking(gateway) as speaker:
        speaker.send(Ping(b"here?"))
        assert speaker.event() == Pong(b"here?")
        speaker.send(CloseConnection(1000))
        ended = speaker.event()
        assert isinstance(ended, CloseConnection)
        assert ended.code == 1000


def test_bytes_are_refused(gateway: Proxy) -> None:
    with speaking(gateway) as speaker:
        speaker.send(BytesMessage(b"x"))
        ended = speaker.event()
        assert isinstance(ended, CloseConnection)
        assert ended.code == 1003


def test_9_3_a_client_that_leaves_ends_its_call(gateway: Proxy, argo: Upstream) -> None:
    begun = chat_sse({"content": "The word"}, done=False)
    argo.answer = lambda seen: [STREAM, chunk(begun), Pause(10)]
    with speaking(gateway) as speaker:
        speaker.say(type="response.create", model="gpt-5.4", input="x")
        while speaker.text()["type"] != "response.output_text.delta":
            pass
    assert argo.left.wait(5)


def test_a_socket_elsewhere_is_refused(gateway: Proxy) -> None:
    speaker = Speaker(gateway.port, "/v1/chat/completions")
    assert isinstance(speaker.opening, RejectConnection)
    assert speaker.opening.status_code == 426
    speaker.close()


def test_turns_are_recorded_as_calls(argo: Upstream, tmp_path: Path) -> None:
    argo.answer = answer
    with (
        proxy(settings_for(argo.url), recorder=Recorder(tmp_path, everything=True, failures=True)) as gateway,
        speaking(gateway) as speaker,
    ):
        speaker.turn(model="gpt-5.4", input="Remember cobalt.")
        speaker.turn(model="gpt-5.4", input="Again.")
    flows: list[Any] = []
    for path in sorted(tmp_path.rglob("*.flow")):
        with path.open("rb") as file:
            flows += FlowReader(file).stream()
    asked = [flow for flow in flows if isinstance(flow, http.HTTPFlow) and flow.request.path == "/v1/responses"]
    assert [json.loads(flow.request.content or b"")["input"][0]["content"][0]["text"] for flow in asked] == [
        "Remember cobalt.",
        "Again.",
    ]


def test_a_turn_is_recorded_as_one_on_a_web_socket_and_a_message_that_is_refused_as_a_failed_call(
    argo: Upstream, tmp_path: Path
) -> None:
    argo.answer = answer
    with proxy(settings_for(argo.url), recorder=Recorder(tmp_path, everything=True)) as gateway:
        with speaking(gateway, user_agent="codex_cli_rs/1.0") as speaker:
            speaker.turn(model="gpt-5.4", input="Remember cobalt.")
            for message in ("no json", '{"type": "session.update"}', '{"type": "response.create", "input": "x"}'):
                speaker.send(TextMessage(message))
                assert speaker.text()["type"] == "error"
        with speaking(gateway, user_agent="codex_cli_rs/1.0") as speaker:
            speaker.send(BytesMessage(b"no text"))
            while not isinstance(speaker.event(), CloseConnection):
                pass
    assert "argo-proxy-way" not in argo.seen[-1].headers
    found = list(newest_in([tmp_path]))[::-1]
    assert [(one.meta.way, one.meta.failed, one.meta.status) for one in found] == [
        ("websocket", False, 200), *[("websocket", True, 400)] * 4,
    ]  # fmt: skip
    assert all(one.meta.tool == "codex_cli_rs" for one in found)
    assert "(WebSocket)" in explanation(found[0])
    told = explanation(found[2])
    assert "unknown message 'session.update'" in told
    assert found[2].client.request.content == b'{"type": "session.update"}'
    assert "A message of bytes" in explanation(found[4])


def test_a_web_socket_is_told_that_the_gateway_ends(argo: Upstream, gateway: Proxy) -> None:
    speaker = Speaker(gateway.port)
    assert isinstance(speaker.opening, AcceptConnection)
    gateway.stop()
    ended = speaker.event()
    assert isinstance(ended, CloseConnection)
    assert ended.code == 1001
    speaker.close()
