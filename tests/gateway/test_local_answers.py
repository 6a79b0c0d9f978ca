"""What is answered here: the model list, health, version."""

from __future__ import annotations

import json

import pytest

from argo_addon import __version__
from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.local_work import Refresh
from argo_addon.gateway.messages import ClientRequest, Reply
from argo_addon.settings.model import Settings

from .opening import reply


def test_8_3_the_model_list_has_the_callers_own_shape(gateway: Gateway) -> None:
    openai = json.loads(reply(gateway, "/v1/models", method="GET").body)
    assert openai["object"] == "list"
    assert {
        "id": "argo:gpt-5.4",
        "object": "model",
        "created": 0,
        "owned_by": "argo",
        "display_name": "GPT-5.4",
        "internal_id": "gpt54",
        "mode": "chat",
        "context_window": 400_000,
        "max_output_tokens": 128_000,
    } in openai["data"]
    anthropic = json.loads(reply(gateway, "/v1/models", method="GET", anthropic_version="2023-06-01").body)
    assert anthropic["has_more"] is False
    assert (anthropic["first_id"], anthropic["last_id"]) == (anthropic["data"][0]["id"], anthropic["data"][-1]["id"])
    entry = next(row for row in anthropic["data"] if row["id"] == "argo:claude-opus-4-6")
    assert entry == {
        "type": "model",
        "id": "argo:claude-opus-4-6",
        "display_name": "Claude Opus 4.6",
        "lifecycle": "active",
        "created_at": "1970-01-01T00:00:00Z",
        "max_input_tokens": 200_000,
        "max_tokens": 128_000,
    }
    for google in (
        reply(gateway, "/v1beta/models", method="GET"),
        reply(gateway, "/v1/models", method="GET", x_goog_api_key="k"),
        reply(gateway, "/v1/models", method="GET", x_goog_api_client="genai"),
    ):
        row = next(row for row in json.loads(google.body)["models"] if row["name"] == "models/argo:gemini-2.5-pro")
        assert row["displayName"] == "Gemini 2.5 Pro"
        assert (row["inputTokenLimit"], row["outputTokenLimit"]) == (1_048_576, 65_535)
        assert "generateContent" in row["supportedActions"]
        assert "generateContent" in row["supportedGenerationMethods"]


def test_8_4_claude_codes_picker_finds_every_family_under_names_that_it_keeps(gateway: Gateway) -> None:
    body = json.loads(reply(gateway, "/v1/models?limit=1000", method="GET", anthropic_version="2023-06-01").body)
    picked = [row["id"] for row in body["data"] if row["id"].startswith(("claude", "anthropic"))]
    assert {"claude-opus-4-6", "claude-gpt-5.4", "claude-gemini-2.5-pro"} <= set(picked)
    own = [row["id"] for row in body["data"] if row["display_name"].startswith("Claude")]
    assert own
    assert not [name for name in own if "." in name], "a dotted one is an unknown, old model to it (11.4)"
    assert {gateway.registry.resolve(name).internal_id for name in picked} == {
        model.internal_id for model in gateway.registry.models
    }


@pytest.mark.parametrize("name", ["argo:gpt-5.4", "argo%3Agpt-5.4", "gpt54", "argo/gpt-5.4"])
def test_one_model_is_answered_under_the_name_that_was_asked_for(gateway: Gateway, name: str) -> None:
    body = json.loads(reply(gateway, f"/v1/models/{name}", method="GET").body)
    assert body["id"] == name.replace("%3A", ":")
    assert body["display_name"] == "GPT-5.4"


def test_one_model_that_is_unknown_is_a_404(gateway: Gateway) -> None:
    assert reply(gateway, "/v1/models/nonsense", method="GET").status == 404


def test_health_says_where_the_model_list_comes_from(gateway: Gateway) -> None:
    before = json.loads(reply(gateway, "/health", method="GET").body)
    assert before["status"] == "healthy"
    assert before["models"]["source"] == "built-in"
    gateway.refresh_failed("no route to host")
    assert json.loads(reply(gateway, "/health", method="GET").body)["models"]["problem"] == "no route to host"
    answer = gateway.refreshed(b'{"data":[{"id":"GPT-9","internal_id":"gpt9"}]}')
    assert json.loads(answer.body)["added"] == ["gpt9"]
    after = json.loads(reply(gateway, "/health", method="GET").body)["models"]
    assert (after["source"], after["count"], after["problem"]) == ("upstream", 1, None)
    assert after["refreshed_at"] > 1_700_000_000


def test_a_failed_refresh_keeps_the_list_that_was_there(gateway: Gateway) -> None:
    gateway.refreshed(b'{"data":[{"id":"GPT-9","internal_id":"gpt9"}]}')
    assert gateway.refreshed(b"<html>").status == 502
    assert [model.internal_id for model in gateway.registry.models] == ["gpt9"]
    assert gateway.models.source == "upstream"


def test_version_and_root_answer(gateway: Gateway) -> None:
    version = json.loads(reply(gateway, "/version", method="GET").body)
    assert (version["name"], version["version"]) == ("argo-proxy", __version__)
    root = json.loads(reply(gateway, "/", method="GET").body)
    assert root["name"] == "argo-proxy"
    assert {"/v1/chat/completions", "/v1/responses", "/v1/messages", "/api/chat", "/health", "/metrics"} <= set(
        root["endpoints"]
    )
    assert reply(gateway, "/", method="HEAD").status == 200
    assert isinstance(gateway.open(ClientRequest("POST", "/refresh", {}, b"")), Refresh)


def test_8_3_codex_asks_for_models_in_a_shape_of_its_own() -> None:
    listed = Gateway(Settings(user="jdoe")).open(ClientRequest("GET", "/v1/models?client_version=0.169.0", {}, b""))
    assert isinstance(listed, Reply)
    models = {model["slug"]: model for model in json.loads(listed.body)["models"]}
    assert {"gpt-5.4", "claude-opus-4.6", "gemini-2.5-pro"} <= models.keys()
    for model in models.values():
        efforts = [one["effort"] for one in model["supported_reasoning_levels"]]
        assert set(efforts) <= {"none", "minimal", "low", "medium", "high", "xhigh"}
        assert model["default_reasoning_level"] in (efforts or [None])
        assert model["base_instructions"]
    assert models["claude-opus-4.6"]["context_window"] >= 200_000
