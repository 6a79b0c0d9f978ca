"""What the legacy gateway is asked: argo.md, "The legacy gateway". Without sockets, on bodies as they go upstream."""

from __future__ import annotations

import json
from typing import Any

import pytest

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.messages import Reply
from tests.dialects.asking import BASE, CHAT, MESSAGES, Json, asked, opened
from tests.gateway.legacy.asking import CLIENTS, DECLARED, MODELS, SCHEMA

KNOWN = {
    *("user", "model", "messages", "stop", "temperature", "top_p", "max_tokens", "max_completion_tokens"),
    *("tools", "tool_choice"),
}


def call(path: str, body: object, headers: Json | None = None, **settings: Any) -> Exchange:
    return asked(path, body, headers, use_legacy_argo=True, **settings)


def refusal(path: str, body: object) -> Reply:
    made = opened(path, body, use_legacy_argo=True)
    assert isinstance(made, Reply)
    return made


def sent(path: str, body: object) -> tuple[Json, tuple[str, ...]]:
    """The body that goes upstream, which has no member but the known, and what is told."""
    made = call(path, body)
    fields: Json = json.loads(made.upstream.body)
    assert fields.keys() <= KNOWN
    assert fields["user"] == "jdoe"
    return fields, made.dropped


CALLED: list[Json] = [
    {"role": "user", "content": "What day is it?"},
    {
        "role": "assistant",
        "content": "Let me look.",
        "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "shell", "arguments": '{"command": "date"}'}}
        ],
    },
    {"role": "tool", "tool_call_id": "call_1", "content": "Monday"},
]
TOOL = {"type": "function", "function": DECLARED}


def chat(model: str, *messages: Json, **more: object) -> Json:
    return {"model": model, "messages": [{"role": "system", "content": "Be terse."}, *(messages or CALLED)], **more}


def test_tools_and_calls_in_openais_layout() -> None:
    fields, told = sent(CHAT, chat("gpt-4.1", tools=[TOOL], tool_choice="required", stop=["x"], max_tokens=7))
    assert fields == {
        "model": "gpt41",
        "user": "jdoe",
        "messages": [{"role": "system", "content": "Be terse."}, *CALLED],
        "tools": [TOOL],
        "tool_choice": "required",
        "stop": ["x"],
        "max_completion_tokens": 7,
    }
    assert told == ()


def test_tools_and_calls_in_claudes_layout() -> None:
    choice = {"type": "function", "function": {"name": "shell"}}
    fields, told = sent(CHAT, chat("claude-haiku-4.5", tools=[TOOL], tool_choice=choice, stop="x", max_tokens=7))
    assert fields["messages"] == [
        {"role": "system", "content": "Be terse."},
        {"role": "user", "content": "What day is it?"},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "Let me look."},
                {"type": "tool_use", "id": "call_1", "name": "shell", "input": {"command": "date"}},
            ],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": "Monday"}]},
    ]
    assert fields["tools"] == [{"name": "shell", "description": "Runs a command.", "input_schema": SCHEMA}]
    assert fields["tool_choice"] == {"type": "tool", "name": "shell"}
    assert (fields["stop"], fields["max_tokens"]) == (["x"], 7)
    assert told == ()


def test_tools_and_calls_in_geminis_layout() -> None:
    other = {"type": "function", "function": {**DECLARED, "name": "other"}}
    choice = {"type": "function", "function": {"name": "shell"}}
    fields, told = sent(CHAT, chat("gemini-2.5-pro", tools=[TOOL, other], tool_choice=choice))
    made = {"id": "call_1", "args": {"command": "date"}, "name": "shell"}
    assert fields["messages"][1:] == [CALLED[0], {**CALLED[1], "tool_calls": [made]}, CALLED[2]]
    assert fields["tools"] == [DECLARED]
    assert fields["tool_choice"] == "ANY"
    assert told == ()


@pytest.mark.parametrize(("said", "meant"), [("auto", "AUTO"), ("none", "NONE"), ("required", "ANY")])
def test_geminis_choices(said: str, meant: str) -> None:
    fields, _ = sent(CHAT, chat("gemini-2.5-pro", tools=[TOOL], tool_choice=said))
    assert fields["tool_choice"] == meant


def test_what_a_model_takes_holds_here_too() -> None:
    """Quirks: sampling, limits, null content, schemas, `developer`, parallel calls."""
    fields, told = sent(CHAT, chat("gpt-5.4", temperature=0.2, top_p=0.5, max_tokens=900_000))
    assert fields["max_completion_tokens"] == 128_000
    assert set(told) == {"temperature", "top_p", "max_completion_tokens: 900000 (sent: 128000)"}
    schema = {"$schema": "x", "type": "object", "properties": {"n": {"const": 1}}}
    strange = {"type": "function", "function": {"name": "f", "parameters": schema}}
    two: list[Json] = [
        {"id": f"call_{n}", "type": "function", "function": {"name": "f", "arguments": "{}"}} for n in (1, 2)
    ]
    history: list[Json] = [
        {"role": "developer", "content": "Be kind."},
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": None, "tool_calls": two},
        *({"role": "tool", "tool_call_id": one["id"], "content": "ok"} for one in two),
    ]
    fields, _ = sent(CHAT, chat("gemini-2.5-pro", *history, tools=[strange]))
    assert [message["role"] for message in fields["messages"]] == [
        *("system", "system", "user", "assistant", "tool", "assistant", "tool")
    ]
    assert fields["messages"][3]["content"] == ""
    assert "const" not in json.dumps(fields["tools"])
    fields, told = sent(
        MESSAGES, {"model": "claude-opus-4.7", "max_tokens": 9, "temperature": 0.1, "messages": CALLED[:1]}
    )
    assert ("temperature" in fields, told) == (False, ("temperature",))


def test_a_claudes_plain_answer_has_a_limit() -> None:
    """argo.md: Vertex refuses a plain call that may run for over ten minutes."""
    body = {"model": "claude-opus-4.6", "max_tokens": 64_000, "messages": CALLED[:1]}
    fields, told = sent(MESSAGES, body)
    assert (fields["max_tokens"], told) == (21_000, ("max_tokens: 64000 (sent: 21000)",))
    fields, told = sent(MESSAGES, {**body, "stream": True})
    assert (fields["max_tokens"], told) == (64_000, ())
    fields, told = sent(CHAT, {"model": "claude-opus-4.6", "messages": CALLED[:1]})
    assert (fields["max_tokens"], told) == (21_000, ())


def test_what_cannot_be_said_is_told_in_the_clients_words() -> None:
    cache = {"cache_control": {"type": "ephemeral"}}
    body = {
        "model": "claude-opus-4.6",
        "max_tokens": 2000,
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "top_k": 3,
        "system": [{"type": "text", "text": "Be terse.", **cache}],
        "tools": [{"name": "shell", "input_schema": SCHEMA, **cache}],
        "messages": [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": "s"},
                                              {"type": "text", "text": "Hello."}]},
            {"role": "user", "content": "go on"},
        ],
    }  # fmt: skip
    fields, told = sent(MESSAGES, body)
    assert "cache_control" not in json.dumps(fields)
    assert "thinking" not in json.dumps(fields)
    assert set(told) == {
        *("thinking", "top_k", "tools[].cache_control"),
        *("messages[].content[].cache_control", "messages[].content[].thinking"),
    }
    body = chat("gpt-4.1", seed=1, reasoning_effort="low", parallel_tool_calls=False, presence_penalty=1, logit_bias={})
    told = sent(CHAT, body)[1]
    assert set(told) == {"seed", "reasoning_effort", "parallel_tool_calls", "presence_penalty", "logit_bias"}
    body = {"model": "gpt-4.1", "input": "hi", "text": {"verbosity": "low"}, "reasoning": {"effort": "low"}}
    assert set(sent("/v1/responses", body)[1]) >= {"text.verbosity", "reasoning.effort"}


@pytest.mark.parametrize("model", MODELS.values())
def test_a_form_is_asked_for_in_words(model: str) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
    fields, told = sent(CHAT, chat(model, response_format=form))
    assert "Answer with one JSON object" in fields["messages"][0]["content"]
    assert '"command"' in fields["messages"][0]["content"]
    assert told == ("response_format",)


def test_images_go_along() -> None:
    url = "data:image/png;base64,iVBORw0KGgo="
    shown = {
        "role": "user",
        "content": [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": url}}],
    }
    fields, _ = sent(CHAT, chat("gpt-4.1", shown))
    assert fields["messages"][1] == shown
    fields, _ = sent(CHAT, chat("claude-opus-4.6", shown))
    assert fields["messages"][1]["content"][1]["source"] == {
        "type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="
    }  # fmt: skip


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
def test_where_it_goes(client: Any) -> None:
    def url(stream: bool, tools: bool, model: str = "gpt-4.1") -> str:
        body = client.body(model, stream=stream, tools=tools)
        return call(client.path(model, stream=stream), body).upstream.url.removeprefix(f"{BASE}/api/v1/resource/")

    assert [url(stream, tools) for stream in (False, True) for tools in (False, True)] == [
        *("chat/", "chat/", "streamchat/", "chat/")
    ]


def test_calls_in_the_history_go_to_chat_too() -> None:
    made = call(CHAT, chat("gpt-4.1", stream=True))
    assert made.upstream.url.endswith("/chat/")


def test_identity_and_headers() -> None:
    sent_with = {"authorization": "Bearer asmith", "anthropic-beta": "x", "user-agent": "curl/8"}
    made = call(CHAT, chat("gpt-4.1", timeout=5), sent_with, username_passthrough=True)
    assert json.loads(made.upstream.body)["user"] == "asmith"
    assert made.upstream.headers.keys() == {"content-type", "accept-encoding", "user-agent"}
    assert made.upstream.headers["user-agent"].startswith("curl/8 argo-proxy/")
    assert made.timeout == 5


def test_bad_requests_are_refused_in_the_callers_form() -> None:
    refused = refusal(
        MESSAGES, {"model": "claude-opus-4.6", "max_tokens": 9, "messages": [{"role": "user", "content": 5}]}
    )
    assert refused.status == 400
    assert json.loads(refused.body)["error"]["message"].startswith("messages[0].content")
    unknown = refusal(CHAT, chat("no-such-model"))
    assert unknown.status == 404
