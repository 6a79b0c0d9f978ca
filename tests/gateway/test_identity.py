"""Who asks: argo.md "Endpoints and models", pitfalls 8.14."""

from __future__ import annotations

import json
from typing import Any

import pytest

from argo_addon.dialects import UPSTREAM
from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.identity import upstream_headers
from argo_addon.gateway.messages import ClientRequest, Reply
from argo_addon.settings.model import Settings

Json = Any
USER: Json = {"role": "user", "content": "u"}
CHAT = ("/v1/chat/completions", {"model": "gpt-5.4", "messages": [USER]})
CLAUDE = ("/v1/messages", {"model": "claude-opus-4.6", "max_tokens": 9, "messages": [USER]})
GOOGLE = ("/v1beta/models/gpt-5.4:generateContent", {"contents": "u"})
EMBED = ("/v1/embeddings", {"model": "v3small", "input": "u"})
CALLS = [CHAT, CLAUDE, GOOGLE, EMBED]


def opened(path: str, body: Json, headers: dict[str, str], **settings: Json) -> Exchange | Reply:
    given = {"username_passthrough": True, **settings}
    gateway = Gateway(Settings(user="owner", **given).with_base_url("http://argo.example"))
    made = gateway.open(ClientRequest("POST", path, headers, json.dumps(body).encode()))
    assert isinstance(made, Exchange | Reply)
    return made


@pytest.mark.parametrize(("path", "body"), CALLS)
@pytest.mark.parametrize(
    "headers",
    [{"authorization": "Bearer jdoe"}, {"authorization": "bearer  jdoe "}, {"x-api-key": "jdoe"}, {"api-key": "jdoe"},
     {"x-goog-api-key": "jdoe"}, {"authorization": "Basic x", "x-api-key": "jdoe"}],
)  # fmt: skip
def test_8_14_the_user_is_whom_the_client_names(path: str, body: Json, headers: dict[str, str]) -> None:
    made = opened(path, body, headers)
    assert isinstance(made, Exchange)
    sent = json.loads(made.upstream.body)
    assert sent["user"] == "jdoe"
    assert b"owner" not in made.upstream.body
    keys = {
        name: made.upstream.headers[name] for name in ("authorization", "x-api-key") if name in made.upstream.headers
    }
    assert keys in ({"authorization": "Bearer jdoe"}, {"x-api-key": "jdoe"})
    if path == CLAUDE[0]:
        assert sent["metadata"]["user_id"] == "jdoe"


def test_8_14_it_may_stand_in_the_query() -> None:
    made = opened(GOOGLE[0] + "?alt=sse&key=jdoe", GOOGLE[1], {})
    assert isinstance(made, Exchange)
    assert json.loads(made.upstream.body)["user"] == "jdoe"
    assert "key" not in made.upstream.url


@pytest.mark.parametrize(("path", "body"), CALLS)
@pytest.mark.parametrize("key", [None, "", "  ", "two words", "cels", "CELS", "J\u00f6"])
def test_without_a_username_there_is_a_401_that_does_not_repeat_it(path: str, body: Json, key: str | None) -> None:
    made = opened(path, body, {} if key is None else {"x-api-key": key})
    assert isinstance(made, Reply)
    assert made.status == 401
    message = json.loads(made.body)["error"]["message"]
    assert "ANL username" in message
    assert "two words" not in message


@pytest.mark.parametrize(("path", "body"), CALLS)
def test_8_14_without_passthrough_the_clients_key_goes_nowhere(path: str, body: Json) -> None:
    made = opened(
        path, body, {"x-api-key": "sk-secret", "authorization": "Bearer sk-secret"}, username_passthrough=False
    )
    assert isinstance(made, Exchange)
    assert "sk-secret" not in made.upstream.body.decode() + str(made.upstream.headers)


@pytest.mark.parametrize(("path", "model"), [(CLAUDE[0], "claude-opus-4.6"), (CHAT[0], "claude-opus-4.6")])
def test_1_34_plain_calls_of_claudes_may_be_left_alone(path: str, model: str) -> None:
    body = {"model": model, "max_tokens": 9, "messages": [USER]}
    for mode, streams in (("passthrough", False), ("force", True)):
        made = opened(path, body, {"x-api-key": "jdoe"}, anthropic_stream_mode=mode)
        assert isinstance(made, Exchange)
        assert bool(json.loads(made.upstream.body).get("stream")) == streams
    answer = {"id": "m", "content": [{"type": "text", "text": "hi"}], "stop_reason": "end_turn", "role": "assistant",
              "type": "message", "model": "m", "usage": {"input_tokens": 1, "output_tokens": 1}}  # fmt: skip
    made = opened(path, body, {"x-api-key": "jdoe"}, anthropic_stream_mode="passthrough")
    assert isinstance(made, Exchange)
    reply = made.complete_response(200, {"content-type": "application/json"}, json.dumps(answer).encode())
    assert reply.status == 200
    assert b"hi" in reply.body


@pytest.mark.parametrize(
    "name",
    ["openai-api-key", "anthropic-api-key", "apikey", "x-auth-token", "x-litellm-api-key", "helicone-auth",
     "ocp-apim-subscription-key", "authentication", "cookie2", "x-amz-security-token"],
)  # fmt: skip
def test_8_14_a_credential_in_an_unusual_header_stays_here(name: str) -> None:
    own = UPSTREAM["anthropic"]
    sent, _ = upstream_headers({name: "pLaNtEd", "anthropic-beta": "x"}, own, own, "u")
    assert "pLaNtEd" not in sent.values()
    assert sent["anthropic-beta"] == "x", "pitfalls 1.6"
