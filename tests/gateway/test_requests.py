"""What becomes of a request, without a socket."""

from __future__ import annotations

import json

import msgspec

from argo_addon import __version__
from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import tool_of
from argo_addon.settings.model import Settings

from .opening import BASE, CHAT, JSON, MESSAGES, exchange


def test_a_chat_call_goes_to_the_openai_endpoint_as_the_user(gateway: Gateway) -> None:
    call = exchange(gateway, "/v1/chat/completions", CHAT, authorization="Bearer secret", user_agent="tool/1")
    assert call.upstream.url == f"{BASE}/v1/chat/completions"
    assert call.upstream.headers["authorization"] == "Bearer jdoe"
    assert call.upstream.headers["user-agent"] == f"tool/1 argo-proxy/{__version__}"
    assert json.loads(call.upstream.body) == {**CHAT, "model": "gpt54", "user": "jdoe"}


def test_an_anthropic_call_goes_to_the_messages_endpoint_as_the_user(gateway: Gateway) -> None:
    body = {**MESSAGES, "stream": True, "metadata": {"user_id": "somebody", "team": 7}}
    call = exchange(gateway, "/v1/messages?beta=true", body, x_api_key="secret", anthropic_beta="a-1,b-2")
    assert call.upstream.url == f"{BASE}/v1/messages"
    assert call.upstream.headers["x-api-key"] == "jdoe"
    assert call.upstream.headers["anthropic-version"] == "2023-06-01"
    assert call.upstream.headers["anthropic-beta"] == "a-1,b-2"
    metadata = {"user_id": "jdoe", "team": 7}
    assert json.loads(call.upstream.body) == {**body, "model": "claudeopus46", "user": "jdoe", "metadata": metadata}


def test_only_what_must_change_changes(gateway: Gateway) -> None:
    body = (
        b'{"model":"claude-opus-4.6","max_tokens":1e3,"messages":[{"role": "user","content":"caf\\u00e9 \\/"}],'
        b'"new_field":{"b":1.0,"a":[1,2 ]},"stream":true}'
    )
    sent = exchange(gateway, "/v1/messages", body).upstream.body
    assert (
        sent
        == body.replace(b"claude-opus-4.6", b"claudeopus46")[:-1] + b',"metadata":{"user_id":"jdoe"},"user":"jdoe"}'
    )


def test_8_14_no_credential_of_the_clients_goes_upstream(gateway: Gateway) -> None:
    credentials = dict.fromkeys(
        ("authorization", "x_api_key", "api_key", "x_goog_api_key", "cookie", "proxy_authorization"), "SECRET"
    )
    for path, body in (("/v1/chat/completions?key=SECRET", CHAT), ("/v1/messages?key=SECRET", MESSAGES)):
        upstream = exchange(gateway, path, body, **credentials).upstream
        assert "SECRET" not in upstream.url + repr(upstream.headers) + repr(upstream.body)


def test_9_4_headers_of_the_hop_stay_and_the_answer_is_asked_for_uncompressed(gateway: Gateway) -> None:
    headers = exchange(
        gateway, "/v1/chat/completions", CHAT,
        connection="keep-alive, x-hop", x_hop="1", te="trailers", host="localhost:44497", accept_encoding="gzip, br",
        x_forwarded_for="10.0.0.1", x_stainless_lang="python", content_length="7",
    ).upstream.headers  # fmt: skip
    assert headers["accept-encoding"] == "identity"
    assert headers["x-stainless-lang"] == "python"
    assert not headers.keys() & {"connection", "x-hop", "te", "host", "x-forwarded-for", "content-length"}


def test_1_6_a_version_that_argo_does_not_know_is_replaced_and_told(gateway: Gateway) -> None:
    call = exchange(gateway, "/v1/messages", MESSAGES, anthropic_version="2026-10-21")
    assert call.upstream.headers["anthropic-version"] == "2023-06-01"
    assert "2026-10-21" in call.complete_response(429, JSON, b"{}").headers["argo-proxy-dropped"]
    kept = exchange(gateway, "/v1/messages", MESSAGES, anthropic_version="2023-01-01")
    assert kept.upstream.headers["anthropic-version"] == "2023-01-01"


def test_1_34_a_plain_claude_call_is_streamed_upstream_and_a_chat_call_is_not(gateway: Gateway) -> None:
    assert json.loads(exchange(gateway, "/v1/messages", MESSAGES).upstream.body)["stream"] is True
    assert "stream" not in json.loads(exchange(gateway, "/v1/chat/completions", CHAT).upstream.body)


def test_the_timeout_is_the_proxys_and_is_not_sent_on(gateway: Gateway) -> None:
    call = exchange(gateway, "/v1/chat/completions", {**CHAT, "timeout": 2.5})
    assert call.timeout == 2.5
    assert b"timeout" not in call.upstream.body


def test_an_unknown_model_is_answered_by_the_default_only_where_one_is_set_and_says_so() -> None:
    settings = msgspec.structs.replace(Settings(user="jdoe").with_base_url(BASE), default_chat_model="argo:gpt-5.4")
    call = exchange(Gateway(settings), "/v1/chat/completions", {**CHAT, "model": "llama"})
    assert json.loads(call.upstream.body)["model"] == "gpt54"
    answer = call.complete_response(200, JSON, b'{"choices":[{}]}')
    assert (answer.headers["argo-proxy-model"], answer.headers["argo-proxy-replaced"]) == ("gpt54", "llama")


def test_a_key_in_the_place_of_a_tools_name_is_told_to_nobody() -> None:
    assert tool_of({"user-agent": "sk-ant-api03-pL4nT3dq9Zx7Kw2Vb6Nm/1.0"}) == "[removed]"
    assert tool_of({"user-agent": "claude-cli/2.1 (external)"}) == "claude-cli"
    assert tool_of({}) == "unknown client"
