"""Who may ask: every rule of argo.md's table of endpoints, and the authentication notice."""

from __future__ import annotations

import pytest

from tests.simulator.asking import (
    CHAT,
    EMBEDDINGS,
    LEGACY,
    MESSAGES,
    Json,
    Running,
    chat,
    claude,
    folded,
    folded_chat,
    running,
    unwrapped,
)

VERSION = {"anthropic-version": "2023-06-01"}
KEY = {**VERSION, "x-api-key": "jdoe"}
BEARER = {"authorization": "Bearer jdoe"}
EMBED = {"model": "v3small", "input": "x"}
REFUSED: list[tuple[str, str, Json, dict[str, str], int]] = [
    ("no key", MESSAGES, claude(), VERSION, 401),
    ("only a bearer", MESSAGES, claude(), {**VERSION, **BEARER}, 401),
    ("no user", MESSAGES, claude(user=None), KEY, 400),
    ("no user_id", MESSAGES, claude(metadata=None), KEY, 400),
    ("another user", MESSAGES, claude(user="asmith"), KEY, 401),
    ("another user_id", MESSAGES, claude(metadata={"user_id": "device_1"}), KEY, 401),
    ("another key", MESSAGES, claude(), {**VERSION, "x-api-key": "sk-ant-1"}, 401),
    ("another bearer", MESSAGES, claude(), {**KEY, "authorization": "Bearer sk-1"}, 401),
    ("no bearer", CHAT, chat(), {}, 401),
    ("only a key", CHAT, chat(), {"x-api-key": "jdoe"}, 401),
    ("no scheme", CHAT, chat(), {"authorization": "jdoe"}, 401),
    ("chat, no user", CHAT, chat(user=None), BEARER, 400),
    ("chat, another user", CHAT, chat(user="asmith"), BEARER, 401),
    ("chat, another key", CHAT, chat(), {**BEARER, "api-key": "secret"}, 401),
    ("cels", CHAT, chat(user="cels"), {"authorization": "Bearer cels"}, 401),
    ("a blank", CHAT, chat(user="j doe"), {"authorization": "Bearer j doe"}, 401),
    ("empty", CHAT, chat(user=""), {"authorization": "Bearer"}, 401),
    ("a number", CHAT, chat(user=3), BEARER, 401),
    ("embeddings, no bearer", EMBEDDINGS, {**EMBED, "user": "jdoe"}, {}, 401),
    ("embeddings, no user", EMBEDDINGS, EMBED, BEARER, 400),
    ("legacy, no user", f"{LEGACY}/chat/", {"model": "gpt41", "prompt": ["x"]}, {}, 400),
    ("legacy, cels", f"{LEGACY}/chat/", {"model": "gpt41", "prompt": ["x"], "user": "cels"}, {}, 401),
]


@pytest.mark.parametrize(("path", "body", "headers", "status"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_refused(argo: Running, path: str, body: Json, headers: dict[str, str], status: int) -> None:
    answer = argo.post(path, body, headers)
    assert answer.status_code == status, answer.text
    assert unwrapped(answer)["error"]["message"] == argo.log()[-1]["refusal"]


@pytest.mark.parametrize("stream", [False, True])
def test_unknown_users_get_the_notice(stream: bool) -> None:
    with running(users=["asmith"]) as argo:
        first = argo.post(MESSAGES, claude(stream=stream))
        second = argo.post(CHAT, chat(stream=stream))
        assert (first.status_code, second.status_code) == (200, 200)
        said = folded(first)[0]["text"] if stream else first.json()["content"][0]["text"]
        assert "AUTHENTICATION NOTICE FROM ARGO" in said
        said = folded_chat(second)[0] if stream else second.json()["choices"][0]["message"]["content"]
        assert "AUTHENTICATION NOTICE FROM ARGO" in said
        legacy = argo.post(f"{LEGACY}/chat/", {"user": "jdoe", "model": "gpt41", "prompt": ["x"]})
        assert "AUTHENTICATION NOTICE FROM ARGO" in legacy.json()["response"]
        known = argo.post(CHAT, chat(user="asmith"), {"authorization": "Bearer asmith"})
        assert "NOTICE" not in known.json()["choices"][0]["message"]["content"]


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"a": NaN}', b"\xff"])
def test_bodies_that_are_no_json_objects(argo: Running, path: str, body: bytes) -> None:
    answer = argo.post(path, body)
    assert answer.status_code == 400
    assert "JSON" in unwrapped(answer)["error"]["message"]


@pytest.mark.parametrize(
    "path", ["/v1/models/x", "/v1/responses", "/v1/messages/count_tokens", "/v1/chat/completions/", "/"]
)
def test_all_else_is_404(argo: Running, path: str) -> None:
    assert argo.post(path, {}).status_code == 404
    assert argo.client.get(argo.base_url + path).status_code == 404


def test_methods_are_kept_apart(argo: Running) -> None:
    assert argo.client.get(argo.base_url + MESSAGES).status_code == 404
    assert argo.post("/v1/models", {}).status_code == 404
