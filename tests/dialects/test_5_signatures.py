"""Pitfalls 5.8: what Gemini signs a call with comes back with that call, whoever the client is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import ClientRequest
from argo_addon.settings.model import Settings

Json = dict[str, Any]
SIGNED: Json = {"google": {"thought_signature": "c2lnbmVk"}}
CALL: Json = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}, "extra_content": SIGNED}
ANSWER: Json = {"id": "a", "choices": [{"index": 0, "message": {"tool_calls": [CALL]}, "finish_reason": "tool_calls"}]}
CHUNK: Json = {"id": "a", "choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, **CALL}]}}]}
SCHEMA: Json = {"type": "object", "properties": {}}
PATHS = {
    "anthropic": "/v1/messages",
    "responses": "/v1/responses",
    "google": "/v1beta/models/{}:generateContent",
}
TOOLS: dict[str, Json] = {
    "anthropic": {"max_tokens": 9, "tools": [{"name": "f", "input_schema": SCHEMA}]},
    "responses": {"tools": [{"type": "function", "name": "f", "parameters": SCHEMA}]},
    "google": {"tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": SCHEMA}]}]},
}


def opened(client: str, model: str, **body: Any) -> Exchange:
    gateway = Gateway(Settings(user="jdoe").with_base_url("http://argo.example"))
    written = json.dumps({"model": model, **TOOLS[client], **body}).encode()
    exchange = gateway.open(ClientRequest("POST", PATHS[client].format(model), {}, written))
    assert isinstance(exchange, Exchange), exchange
    return exchange


def asked(client: str, answer: Json | None) -> Json:
    """The conversation: a question, the answer as the client got it, and the result of its call."""
    match client:
        case "anthropic":
            result = {"type": "tool_result", "tool_use_id": "c1", "content": "ok"}
            turns: list[Json] = [{"role": "user", "content": "u"}]
            if answer is not None:
                turns += [{"role": "assistant", "content": answer["content"]}, {"role": "user", "content": [result]}]
            return {"messages": turns}
        case "responses":
            said = [] if answer is None else [*answer["output"], {"type": "function_call_output", "call_id": "c1"}]
            return {"input": [{"role": "user", "content": "u"}, *said]}
        case _:
            turns = [{"role": "user", "parts": [{"text": "u"}]}]
            if answer is not None:
                done = {"functionResponse": {"id": "c1", "name": "f", "response": {"output": "ok"}}}
                turns += [answer["candidates"][0]["content"], {"role": "user", "parts": [done]}]
            return {"contents": turns}


def sent_back(client: str, model: str, answer: Json) -> Json:
    """The call of the history as the upstream gets it."""
    body = json.loads(opened(client, model, **asked(client, answer)).upstream.body)
    (call,) = next(message["tool_calls"] for message in body["messages"] if "tool_calls" in message)
    return dict(call)


@pytest.mark.parametrize("client", PATHS)
def test_5_8_geminis_signature_comes_back_with_its_call(client: str) -> None:
    exchange = opened(client, "gemini-2.5-pro", **asked(client, None))
    reply = exchange.complete_response(200, {"content-type": "application/json"}, json.dumps(ANSWER).encode())
    answer = json.loads(reply.body)
    assert sent_back(client, "gemini-2.5-pro", answer)["extra_content"] == SIGNED
    assert "extra_content" not in sent_back(client, "gpt-5.4", answer)


@pytest.mark.parametrize("model", ["claude-opus-4.6", "claude-haiku-4.5"])
@pytest.mark.parametrize("client", PATHS)
def test_10_5_and_does_not_go_to_another_family(client: str, model: str) -> None:
    exchange = opened(client, "gemini-2.5-pro", **asked(client, None))
    reply = exchange.complete_response(200, {"content-type": "application/json"}, json.dumps(ANSWER).encode())
    body = opened(client, model, **asked(client, json.loads(reply.body))).upstream.body
    assert b"c2lnbmVk" not in body


def test_5_8_in_a_stream_it_stands_before_the_call() -> None:
    exchange = opened("anthropic", "gemini-2.5-pro", stream=True, **asked("anthropic", None))
    assert exchange.start_response(200, {"content-type": "text/event-stream"}) is not None
    assert exchange.relay is not None
    stream = b"data: " + json.dumps(CHUNK).encode() + b"\n\ndata: [DONE]\n\n"
    made = exchange.relay.feed(stream) + exchange.relay.close()
    assert made.index(b"signature_delta") < made.index(b'"tool_use"')
    assert b"c2lnbmVk" in made


def test_5_8_within_the_dialect_it_is_left_alone() -> None:
    gateway = Gateway(Settings(user="jdoe").with_base_url("http://argo.example"))
    talk = [{"role": "user", "content": "u"}, {"role": "assistant", "content": "", "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "c1", "content": "ok"}]  # fmt: skip
    body = json.dumps({"model": "gemini-2.5-pro", "messages": talk}).encode()
    exchange = gateway.open(ClientRequest("POST", "/v1/chat/completions", {}, body))
    assert isinstance(exchange, Exchange)
    assert json.loads(exchange.upstream.body)["messages"] == talk


# Claude's own

AS_JSON = {"content-type": "application/json"}

OMITTED: Json = {"type": "thinking", "thinking": "", "signature": "c2lnbmVk"}
"""Thinking as Claude 4.7 and newer give it by default: signed, and its text left out (`display`)."""
USED: Json = {"id": "m", "content": [OMITTED, {"type": "tool_use", "id": "c1", "name": "f", "input": {}}],
              "stop_reason": "tool_use", "usage": {"input_tokens": 1, "output_tokens": 1}}  # fmt: skip


@pytest.mark.parametrize("client", ["responses", "google"])
def test_5_7_signed_thinking_comes_back_even_without_its_text(client: str) -> None:
    reply = opened(client, "claude-opus-4.7", **asked(client, None)).complete_response(
        200, AS_JSON, json.dumps(USED).encode()
    )
    body = opened(client, "claude-opus-4.7", **asked(client, json.loads(reply.body))).upstream.body
    turns = json.loads(body)["messages"]
    (said,) = (turn for turn in turns if turn["role"] == "assistant")
    assert said["content"][0] == OMITTED


def test_5_7_so_it_does_from_a_chat_client() -> None:
    gateway = Gateway(Settings(user="jdoe").with_base_url("http://argo.example"))

    def call(*more: Json) -> Exchange:
        tools = [{"type": "function", "function": {"name": "f", "parameters": SCHEMA}}]
        body = {"model": "claude-opus-4.7", "tools": tools, "messages": [{"role": "user", "content": "u"}, *more]}
        opened = gateway.open(ClientRequest("POST", "/v1/chat/completions", {}, json.dumps(body).encode()))
        assert isinstance(opened, Exchange), opened
        return opened

    reply = call().complete_response(200, {"content-type": "application/json"}, json.dumps(USED).encode())
    said = json.loads(reply.body)["choices"][0]["message"]
    result = {"role": "tool", "tool_call_id": "c1", "content": "ok"}
    turns = json.loads(call(said, result).upstream.body)["messages"]
    assert turns[1]["content"][0] == OMITTED
