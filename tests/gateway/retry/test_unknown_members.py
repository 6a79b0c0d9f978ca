"""Members that an upstream does not have (pitfalls 1.5): left out after its refusal, told, and not sent again."""

from __future__ import annotations

import json

import httpx
import msgspec
import pytest

from argo_addon.dialects.shared.member_paths import path_of, without

from ...running import Proxy
from ...simulator.asking import Running
from .asking import Json, answered

USER: Json = {"role": "user", "content": "hello"}
SCHEMA: Json = {"type": "object", "properties": {"a": {"type": "string"}}}
CLAUDE: Json = {"model": "claude-opus-4.6", "max_tokens": 99, "messages": [USER]}
ROWS: dict[str, tuple[str, Json, str]] = {
    "Claude's": ("/v1/messages", {**CLAUDE, "speed": "fast"}, "speed"),
    "a new one": ("/v1/messages", {**CLAUDE, "brand_new": {"a": 1}}, "brand_new"),
    "of a tool": ("/v1/messages", {**CLAUDE, "tools": [
        {"name": "f", "description": "d", "input_schema": SCHEMA, "defer_loading": True},
        {"name": "g", "description": "d", "input_schema": SCHEMA, "defer_loading": False}]}, "tools[].defer_loading"),
    "of a block": ("/v1/messages", {**CLAUDE, "messages": [
        {"role": "user", "content": [{"type": "text", "text": "hello", "brand_new": 1}]}]},
        "messages[].content[].brand_new"),
    "GPT's": ("/v1/chat/completions", {"model": "gpt-5.4", "messages": [USER], "brand_new": 1}, "brand_new"),
    "of a message": ("/v1/chat/completions", {"model": "gpt-5.4", "messages": [{**USER, "brand_new": 1}]},
                     "messages[].brand_new"),
    "of a tool of GPT's": ("/v1/chat/completions", {"model": "gpt-5.4", "messages": [USER], "tools": [
        {"type": "function", "function": {"name": "f", "parameters": SCHEMA, "brand_new": 1}}]},
        "tools[].function.brand_new"),
}  # fmt: skip


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("path", "body", "told"), ROWS.values(), ids=ROWS)
def test_1_5_what_the_upstream_does_not_have_is_left_out_and_told(
    argo: Running, gateway: Proxy, path: str, body: Json, told: str, stream: bool
) -> None:
    for tries in (2, 1):
        argo.control("DELETE", "log")
        answer = httpx.post(gateway.url + path, json={**body, "stream": stream}, trust_env=False)
        answered(answer)
        assert len(argo.log()) == tries
        assert answer.headers["argo-proxy-dropped"] == told
        assert answer.headers.get("argo-proxy-mended") == ("unknown member" if tries == 2 else None)


@pytest.mark.parametrize(
    "name",
    ["messages", "tools.0.name", "messages.0.content.0.image.source.url", "messages[0].tool_calls", "messages.0.role"],
)
def test_what_nothing_goes_without_stays(argo: Running, gateway: Proxy, name: str) -> None:
    argo.behave({"times": 5, "status": 400, "message": f"{name}: Extra inputs are not permitted"})
    answer = httpx.post(f"{gateway.url}/v1/messages", json=CLAUDE, trust_env=False)
    assert answer.status_code == 400
    assert name in answer.json()["error"]["message"]
    assert len(argo.log()) == 1


def test_only_that_member_goes_and_the_rest_keeps_its_bytes() -> None:
    body: Json = json.loads('{"a": 1, "tools": [{"x": 1}, {"y": {"x": 2}}, 5, {"x": 3, "y": 4.50}]}')
    raw = {name: msgspec.Raw(json.dumps(value).encode()) for name, value in body.items()}
    fields, told = without(raw, path_of("tools.2.custom.x"))
    assert told == "tools[].x"
    assert json.loads(bytes(fields["tools"])) == [{}, {"y": {"x": 2}}, 5, {"y": 4.5}]
    same, told = without(fields, path_of("tools.0.z.x"))
    assert (same is fields, told) == (True, "")


def test_a_lesson_that_did_not_help_is_not_kept(argo: Running, gateway: Proxy) -> None:
    words = "brand_new: Extra inputs are not permitted"
    argo.behave({"times": 2, "status": 400, "message": words})
    body = {**CLAUDE, "brand_new": 1, "metadata": {"user_id": "x"}}
    assert httpx.post(f"{gateway.url}/v1/messages", json=body, trust_env=False).status_code == 400
    assert len(argo.log()) == 2
    route_profile = gateway.addon.gateway._learned._by_id
    assert all(("brand_new",) not in profile.refused_members for profile in route_profile.values())


@pytest.mark.parametrize(("status", "words"), [
    (429, "stop_sequences: Extra inputs are not permitted"),
    (400, "your text said: stop_sequences: Extra inputs are not permitted"),
])  # fmt: skip
def test_words_that_are_no_such_refusal_teach_nothing(argo: Running, gateway: Proxy, status: int, words: str) -> None:
    argo.behave({"times": 1, "status": status, "message": words})
    answer = httpx.post(f"{gateway.url}/v1/messages", json={**CLAUDE, "stop_sequences": ["x"]}, trust_env=False)
    assert answer.status_code == status
    assert len(argo.log()) == 1


@pytest.mark.parametrize(
    ("path", "model"), [("/v1/messages", "claude-opus-4.6"), ("/v1/chat/completions", "gpt-5.4"),
                        ("/v1/chat/completions", "gemini-2.5-pro")],
)  # fmt: skip
def test_several_unknown_members_take_one_try(argo: Running, gateway: Proxy, path: str, model: str) -> None:
    body = {"model": model, "max_tokens": 99, "messages": [USER], "foo": 1, "bar": 2, "baz": {"a": 1}}
    answer = httpx.post(gateway.url + path, json=body, trust_env=False)
    answered(answer)
    assert len(argo.log()) == 2
    assert {"foo", "bar", "baz"} <= set(answer.headers["argo-proxy-dropped"].split(", "))


@pytest.mark.parametrize("message", [
    "tools.0: Input tag 'web_search_20250305' found using 'type' does not match any of the expected tags: 'custom'",
    "'claude-opus-4-6' does not support tool types: web_search_20250305",
    "web_search_20250305 is not supported on this platform",
])  # fmt: skip
def test_1_8_a_server_tool_that_is_refused_is_left_out_and_has_failed_from_then_on(
    argo: Running, gateway: Proxy, message: str
) -> None:
    search = {"type": "web_search_20250305", "name": "web_search"}
    body = {**CLAUDE, "tools": [search, {"name": "f", "description": "d", "input_schema": SCHEMA}]}
    argo.behave({"status": 400, "message": message})
    answer = httpx.post(f"{gateway.url}/v1/messages", json=body, trust_env=False)
    assert (answer.status_code, answer.headers.get("argo-proxy-mended")) == (200, "server tool")
    assert answer.headers["argo-proxy-dropped"] == "tools[].web_search_20250305"
    last = json.loads(argo.log()[-1]["body"])
    assert [tool["name"] for tool in last["tools"]] == ["f"]
    forced = {**CLAUDE, "tools": [search], "tool_choice": {"type": "tool", "name": "web_search"}}
    told = httpx.post(f"{gateway.url}/v1/messages", json=forced, trust_env=False).json()
    assert told["content"][1]["content"]["error_code"] == "unavailable"
