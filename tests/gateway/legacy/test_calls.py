"""Text and tools for every client on a model of every family, streamed and not, over real sockets."""

from __future__ import annotations

import json

import httpx
import pytest

from argo_addon.models.catalogue import squash
from tests.gateway.legacy.asking import CLIENTS, MODELS, Client
from tests.simulator.asking import LEGACY, Running

COMMANDS = ["date -u", "uname -s"]
each_client = pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
each_family = pytest.mark.parametrize("family", MODELS)
both_ways = pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])


def asked_of(argo: Running) -> list[str]:
    """The legacy endpoints that were asked, the last part of the path. ARGO had nothing against any of it."""
    log = argo.log()
    assert [entry["refusal"] for entry in log if entry["refusal"]] == []
    return [entry["path"].split(LEGACY)[1].strip("/") for entry in log]


@each_client
@each_family
@both_ways
def test_text(argo: Running, gateway: httpx.Client, client: Client, family: str, stream: bool) -> None:
    told = client.ask(gateway, MODELS[family], stream=stream, tools=False)
    assert told.text.startswith(f"This is {squash(MODELS[family])}, simulated. You said: “Run `date -u`")
    assert told.text.endswith("voilà, 模拟 ✓.")  # its characters were cut between chunks
    assert (told.calls, told.finish) == ([], client.ends[0])
    assert min(told.usage) > 5
    assert asked_of(argo) == ["streamchat" if stream else "chat"]


@each_client
@each_family
@both_ways
def test_a_loop_of_two_steps(argo: Running, gateway: httpx.Client, client: Client, family: str, stream: bool) -> None:
    first = client.ask(gateway, MODELS[family], stream=stream, tools=True)
    assert [(name, arguments["command"]) for name, arguments, _ in first.calls] == [
        ("shell", command) for command in COMMANDS
    ]
    assert first.text == "I will use shell to find out."
    assert first.finish == client.ends[1]
    assert len({one for _, _, one in first.calls}) == 2
    printed = ["Sun Nov 22", "Linux"]
    second = client.ask(gateway, MODELS[family], stream=stream, tools=True, history=client.loop(first, printed))
    assert second.text == "Results:\n- Sun Nov 22\n- Linux"
    assert (second.calls, second.finish) == ([], client.ends[0])
    assert second.usage[0] > first.usage[0] > 5
    assert asked_of(argo) == ["chat", "chat"]


@each_family
@both_ways
def test_completions(argo: Running, gateway: httpx.Client, family: str, stream: bool) -> None:
    answer = gateway.post("/v1/completions", json={"model": MODELS[family], "prompt": "Hello", "stream": stream})
    assert answer.status_code == 200
    bodies = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
    text = "".join(choice["text"] for body in bodies or [answer.json()] for choice in body["choices"])
    assert text.startswith(f"This is {squash(MODELS[family])}")


@each_client
@both_ways
@pytest.mark.parametrize("tools", [False, True])
def test_the_notice_is_a_403(argo: Running, gateway: httpx.Client, client: Client, stream: bool, tools: bool) -> None:
    argo.behave({"notice": True})
    body = client.body("gpt-4.1", stream=stream, tools=tools)
    answer = gateway.post(client.path("gpt-4.1", stream=stream), json=body)
    assert answer.status_code == 403
    assert "not registered" in answer.json()["error"]["message"]
    assert "NOTICE" not in answer.text


@each_client
@both_ways
def test_an_error_is_told_unwrapped(argo: Running, gateway: httpx.Client, client: Client, stream: bool) -> None:
    argo.behave({"status": 429, "message": "slow down", "headers": {"retry-after": "7"}})
    answer = gateway.post(
        client.path("gpt-4.1", stream=stream), json=client.body("gpt-4.1", stream=stream, tools=False)
    )
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert answer.json()["error"]["message"] == "slow down"
    assert "argo-proxy-usage" not in answer.headers


@each_client
@pytest.mark.parametrize("tools", [False, True])
def test_a_stream_that_breaks_off_is_an_error(
    argo: Running, gateway: httpx.Client, client: Client, tools: bool
) -> None:
    argo.behave({"cut_after": 8})
    answer = gateway.post(client.path("gpt-4.1", stream=True), json=client.body("gpt-4.1", stream=True, tools=tools))
    assert "broke before the answer was complete" in answer.text
    assert (answer.status_code, "This " in answer.text) == ((502, False) if tools else (200, True))


@each_client
def test_what_is_no_utf8_is_an_error(argo: Running, gateway: httpx.Client, client: Client) -> None:
    argo.behave({"garbage": "bytes"})
    answer = gateway.post(client.path("gpt-4.1", stream=True), json=client.body("gpt-4.1", stream=True, tools=False))
    assert answer.status_code == 502
    assert "cannot be read" in answer.json()["error"]["message"]


@both_ways
@pytest.mark.parametrize("garbage", ["html", "json"])
def test_pages_and_broken_json_are_errors(argo: Running, gateway: httpx.Client, stream: bool, garbage: str) -> None:
    argo.behave({"garbage": garbage})
    client = CLIENTS["chat"]
    answer = gateway.post(
        client.path("gpt-4.1", stream=stream), json=client.body("gpt-4.1", stream=stream, tools=False)
    )
    assert answer.status_code == 502
    assert answer.json()["error"]["message"]


@each_client
@both_ways
def test_a_call_that_leaked_into_the_text_is_a_call(
    argo: Running, gateway: httpx.Client, client: Client, stream: bool
) -> None:
    argo.behave({"leak_tool_call": True})
    told = client.ask(gateway, "claude-opus-4.6", stream=stream, tools=True)
    assert told.text == "Let me look. "
    ((name, arguments, _),) = told.calls
    assert (name, list(arguments)) == ("shell", ["command"])
    assert told.finish == client.ends[1]


def test_health_says_where_models_are_asked(argo: Running, gateway: httpx.Client) -> None:
    assert gateway.get("/health").json()["upstream"] == {"legacy": argo.base_url}
    answer = gateway.post(
        "/v1/messages/count_tokens", json=CLIENTS["messages"].body("gpt-4.1", stream=False, tools=True)
    )
    assert answer.json()["input_tokens"] > 5


@each_client
@both_ways
def test_a_timeout_of_the_clients_is_the_proxys(
    argo: Running, gateway: httpx.Client, client: Client, stream: bool
) -> None:
    argo.behave({"hang": True})
    body = {**client.body("gpt-4.1", stream=stream, tools=True), "timeout": 0.2}
    answer = gateway.post(client.path("gpt-4.1", stream=stream), json=body)
    assert answer.status_code == 504
    assert "0.2 s" in answer.json()["error"]["message"]
