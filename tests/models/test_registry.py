"""Which model a name means (argo.md, "The model list")."""

from __future__ import annotations

import json

import pytest

from argo_addon.errors import ClientError, UpstreamError
from argo_addon.models.catalogue import family_of
from argo_addon.models.registry import Model, Registry, parse_list

LIST = json.dumps(
    {
        "data": [
            {
                "id": "Claude Opus 4.6",
                "internal_id": "claudeopus46",
                "object": "model",
                "created": 5,
                "owned_by": "anl",
            },
            {"id": "Claude Haiku 4.5", "internal_id": "claudehaiku45"},
            {"id": "Claude Opus 4.8", "internal_id": "claudeopus48"},
            {"id": "GPT-5.4", "internal_id": "gpt54"},
            {"id": "o3-mini", "internal_id": "gpto3mini"},
            {"id": "GPT-4.1 Mini", "internal_id": "gpt41mini"},
            {"id": "GPT-4o", "internal_id": "gpt4o"},
            {"id": "Gemini 2.5 Pro", "internal_id": "gemini25pro"},
        ]
    }
).encode()


@pytest.fixture
def registry() -> Registry:
    return Registry(parse_list(LIST))


@pytest.mark.parametrize(
    ("name", "internal"),
    [
        ("claudeopus46", "claudeopus46"),
        ("CLAUDEOPUS46", "claudeopus46"),
        ("Claude Opus 4.6", "claudeopus46"),
        ("argo:claude-opus-4.6", "claudeopus46"),
        ("ARGO:Claude-Opus-4.6", "claudeopus46"),
        ("argo/claude-opus-4.6", "claudeopus46"),
        ("claude-opus-4.6", "claudeopus46"),
        ("claude-4.6-opus", "claudeopus46"),
        ("argo:claude-4-6-opus", "claudeopus46"),
        ("claude-opus-4-6", "claudeopus46"),
        ("claude-opus-4-6[1m]", "claudeopus46"),
        ("claude-opus-4-6-20260101[1m]", "claudeopus46"),
        ("claude-haiku-4-5-20251001", "claudehaiku45"),
        ("claude-haiku-4-5@20251001", "claudehaiku45"),
        ("claude-haiku-4-5-latest", "claudehaiku45"),
        ("haiku", "claudehaiku45"),
        ("haiku-4.5", "claudehaiku45"),
        ("opus", "claudeopus48"),
        ("claude-opus", "claudeopus48"),
        ("gpt-5-4", "gpt54"),
        ("argo:o3-mini", "gpto3mini"),
        ("argo:gpt-o3-mini", "gpto3mini"),
        ("gpt-4-1-mini", "gpt41mini"),
        ("gpt-4o-2024-08-06", "gpt4o"),
        ("models/gemini-2.5-pro", "gemini25pro"),
        ("claude-gpt-5.4", "gpt54"),
        ("claude-gemini-2.5-pro", "gemini25pro"),
        ("claude-o3-mini", "gpto3mini"),
        # as other tools write them: LiteLLM, OpenRouter, pydantic-ai, Vertex AI
        ("anthropic/claude-opus-4.6", "claudeopus46"),
        ("anthropic/claude-opus-4-6[1m]", "claudeopus46"),
        ("openai/gpt-5.4", "gpt54"),
        ("openai/argo:gpt-5.4", "gpt54"),
        ("google/gemini-2.5-pro", "gemini25pro"),
        ("gemini/gemini-2.5-pro", "gemini25pro"),
        ("vertex_ai/gemini-2.5-pro", "gemini25pro"),
        ("publishers/google/models/gemini-2.5-pro", "gemini25pro"),
        ("openrouter/anthropic/claude-opus-4.6", "claudeopus46"),
        ("litellm_proxy/argo:claude-opus-4.6", "claudeopus46"),
        ("anthropic:claude-opus-4-6", "claudeopus46"),
        ("openai:gpt-5.4", "gpt54"),
        ("google-gla:gemini-2.5-pro", "gemini25pro"),
        ("anthropic/opus", "claudeopus48"),
    ],
)
def test_1_7_a_name_is_taken_in_every_form(registry: Registry, name: str, internal: str) -> None:
    found = registry.resolve(name)
    assert found.internal_id == internal
    assert found.listed is not None


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("claudeopus49", "claudeopus49"),
        ("argo:claude-opus-5", "claude-opus-5"),
        ("gpt-6-astra", "gpt-6-astra"),
        ("o9", "o9"),
        ("gemini-4-ultra", "gemini-4-ultra"),
        ("fable-1", "fable-1"),
        ("claude-3-5-sonnet-20241022", "claude-3-5-sonnet-20241022"),
        ("anthropic/claude-9", "claude-9"),
        ("openai/gpt-oss-120b", "gpt-oss-120b"),
        ("models/gemini-9", "gemini-9"),
        ("openai:o9", "o9"),
    ],
)
def test_a_model_newer_than_the_list_goes_upstream_as_it_is(registry: Registry, name: str, sent: str) -> None:
    found = registry.resolve(name)
    assert (found.internal_id, found.listed, found.replaced) == (sent, None, None)


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("gpt-5.5", "gpt55"),
        ("argo:gpt-5.5", "gpt55"),
        ("gpt-5.5-2026-03-01", "gpt55"),
        ("claude-opus-4-1-20250805", "claudeopus41"),
        ("claude-4.7-opus[1m]", "claudeopus47"),
        ("o3", "gpto3"),
        ("claude-gpt-5.5", "gpt55"),
        ("gemini-3.5-flash", "gemini35flash"),
    ],
)
def test_a_model_that_the_list_lacks_goes_by_the_id_that_is_known(registry: Registry, name: str, sent: str) -> None:
    found = registry.resolve(name)
    assert (found.internal_id, found.listed, found.replaced) == (sent, None, None)


@pytest.mark.parametrize("name", ["gpt-5.4\u00e9", "gpt-5.4\u6a21", "gpt-5.4\U0001f389", "claude-opus-4.6\u2011x"])
def test_a_name_with_another_letter_is_not_the_model_without_it(registry: Registry, name: str) -> None:
    """What is asked for, and billed, is what was named: these go on as they are, as models that may be to come."""
    found = registry.resolve(name)
    assert (found.internal_id, found.listed) == (name, None)


@pytest.mark.parametrize("name", ["\uff47pt-5.4", "\u043e3-mini"], ids=["a wide g", "a Cyrillic o"])
def test_a_name_that_only_looks_like_a_model_is_a_404(registry: Registry, name: str) -> None:
    with pytest.raises(ClientError) as caught:
        registry.resolve(name)
    assert caught.value.status == 404


def test_7_8_an_unknown_name_is_a_404_that_names_the_closest(registry: Registry) -> None:
    with pytest.raises(ClientError) as caught:
        registry.resolve("cloude-opus-4.6")
    assert caught.value.status == 404
    assert caught.value.code == "model_not_found"
    assert "cloude-opus-4.6" in caught.value.message
    assert "argo:claude-opus-4.6" in caught.value.message


def test_an_unknown_name_is_answered_by_the_default_where_one_is_set(registry: Registry) -> None:
    found = registry.resolve("llama-4", default="argo:gpt-5.4")
    assert (found.internal_id, found.replaced) == ("gpt54", "llama-4")


def test_shown_names_have_both_orders_for_claude_and_two_for_the_o_series(registry: Registry) -> None:
    names = {model.internal_id: list(model.names()) for model in registry.models}
    assert names["claudeopus46"] == ["claude-opus-4.6", "claude-4.6-opus"]
    assert names["gpto3mini"] == ["o3-mini", "gpt-o3-mini"]
    assert names["gpt54"] == ["gpt-5.4"]
    assert list(Model("x", "Claude 4.6 Opus").names()) == ["claude-4.6-opus", "claude-opus-4.6"]


def test_the_list_is_read_in_its_older_shape_too() -> None:
    models = parse_list(b'{"data": [{"id": "gpt35", "model_name": "GPT-3.5 Turbo"}]}')
    assert models == (Model("gpt35", "GPT-3.5 Turbo"),)


def test_rows_that_cannot_be_read_do_not_cost_the_others() -> None:
    models = parse_list(
        b'{"data": [{"id": 5}, "x", {"internal_id": "a"}, {"id": "GPT-5", "internal_id": "gpt5", "new": {}}]}'
    )
    assert [model.internal_id for model in models] == ["gpt5"]


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"data": {}}', b'{"data": []}', b'{"data": [{"id": 5}]}', b"[]"])
def test_a_list_that_is_none_is_an_error_that_says_so(body: bytes) -> None:
    with pytest.raises(UpstreamError, match="ARGO's model list"):
        parse_list(body)


def test_every_built_in_model_is_found_by_each_of_its_names() -> None:
    registry = Registry.built_in()
    for model in registry.models:
        for name in (model.internal_id, *model.names()):
            assert registry.resolve(f"argo:{name}").internal_id == model.internal_id


# --- what is close to a name


@pytest.mark.parametrize(
    "name",
    ["foo", "bar", "x", "llama-4", "mistral-large", "my-model", "test", "default", "deepseek-r1", "qwen3-coder", "a b"],
)
def test_what_is_like_nothing_gets_no_guess(name: str) -> None:
    assert Registry.built_in().closest(name) == []


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("claude-9", "claude-opus-4.8"),
        ("claude-opus-4", "claude-opus-4.8"),
        ("claude-4-opus", "claude-opus-4.8"),
        ("claude-4-sonnet", "claude-sonnet-4.6"),
        ("anthropic/claude-sonnet-4-20250514", "claude-sonnet-4.6"),
        ("claude-haiku-3.5", "claude-haiku-4.5"),
        ("gpt-99", "gpt-5"),
        ("gtp-5.4", "gpt-5.4"),
        ("o9", "o3"),
        ("cloude-opus-4.6", "claude-opus-4.6"),
        ("gemni", "gemini-2.5-pro"),
        ("gemini-9-pro", "gemini-2.5-pro"),
        ("GPT 5 .4", "gpt-5.4"),
    ],
)
def test_the_closest_are_of_the_same_line_and_newest_first(name: str, first: str) -> None:
    registry = Registry.built_in()
    closest = registry.closest(name)
    assert closest[0] == f"argo:{first}"
    assert len(closest) <= 3
    families = {family_of(registry.resolve(one).internal_id) for one in closest}
    assert len(families) == 1


def test_a_name_that_the_list_lacks_gets_the_closest_that_it_has(registry: Registry) -> None:
    fewer = Registry([model for model in registry.models if model.internal_id != "gpt41mini"])
    assert fewer.resolve("gpt-4.1-mini").listed is None
    assert fewer.closest("gpt-4.1-mini")


def test_an_embedding_model_is_told_as_that_where_a_chat_is_asked(registry: Registry) -> None:
    with pytest.raises(ClientError, match="/v1/embeddings"):
        registry.resolve("text-embedding-3-small")


@pytest.mark.parametrize("name", ["openai/text-embedding-3-small", "argo:text-embedding-3-small", "v3small"])
def test_embedding_models_are_taken_with_other_tools_prefixes(registry: Registry, name: str) -> None:
    assert registry.resolve_embedding(name).internal_id == "v3small"
