"""Forms of an answer that an upstream has no word for, and words that it wants."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import ClientRequest
from argo_addon.settings.model import Settings

from ..simulator.asking import Running, running
from .asking import CHAT, MESSAGES

Json = Any
MAP: Json = {"type": "object", "properties": {"ages": {"type": "object", "additionalProperties": {"type": "integer"}}}}
NULLABLE: Json = {"type": "OBJECT", "properties": {"name": {"type": "STRING", "nullable": True}}}
NESTED: Json = {"type": "object", "properties": {"p": {"$ref": "#/$defs/P"}}, "$defs": {"P": {
    "type": "object", "properties": {"kind": {"const": "x"}}}}}  # fmt: skip
MODELS = ("claude-opus-4.6", "gpt-5.4", "gemini-2.5-pro")


@pytest.fixture(scope="module")
def argo() -> Iterator[Running]:
    with running() as simulator:
        yield simulator


def asked(client: str, model: str, schema: Json | None, argo: Running) -> tuple[int, Json, tuple[str, ...]]:
    """The simulator's status for a request of an answer in a form, what went to it, and what was told."""
    path, body = FORMS[client](model, schema)
    call = Gateway(Settings(user="jdoe").with_base_url(argo.base_url)).open(
        ClientRequest("POST", path, {}, json.dumps(body).encode())
    )
    assert isinstance(call, Exchange), call
    answer = argo.client.post(call.upstream.url, content=call.upstream.body, headers=call.upstream.headers)
    return answer.status_code, json.loads(call.upstream.body), call.dropped


def _chat(model: str, schema: Json | None) -> tuple[str, Json]:
    about = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
    form = {"type": "json_object"} if schema is None else about
    return CHAT, {"model": model, "messages": [{"role": "user", "content": "u"}], "response_format": form}


def _responses(model: str, schema: Json | None) -> tuple[str, Json]:
    form = {"type": "json_object"} if schema is None else {"type": "json_schema", "name": "n", "schema": schema}
    return "/v1/responses", {"model": model, "input": "u", "text": {"format": form}}


def _google(model: str, schema: Json | None) -> tuple[str, Json]:
    config = {"responseMimeType": "application/json", **({} if schema is None else {"responseJsonSchema": schema})}
    return f"/v1beta/models/{model}:generateContent", {"contents": "u", "generationConfig": config}


def _messages(model: str, schema: Json | None) -> tuple[str, Json]:
    form = {"format": {"type": "json_schema", "schema": schema}}
    body: Json = {"model": model, "max_tokens": 99, "messages": [{"role": "user", "content": "u"}]}
    return MESSAGES, {**body, "output_config": form}


FORMS = {"chat": _chat, "responses": _responses, "google": _google, "messages": _messages}


@pytest.mark.parametrize("client", ["chat", "responses", "google"])
def test_a_form_with_names_that_are_not_known_beforehand_is_asked_of_claude_in_words(
    client: str, argo: Running
) -> None:
    status, body, dropped = asked(client, "claude-opus-4.6", MAP, argo)
    assert status == 200
    assert "output_config" not in body
    assert '"ages"' in body["system"][-1]["text"]
    place = {"chat": "response_format.json_schema.schema", "responses": "text.format.schema",
             "google": "generationConfig.responseSchema"}  # fmt: skip
    assert place[client] in dropped


@pytest.mark.parametrize("client", FORMS)
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("schema", [NESTED, MAP], ids=["nested", "map"])
def test_4_9_a_form_is_one_that_the_model_takes(client: str, model: str, schema: Json, argo: Running) -> None:
    if client == "messages" and "claude" in model:
        schema = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}
    assert asked(client, model, schema, argo)[0] == 200


@pytest.mark.parametrize("client", ["responses", "google"])
@pytest.mark.parametrize("model", MODELS)
def test_any_json_is_asked_for_by_its_name(client: str, model: str, argo: Running) -> None:
    status, body, _ = asked(client, model, None, argo)
    assert status == 200
    assert "json" in json.dumps([body["messages"], body.get("system")]).lower()


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("where", ["responseSchema", "parameters"])
def test_1_28_what_google_calls_nullable_every_model_takes(model: str, where: str, argo: Running) -> None:
    config: Json = {"generationConfig": {"responseMimeType": "application/json", "responseSchema": NULLABLE}}
    tools: Json = {"tools": [{"functionDeclarations": [{"name": "f", "parameters": NULLABLE}]}]}
    body = json.dumps({"contents": "u", **(config if where == "responseSchema" else tools)}).encode()
    call = Gateway(Settings(user="jdoe").with_base_url(argo.base_url)).open(
        ClientRequest("POST", f"/v1beta/models/{model}:generateContent", {}, body)
    )
    assert isinstance(call, Exchange)
    answer = argo.client.post(call.upstream.url, content=call.upstream.body, headers=call.upstream.headers)
    assert answer.status_code == 200, answer.text
