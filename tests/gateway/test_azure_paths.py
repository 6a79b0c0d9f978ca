"""Azure OpenAI's paths: each asks for the same as OpenAI's own, whatever a client puts before it."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest

from argo_addon.errors import ClientError
from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.routing import dialect_of, endpoint_of
from tests.dialects.asking import opened

BASES = ("/openai", "/openai/", "/openai/v1", "/openai/v1/v1", "/openai/openai", "/openai/v1/openai", "/v1/openai/v1",
         "/v1/openai", "/openai/openai/v1", "/v1/v1/openai")  # fmt: skip
"""How clients' addresses come to begin: with what Azure's own have, with or without a slip."""
CALLS: dict[str, dict[str, object]] = {
    "chat/completions": {"messages": [{"role": "user", "content": "hi"}]},
    "completions": {"prompt": "hi"},
    "responses": {"input": "hi"},
    "embeddings": {"input": "hi"},
}
PATHS = ("models", "models/gpt-5.4", "responses", "responses/resp_1", "responses/resp_1/input_items",
         "responses/resp_1/cancel", "responses/compact", "responses/input_tokens", "chat/completions", "completions",
         "embeddings", "conversations", "conversations/conv_1", "conversations/conv_1/items")  # fmt: skip


def asks_for(target: str) -> list[object]:
    """What a path asks for, by each method that it takes."""
    found: list[object] = []
    for method in ("GET", "POST", "DELETE"):
        try:
            endpoint = endpoint_of(method, target)
        except ClientError as refused:
            found.append(refused.status)
        else:
            found.append((endpoint, dialect_of(target, {}).name))
    return found


@pytest.mark.parametrize("path", PATHS)
def test_whatever_is_before_it_a_path_asks_for_what_openais_does(path: str) -> None:
    expected = asks_for(f"/v1/{path}")
    assert any(isinstance(one, tuple) for one in expected)
    for base in BASES:
        assert asks_for(f"{base}/{path}?api-version=2024-10-21") == expected, base


def models_asked(targets: Iterable[str], body: dict[str, object]) -> set[str]:
    """ARGO's ids of the models that calls at these paths reach."""
    calls = [opened(target, body) for target in targets]
    assert all(isinstance(call, Exchange) for call in calls), calls
    return {json.loads(call.upstream.body)["model"] for call in calls if isinstance(call, Exchange)}


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize("named", [{}, {"model": "gpt-4o"}, {"model": ""}], ids=["", "another in the body", "empty"])
def test_the_model_is_the_one_in_the_path(path: str, named: dict[str, str]) -> None:
    names = {"text-embedding-3-small": "v3small"} if path == "embeddings" else {
        "gpt-5.4": "gpt54", "argo:gpt-5.4": "gpt54", "argo%3Agpt-5.4": "gpt54", "haiku": "claudehaiku45",
        "anthropic/claude-opus-4.6": "claudeopus46", "anthropic%2Fclaude-opus-4.6": "claudeopus46",
    }  # fmt: skip
    for name, internal in names.items():
        befores = ("", "/v1", "/openai", "/openai/v1")
        targets = [f"{before}/openai/deployments/{name}/{path}?api-version=preview" for before in befores]
        assert models_asked(targets, {**named, **CALLS[path]}) == {internal}


@pytest.mark.parametrize("path", [path for path in PATHS if "/" in path or path in ("models", "conversations")])
def test_what_names_no_model_is_the_same_below_a_deployment(path: str) -> None:
    """The openai package of 2024 writes the deployment before everything that is called."""
    if path not in CALLS:
        assert asks_for(f"/openai/deployments/gpt-5.4/{path}") == asks_for(f"/v1/{path}")


@pytest.mark.parametrize(
    "path", ["/openai", "/openai/v1", "/openai/files", "/openai/v1/messages", "/openai/v1beta/models"]
)
def test_what_azure_does_not_have_is_not_served(path: str) -> None:
    assert not any(isinstance(one, tuple) for one in asks_for(path))
