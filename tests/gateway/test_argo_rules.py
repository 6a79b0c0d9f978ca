"""argo.md's rules, one by one: what a client says is taken by the simulator, and refused where the rule is not kept.

A row is a rule, by the member of `Profile` that holds it or by the step that keeps it, a model, and what a client says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import msgspec
import pytest

from argo_addon.dialects.base import Fields
from argo_addon.gateway import quirks
from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import ClientRequest, Reply
from argo_addon.models.catalogue import Profile
from argo_addon.settings.model import Settings

from ..simulator.asking import Running, running

Json = Any
USER: Json = {"role": "user", "content": "u"}
OBJECT: Json = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
CALLS: Json = [{"id": f"call_{name}", "type": "function", "function": {"name": "f", "arguments": '{"a":"b"}'}}
               for name in "xy"]  # fmt: skip
RESULTS: Json = [{"role": "tool", "tool_call_id": f"call_{name}", "content": "r"} for name in "xy"]
PIXEL = ("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJ"
         "RU5ErkJggg==")  # fmt: skip


def tool(schema: Json = OBJECT, **more: Json) -> Json:
    return {"type": "function", "function": {"name": "f", "description": "d", "parameters": schema, **more}}


def form(schema: Json) -> Json:
    return {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}


def claude_tool(schema: Json) -> Json:
    return {"name": "f", "description": "d", "input_schema": schema}


def said(*messages: Json, **more: Json) -> Json:
    return {"messages": list(messages) or [USER], **more}


ANY_OF: Json = {"anyOf": [OBJECT, {"type": "object", "properties": {}}]}
DRAFT: Json = {"$schema": "https://json-schema.org/draft/2020-12/schema", **OBJECT}
REFERS: Json = {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"type": "string"}}}
ROWS: list[tuple[str, str, Json]] = [
    ("renames_developer", "gpt54", said({"role": "developer", "content": "s"}, USER)),
    ("renames_developer", "gemini25pro", said({"role": "developer", "content": "s"}, USER)),
    ("one_token_limit", "gpt4o", said(max_tokens=9, max_completion_tokens=9)),
    ("null_content", "gemini25pro", said(USER, {"role": "assistant", "content": None, "tool_calls": CALLS[:1]},
                                         RESULTS[0], tools=[tool()])),
    ("structured_system", "gemini25pro", said({"role": "system", "content": [{"type": "text", "text": "s"}]}, USER)),
    ("system_alone", "gemini25pro", said({"role": "system", "content": "s"}, {"role": "developer", "content": "t"})),
    ("parallel_results", "gemini25pro", said(USER, {"role": "assistant", "content": "", "tool_calls": CALLS}, *RESULTS,
                                             tools=[tool()])),
    ("parallel_results", "gemini25pro", said({"role": "system", "content": "s"}, {"role": "assistant", "content": "",
                                             "tool_calls": CALLS[:1]}, RESULTS[0], USER, tools=[tool()])),
    ("parallel_results", "gemini25pro", said(USER, {"role": "assistant", "content": "a"}, {
        "role": "assistant", "content": "", "tool_calls": CALLS[:1]}, RESULTS[0], tools=[tool()])),
    ("max_tool_description", "gpt54", said(tools=[tool(description="word " * 300)])),
    ("refused_schema_keywords", "gemini25pro", said(tools=[tool(DRAFT)])),
    ("refused_schema_keywords", "claudeopus46", said(max_tokens=9, tools=[claude_tool(REFERS)])),
    ("object_schema_root", "gpt54", said(tools=[tool(ANY_OF)])),
    ("object_schema_root", "gemini25pro", said(tools=[tool(ANY_OF)])),
    ("object_schema_root", "claudeopus46", said(max_tokens=9, tools=[claude_tool({"type": "object", **ANY_OF})])),
    ("listed_properties", "gpt54", said(tools=[tool({"type": "object"})])),
    ("array_items", "gpt54", said(tools=[tool({"type": "object", "properties": {"a": {"type": "array"}}})])),
    ("array_items", "gemini25pro", said(tools=[tool({"type": "object", "properties": {"a": {"type": "array"}}})])),
    ("array_items", "gpt54", said(response_format=form({"type": "object", "properties": {"a": {"type": "array"}}}))),
    ("array_items", "gemini25pro", said(response_format=form({"type": "object", "properties": {
        "a": {"type": "array"}}}))),
    ("refused_schema_keywords", "gemini25pro", said(response_format=form({"type": "object", "properties": {
        "a": {"$ref": "#/$defs/A"}, "b": {"const": "x"}, "c": {"type": "integer", "exclusiveMinimum": 0}},
        "$defs": {"A": {"type": "string"}}}))),
    ("single_types", "gemini25pro", said(tools=[tool({"type": "object", "properties": {
        "a": {"type": ["string", "null"], "enum": ["x", None]}, "b": {"type": ["string", "integer"]}}})])),
    ("single_types", "gemini25pro", said(response_format=form({"type": "object", "properties": {
        "a": {"type": ["string", "null"]}}}))),
    ("refused_message_fields", "gpt54", said(USER, {"role": "assistant", "content": "a", "reasoning_content": "t"},
                                             USER)),
    ("sampling", "gpt54", said(temperature=0.5)),
    ("sampling", "gpt54", said(top_p=0.5)),
    ("sampling", "claudeopus46", said(max_tokens=9, temperature=0.5, top_p=0.5)),
    ("sampling", "claudehaiku45", said(max_tokens=9, temperature=0.5, top_p=0.5)),
    ("sampling", "claudeopus47", said(max_tokens=9, temperature=0.5)),
    ("sampling", "claudesonnet5", said(max_tokens=9, top_p=0.5)),
    ("thinking", "claudeopus47", said(max_tokens=9000, thinking={"type": "enabled", "budget_tokens": 2000})),
    ("thinking", "claudehaiku45", said(max_tokens=9000, thinking={"type": "adaptive"})),
    ("thinking", "claudeopus41", said(max_tokens=9000, thinking={"type": "adaptive"})),
    ("efforts", "claudeopus47", said(max_tokens=9000, output_config={"effort": "minimal"})),
    ("efforts", "gpt54", said(reasoning_effort="minimal")),
    ("effort_with_thinking", "claudehaiku45", said(max_tokens=9000, output_config={"effort": "low"},
                                                   thinking={"type": "enabled", "budget_tokens": 2000})),
    ("sampling_with_thinking", "claudeopus46", said(max_tokens=9000, temperature=0.5,
                                                    thinking={"type": "enabled", "budget_tokens": 2000})),
    ("allowed_tools", "gemini25pro", said(tools=[tool()], tool_choice={"type": "allowed_tools", "allowed_tools": {
        "mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}]}})),
    ("effort_with_tools", "gpt54", said(reasoning_effort="high", tools=[tool()])),
    ("system_in_conversation", "claudeopus46", said(USER, {"role": "system", "content": "s"}, max_tokens=9)),
    ("prefill", "claudeopus46", said(USER, {"role": "assistant", "content": "a"}, max_tokens=9)),
    ("refused_tools", "claudeopus46", said(max_tokens=9, tools=[{"type": "web_fetch_20250910", "name": "web_fetch"}])),
    ("basic_search", "claudeopus48", said(max_tokens=9, tools=[{"type": "web_search_20260209", "name": "web_search"}])),
    ("refused_parameters", "gpt54", said(presence_penalty=0.5)),
    ("refused_parameters", "gpt4o", said(verbosity="low")),
    ("refused_parameters", "gemini25pro", said(prompt_cache_key="k")),
    ("max_output", "claudehaiku45", said(max_tokens=200_000)),
    ("max_output", "gpt4o", said(max_completion_tokens=200_000)),
    ("object_arguments", "gemini25pro", said(USER, {"role": "assistant", "content": "", "tool_calls": [
        {**CALLS[0], "function": {"name": "f", "arguments": ""}}]}, RESULTS[0], tools=[tool()])),
    ("signed_calls", "gpt54", said(USER, {"role": "assistant", "content": None, "tool_calls": [
        {**CALLS[0], "extra_content": {"google": {"thought_signature": "c2ln"}}}]}, RESULTS[0], tools=[tool()])),
    ("longest_id", "gpt54", said(USER, {"role": "assistant", "content": None, "tool_calls": [
        {**CALLS[0], "id": "x" * 60}]}, {**RESULTS[0], "tool_call_id": "x" * 60}, tools=[tool()])),
    ("longest_id", "claudeopus46", said(USER, {"role": "assistant", "content": [
        {"type": "tool_use", "id": "functions.f:0", "name": "f", "input": {}}]}, {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "functions.f:0", "content": "r"}]}, max_tokens=9,
        tools=[claude_tool(OBJECT)])),
    ("max_images", "gpt54", said({"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": PIXEL}}] * 51})),
    ("fatal_temperatures", "gemini25pro", said(temperature=1, max_completion_tokens=90)),
    ("fatal_temperatures", "gemini25flash", said(temperature=2, max_completion_tokens=90)),
]  # fmt: skip
STEPS: list[tuple[str, str, Json]] = [
    ("_last_word", "claudehaiku45", said(USER, {"role": "assistant", "content": "It is "}, max_tokens=9)),
    ("_last_word", "claudehaiku45", said(USER, {"role": "assistant", "content": [
        {"type": "text", "text": "a"}, {"type": "text", "text": "It is\n"}]}, max_tokens=9)),
    ("_history", "claudeopus46", said(USER, {"role": "assistant", "content": [{"type": "text", "text": ""},
                                      {"type": "text", "text": "a"}]}, USER, max_tokens=9)),
    ("_history", "claudeopus46", said(USER, {"role": "assistant", "content": [
        {"type": "thinking", "thinking": "t", "signature": "argo-proxy"}, {"type": "text", "text": "a"}]}, USER,
        max_tokens=9)),
    ("_breakpoints", "claudeopus46", said({"role": "user", "content": [
        {"type": "text", "text": "u", "cache_control": {"type": "ephemeral"}}] * 5}, max_tokens=9)),
    ("_thinking", "claudehaiku45", said(max_tokens=9000, thinking={"type": "enabled", "budget_tokens": 64})),
    ("_thinking", "claudehaiku45", said(max_tokens=2000, thinking={"type": "enabled", "budget_tokens": 4000})),
    ("_thinking", "claudeopus46", said(max_tokens=9000, thinking={"type": "adaptive", "budget_tokens": 2000})),
]  # fmt: skip


@pytest.fixture(scope="module")
def argo() -> Iterator[Running]:
    with running() as simulator:
        yield simulator


def sent(argo: Running, model: str, body: Json) -> httpx.Response:
    """The simulator's answer to what the gateway makes of a client's request."""
    path = "/v1/messages" if "claude" in model else "/v1/chat/completions"
    gateway = Gateway(Settings(user="jdoe").with_base_url(argo.base_url))
    call = gateway.open(ClientRequest("POST", path, {}, json.dumps({"model": model, **body}).encode()))
    assert isinstance(call, Exchange), call
    return argo.client.post(call.upstream.url, content=call.upstream.body, headers=call.upstream.headers)


def is_refused(answer: httpx.Response) -> bool:
    """Whether ARGO refuses it: by a status, by an error in a stream, or by answering nothing at all."""
    if answer.status_code != 200 or "event: error" in answer.text:
        return True
    choices = answer.json()["choices"] if "event-stream" not in answer.headers["content-type"] else [1]
    return not choices


def names(rows: list[tuple[str, str, Json]]) -> list[str]:
    return [f"{rule}-{model}-{number}" for number, (rule, model, _) in enumerate(rows)]


@pytest.mark.parametrize(("rule", "model", "body"), ROWS, ids=names(ROWS))
def test_what_argo_would_refuse_is_taken_only_with_the_rule(
    argo: Running, monkeypatch: pytest.MonkeyPatch, rule: str, model: str, body: Json
) -> None:
    answer = sent(argo, model, body)
    assert not is_refused(answer), answer.text[:300]
    nothing = {field.name: field.default for field in msgspec.structs.fields(Profile)}
    more = {
        "signed_calls": True,
        "thinking": frozenset({"enabled", "adaptive"}),
        "efforts": ("none", "minimal", "low", "high", "max"),
    }
    apply = quirks.apply

    def without(profile: Profile, fields: Fields) -> quirks.Amended:
        return apply(msgspec.structs.replace(profile, **{rule: more.get(rule, nothing[rule])}), fields)

    monkeypatch.setattr(quirks, "apply", without)
    assert is_refused(sent(argo, model, body)), "the simulator takes it all the same"


@pytest.mark.parametrize(("step", "model", "body"), STEPS, ids=names(STEPS))
def test_what_argo_would_refuse_is_taken_only_with_the_step(
    argo: Running, monkeypatch: pytest.MonkeyPatch, step: str, model: str, body: Json
) -> None:
    answer = sent(argo, model, body)
    assert not is_refused(answer), answer.text[:300]
    left_out: Callable[..., object] = getattr(quirks, step)
    kept = tuple(one for one in quirks._ANTHROPIC_STEPS if one is not left_out)
    monkeypatch.setattr(quirks, "_ANTHROPIC_STEPS", kept)
    assert is_refused(sent(argo, model, body)), "the simulator takes it all the same"


def test_every_rule_has_a_row() -> None:
    facts = {"family", "dialect", "version", "context", "max_tools"}  # tools that are too many: the next test
    facts |= {"any_history"}  # of no model: what a conversation need not be looked through for (laws, short ways)
    learned = {"old_token_limit", "refused_betas", "refused_members", "refuses_unknown", "longest_plain"}
    rules = {field.name for field in msgspec.structs.fields(Profile)} - facts
    assert rules - learned == {rule for rule, _, _ in ROWS}


def test_more_tools_than_a_model_takes_are_refused_at_once_as_argo_would(
    argo: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = said(tools=[tool(name=f"f{number}") for number in range(129)])
    request = ClientRequest("POST", "/v1/chat/completions", {}, json.dumps({"model": "gpt54", **body}).encode())
    reply = Gateway(Settings(user="jdoe").with_base_url(argo.base_url)).open(request)
    assert isinstance(reply, Reply)
    assert (reply.status, b"tools" in reply.body) == (400, True)
    kept = tuple(step for step in quirks._CHAT_STEPS if step is not quirks._counts)
    monkeypatch.setattr(quirks, "_CHAT_STEPS", kept)
    assert is_refused(sent(argo, "gpt54", body))
