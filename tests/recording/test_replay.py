"""Recorded requests sent again, ours and those of stock mitmproxy."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from mitmproxy import http

from argo_addon.dialects.openai_responses import state
from argo_addon.gateway.messages import ClientRequest, UpstreamRequest
from argo_addon.recording.explain import answered
from argo_addon.recording.recorded_exchange import RecordedExchange, newest_in, of_file
from argo_addon.recording.recorder import Recorder
from argo_addon.recording.replay import NotReplayable, made_of, request_of, without_ids
from argo_addon.settings.model import Settings
from argo_addon.simulator import Simulator
from argo_addon.store.base import Store
from daemon import replaying, store_and_sealer
from daemon.replaying import send

from ..running import proxy, settings_for
from .making import file_of, flow_of

DEMO = Settings(user="jdoe", argo_base_url="demo")
USER: Any = {"role": "user", "content": "What is the weather in Chicago?"}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
FUNCTION = {"name": "get_weather", "description": "The weather", "parameters": SCHEMA}
CONTENTS = [{"role": "user", "parts": [{"text": "What is the weather in Chicago?"}]}]
MODELS = ("gpt-5.4", "claude-opus-4.6", "gemini-2.5-pro")


def asks(model: str) -> list[tuple[str, Any]]:
    """The same question in each dialect, streamed and not, with a tool and without."""
    asked: list[tuple[str, Any]] = []
    for stream in (False, True):
        for tools in (False, True):
            chat: Any = {"model": model, "stream": stream, "messages": [USER]}
            with_tool: Any = {"tools": [{"type": "function", "function": FUNCTION}]} if tools else {}
            asked.append(("/v1/chat/completions", {**chat, **with_tool}))
            with_tool = {"tools": [{"name": "get_weather", "input_schema": SCHEMA}]} if tools else {}
            asked.append(("/v1/messages", {**chat, "max_tokens": 500, **with_tool}))
            with_tool = {"tools": [{"type": "function", **FUNCTION}]} if tools else {}
            asked.append(("/v1/responses", {"model": model, "stream": stream, "input": "Weather?", **with_tool}))
            with_tool = {"tools": [{"functionDeclarations": [FUNCTION]}]} if tools else {}
            verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
            asked.append((f"/v1beta/models/{model}:{verb}", {"contents": CONTENTS, **with_tool}))
    return [*asked, ("/v1/messages/count_tokens", {"model": model, "messages": [USER]}),
            ("/v1/messages", {"model": model, "messages": "no list"})]  # fmt: skip


def recorded(folder: Path, asked: list[tuple[str, Any]]) -> list[RecordedExchange]:
    """Asks the simulator through a gateway that records."""

    async def simulator() -> tuple[Simulator, str]:
        made = Simulator()
        return made, await made.start()

    loop = asyncio.new_event_loop()
    made, url = loop.run_until_complete(simulator())
    running = loop.run_in_executor(None, ask, folder, asked, url)
    loop.run_until_complete(running)
    loop.run_until_complete(made.stop())
    loop.close()
    return list(newest_in([folder]))[::-1]


def ask(folder: Path, asked: list[tuple[str, Any]], url: str) -> None:
    with proxy(settings_for(url), recorder=Recorder(folder, everything=True)) as gateway:
        for path, body in asked:
            httpx.post(gateway.url + path, json=body, trust_env=False, timeout=20)


@pytest.mark.parametrize("model", MODELS)
def test_each_recorded_exchange_gives_the_same_answer_again(tmp_path: Path, model: str) -> None:
    exchanges = recorded(tmp_path, asks(model))
    assert len(exchanges) == len(asks(model))
    again = asyncio.run(send([request_of(one.client) for one in exchanges], DEMO))
    for before, after in zip(exchanges, again, strict=True):
        assert after.meta.status == before.meta.status
        assert without_ids(answered(after.client)) == without_ids(answered(before.client)), before.client.comment
        assert [flow.request.content for flow in after.upstream] == [flow.request.content for flow in before.upstream]


STOCK: dict[str, tuple[http.HTTPFlow, str, str]] = {
    "Anthropic": (
        flow_of("https://api.anthropic.com/v1/messages?beta=true",
                {"model": "claude-opus-4-6", "max_tokens": 99, "messages": [USER]},
                headers={"x-api-key": "sk-ant-secret", "anthropic-version": "2023-06-01"}),
        "/v1/messages?beta=true", "claudeopus46"),
    "OpenAI Chat": (
        flow_of("https://api.openai.com/v1/chat/completions", {"model": "gpt-5.4", "messages": [USER]}),
        "/v1/chat/completions", "gpt54"),
    "OpenAI Responses": (
        flow_of("https://api.openai.com/v1/responses", {"model": "gpt-5.4", "input": "hi", "stream": True}),
        "/v1/responses", "gpt54"),
    "Codex with an account": (
        flow_of("https://chatgpt.com/backend-api/codex/responses", {"model": "gpt-5.4", "input": "hi", "stream": True}),
        "/v1/responses", "gpt54"),
    "Google": (
        flow_of("https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:generateContent?key=AIzaSecret",
                {"contents": CONTENTS}),
        "/v1beta/models/gemini-2.5-pro:generateContent?key=AIzaSecret", "gemini25pro"),
    "Gemini CLI with an account": (
        flow_of("https://cloudcode-pa.googleapis.com/v1internal:streamGenerateContent?alt=sse",
                {"model": "gemini-2.5-pro", "project": "p", "request": {"contents": CONTENTS}}),
        "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse", "gemini25pro"),
}  # fmt: skip


@pytest.mark.parametrize(("flow", "target", "model"), STOCK.values(), ids=STOCK)
def test_a_recording_of_a_tool_at_the_real_api_is_answered(
    tmp_path: Path, flow: http.HTTPFlow, target: str, model: str
) -> None:
    [recorded] = of_file(file_of(tmp_path / "stock.flow", flow))
    request = request_of(recorded.client)
    assert request.target == target
    [answer] = asyncio.run(send([request], DEMO))
    assert answer.meta.status == 200
    assert answer.meta.model == model
    assert "What is" in answered(answer.client) or "hi" in answered(answer.client)


@pytest.mark.parametrize(("flow", "target", "model"), STOCK.values(), ids=STOCK)
def test_another_model_can_be_asked(flow: http.HTTPFlow, target: str, model: str) -> None:
    made = made_of(request_of(flow, "claude-haiku-4.5"), DEMO)
    assert isinstance(made, UpstreamRequest)
    assert json.loads(made.body)["model"] == "claudehaiku45"


def test_what_is_no_call_of_a_model_is_said_to_be_none() -> None:
    for url in ("https://api.anthropic.com/api/event_logging", "https://example.com/", "http://a/v1/models"):
        with pytest.raises(NotReplayable, match="no call of a model"):
            request_of(flow_of(url, {}))
    with pytest.raises(NotReplayable, match="holds no request"):
        request_of(flow_of("https://cloudcode-pa.googleapis.com/v1internal:generateContent", {"x": 1}))
    with pytest.raises(NotReplayable, match="names no model"):
        request_of(flow_of("https://api.openai.com/v1/chat/completions", b"no json"), "gpt-5.4")


def test_a_request_that_is_refused_here_says_so_in_a_dry_run() -> None:
    made = made_of(request_of(flow_of("http://a/v1/messages", {"model": "claude-opus-4.6", "messages": 1})), DEMO)
    assert isinstance(made, str)
    assert "messages" in made


def test_a_call_that_goes_on_from_a_kept_response_is_sent_with_what_it_goes_on_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    settings = Settings(user="jdoe", argo_base_url="demo")

    def opened() -> Store:
        store = store_and_sealer.store_of(settings)
        assert store is not None
        return store

    def asked(body: dict[str, Any]) -> ClientRequest:
        headers = {"content-type": "application/json"}
        return ClientRequest("POST", "/v1/responses", headers, json.dumps({"model": "gpt-5.4", **body}).encode())

    with closing(opened()) as store:
        said = [{"type": "output_text", "text": "A fine name."}]
        items = [
            {"role": "user", "content": "My cat is called Ada."},
            {"type": "message", "role": "assistant", "content": said},
        ]
        told = b'{"id":"resp_kept","object":"response","output":[]}'
        document = state.response_document(told, [msgspec.Raw(json.dumps(item).encode()) for item in items])
        store.put("resp_kept", "jdoe", document)
    request = asked({"input": "What is it called?", "previous_response_id": "resp_kept"})
    shown = replaying.made_of(request, settings)
    assert isinstance(shown, UpstreamRequest), shown
    assert b"My cat is called Ada." in shown.body
    (new,) = asyncio.run(send([request], settings))
    assert new.meta.status == 200, new.meta.outcome
    assert new.client.response is not None
    assert "A fine name." in (new.upstream[-1].request.text or "")
    with closing(opened()) as store:
        assert store.get(json.loads(new.client.response.text or "")["id"], "jdoe") is None, "it keeps nothing"


def test_a_call_in_the_background_is_sent_as_one_that_is_waited_for(tmp_path: Path) -> None:
    body = {"model": "gpt-5.4", "input": "What is the weather?", "background": True, "metadata": {"a": "b"}}
    request = request_of(flow_of("http://a/v1/responses", body))
    made = made_of(request, DEMO)
    assert isinstance(made, UpstreamRequest), made
    assert b"What is the weather?" in made.body
    (new,) = asyncio.run(send([request], DEMO))
    assert new.client.response is not None
    told = json.loads(new.client.response.text or "")
    assert (told["status"], told["metadata"]) == ("completed", {"a": "b"})
