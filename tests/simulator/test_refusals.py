"""What ARGO refuses, the simulator refuses: a row for each rule (docs/reference/simulator.md)."""

from __future__ import annotations

import ast
from typing import Any

import httpx
import pytest

from .conftest import TOOL, USER, Argo


def inner(answer: httpx.Response) -> str:
    """The provider's message, taken out of ARGO's wrapping, which must be there."""
    message = answer.json()["error"]["message"]
    head, _, payload = message.partition(" - ")
    assert head == f"Error code: {answer.status_code}"
    said = ast.literal_eval(payload)["error"]["message"]
    assert isinstance(said, str)
    return said


def claude_tool(**changes: Any) -> dict[str, Any]:
    return {"name": "shell", "input_schema": TOOL, **changes}


def tool(description: str = "d", **parameters: Any) -> dict[str, Any]:
    function = {"name": "shell", "description": description, "parameters": {**TOOL, **parameters}}
    return {"type": "function", "function": function}


def said(role: str, *blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": role, "content": list(blocks)}


def text(words: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, **more}


def use(identifier: str) -> dict[str, Any]:
    return {"type": "tool_use", "id": identifier, "name": "shell", "input": {}}


def result(identifier: str) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": identifier, "content": "r"}


def call(identifier: str) -> dict[str, Any]:
    return {"id": identifier, "type": "function", "function": {"name": "shell", "arguments": "{}"}}


def calls(*identifiers: str, content: str | None = "") -> dict[str, Any]:
    return {"role": "assistant", "content": content, "tool_calls": [call(each) for each in identifiers]}


def answer_to(identifier: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": identifier, "content": "r"}


ON = {"type": "enabled", "budget_tokens": 2000}
MARK = {"cache_control": {"type": "ephemeral"}}

CLAUDE: list[tuple[str, dict[str, Any], int, str]] = [
    ("a display name", {"model": "Claude Opus 4.6"}, 404, "model: Claude Opus 4.6"),
    ("a shown name", {"model": "argo:claude-opus-4.6"}, 404, "model:"),
    ("a gpt model", {"model": "gpt54"}, 404, "model:"),
    ("no max_tokens", {"max_tokens": None}, 400, "max_tokens: Field required"),
    ("too large a max_tokens", {"max_tokens": 999999, "stream": True}, 400, "maximum allowed number of output tokens"),
    ("an unknown member", {"top_a": 1}, 400, "top_a: Extra inputs are not permitted"),
    ("timeout", {"timeout": 5}, 400, "timeout: Extra inputs are not permitted"),
    ("a beta member without its header", {"context_management": {}}, 400, "context_management: Extra inputs"),
    ("system among the messages", {"messages": [USER, {"role": "system", "content": "s"}]}, 400, "System messages"),
    ("no messages", {"messages": []}, 400, "at least one message"),
    ("an assistant first", {"messages": [said("assistant", text("a")), USER]}, 400, "first message must use"),
    ("empty content", {"messages": [{"role": "user", "content": ""}]}, 400, "non-empty"),
    ("an empty text", {"messages": [said("user", text(""))]}, 400, "text content blocks must be non-empty"),
    ("a blank text", {"messages": [said("user", text("  "))]}, 400, "non-whitespace"),
    ("content of a wrong type", {"messages": [{"role": "user", "content": 5}]}, 400, "messages.0.content"),
    ("an unknown block", {"messages": [said("user", {"type": "audio"})]}, 400, "messages.0.content.0.type"),
    ("an unknown member of a block", {"messages": [said("user", text("x", mood=1))]}, 400, "messages.0.content.0.mood"),
    ("prefill", {"messages": [USER, said("assistant", text("So"))]}, 400, "prefill"),
    ("a call without its result", {"messages": [USER, said("assistant", use("a")), USER]}, 400, "without `tool_result`"),
    ("a result without its call", {"messages": [said("user", result("a"))]}, 400, "unexpected `tool_use_id`"),
    (
        "text before the results",
        {"messages": [USER, said("assistant", use("a")), said("user", text("x"), result("a"))]},
        400,
        "before other content",
    ),
    ("a bad tool id", {"messages": [USER, said("assistant", use("a.b")), said("user", result("a.b"))]}, 400, "pattern"),
    ("adaptive on haiku 4.5", {"model": "claudehaiku45", "thinking": {"type": "adaptive"}}, 400, "thinking.type.adaptive"),
    ("adaptive on opus 4.1", {"model": "claudeopus41", "thinking": {"type": "adaptive"}}, 400, "thinking.type.adaptive"),
    ("enabled on opus 4.7", {"model": "claudeopus47", "thinking": ON}, 400, "thinking.type.enabled is not supported"),
    ("adaptive with a budget", {"thinking": {"type": "adaptive", "budget_tokens": 2000}}, 400, "budget_tokens"),
    ("enabled without a budget", {"thinking": {"type": "enabled"}}, 400, "budget_tokens: Field required"),
    ("too small a budget", {"thinking": {"type": "enabled", "budget_tokens": 1023}}, 400, "1024"),
    ("a budget of max_tokens", {"thinking": {"type": "enabled", "budget_tokens": 4000}}, 400, "must be greater than"),
    ("thinking with a temperature", {"thinking": ON, "temperature": 0.5}, 400, "may only be set to 1"),
    (
        "thinking with a forced tool",
        {"thinking": ON, "tools": [claude_tool()], "tool_choice": {"type": "any"}},
        400,
        "forces tool use",
    ),
    ("effort none on opus 4.7", {"model": "claudeopus47", "output_config": {"effort": "none"}}, 400, "effort"),
    ("effort max on opus 4.6", {"output_config": {"effort": "max"}}, 400, "effort"),
    ("temperature on opus 4.8", {"model": "claudeopus48", "temperature": 1}, 400, "deprecated for this model"),
    ("top_p on sonnet 5", {"model": "claudesonnet5", "top_p": 0.5}, 400, "deprecated for this model"),
    ("both samplings on opus 4.6", {"temperature": 0.5, "top_p": 0.5}, 400, "cannot both be specified"),
    ("a schema that is no object", {"tools": [claude_tool(input_schema={"type": "string"})]}, 400, "input_schema.type"),
    ("a schema with anyOf on top", {"tools": [claude_tool(input_schema={**TOOL, "anyOf": []})]}, 400, "top level"),
    ("a tool without a schema", {"tools": [{"name": "shell"}]}, 400, "input_schema: Field required"),
    ("a bad tool name", {"tools": [claude_tool(name="a.b")]}, 400, "name: String should match pattern"),
    ("an unknown tool type", {"tools": [{"name": "x", "type": "function"}]}, 400, "does not match any of the expected"),
    ("two tools of one name", {"tools": [claude_tool(), claude_tool()]}, 400, "must be unique"),
    ("a choice without tools", {"tool_choice": {"type": "auto"}}, 400, "while providing tools"),
    ("a choice of no tool", {"tools": [claude_tool()], "tool_choice": {"type": "tool", "name": "x"}}, 400, "not found"),
    ("five cache marks", {"messages": [said("user", *(text("x", **MARK) for _ in range(5)))]}, 400, "maximum of 4"),
    (
        "a forged signature",
        {"messages": [USER, said("assistant", {"type": "thinking", "thinking": "t", "signature": "x"}, text("a")), USER]},
        400,
        "Invalid `signature`",
    ),
    (
        "a tool loop that lost its thinking",
        {"thinking": ON, "messages": [USER, said("assistant", use("a")), said("user", result("a"))]},
        400,
        "Expected `thinking`",
    ),
    ("a long plain call", {"max_tokens": 30000}, 500, "streaming is required"),
]  # fmt: skip

CHAT: list[tuple[str, dict[str, Any], int, str]] = [
    ("a shown name", {"model": "gpt-5.4"}, 404, "does not exist"),
    ("a claude model", {"model": "claudeopus46"}, 404, "does not exist"),
    ("an unknown member", {"top_k": 5}, 400, "Unknown parameter: 'top_k'."),
    ("timeout", {"timeout": 5}, 400, "Unknown parameter: 'timeout'."),
    ("no messages", {"messages": []}, 400, "empty array"),
    ("messages missing", {"messages": None}, 400, "Missing required parameter: 'messages'."),
    ("developer", {"messages": [{"role": "developer", "content": "d"}, USER]}, 400, "Unknown parameter: 'messages[0].tool_calls'"),
    ("another vendor's member", {"messages": [USER, {"role": "assistant", "content": "a", "reasoning_content": "r"}]}, 400, "messages[1].reasoning_content"),
    ("content of a wrong type", {"messages": [{"role": "user", "content": 5}]}, 400, "messages[0].content"),
    ("an unknown part", {"messages": [said("user", {"type": "document"})]}, 400, "messages[0].content[0]"),
    ("null content", {"messages": [{"role": "user", "content": None}]}, 400, "got null"),
    ("the old token name on gpt-4o", {"model": "gpt4o", "max_tokens": 5}, 400, "Use 'max_completion_tokens' instead"),
    ("both token names", {"max_tokens": 5, "max_completion_tokens": 5}, 400, "at the same time"),
    ("both token names on gemini", {"model": "gemini25pro", "max_tokens": 5, "max_completion_tokens": 5}, 500, "'NoneType' object"),
    ("null content on gemini", {"model": "gemini25pro", "messages": [USER, calls("a", content=None), answer_to("a")]}, 500, "'NoneType' object"),
    ("temperature 1 on gemini 2.5 pro", {"model": "gemini25pro", "temperature": 1}, 500, "'NoneType' object"),
    ("temperature 2 on gemini 2.5 flash", {"model": "gemini25flash", "temperature": 2}, 500, "'NoneType' object"),
    ("a system message of parts on gemini", {"model": "gemini25pro", "messages": [said("system", text("s")), USER]}, 400, "must be a string"),
    ("parallel calls on gemini", {"model": "gemini25pro", "messages": [USER, calls("a", "b"), answer_to("a"), answer_to("b")]}, 400, "number of function response parts"),
    ("$schema on gemini", {"model": "gemini25pro", "tools": [tool(**{"$schema": "x"})]}, 400, '"$schema"'),
    ("a deep const on gemini", {"model": "gemini25pro", "tools": [tool(properties={"a": {"items": {"const": 1}}})]}, 400, '"const"'),
    ("temperature on gpt-5", {"model": "gpt5", "temperature": 0.5}, 400, "'temperature' does not support"),
    ("top_p on gpt-5", {"model": "gpt5", "top_p": 0.5}, 400, "'top_p' is not supported"),
    ("effort with tools on gpt-5.4", {"reasoning_effort": "low", "tools": [tool()]}, 400, "Function tools with reasoning_effort"),
    ("effort on gpt-4o", {"model": "gpt4o", "reasoning_effort": "low"}, 400, "reasoning_effort"),
    ("an unknown effort", {"reasoning_effort": "vast"}, 400, "reasoning_effort"),
    ("a long description", {"tools": [tool("x" * 1025)]}, 400, "maximum length 1024"),
    ("129 tools", {"tools": [tool() for _ in range(129)]}, 400, "maximum length 128"),
    ("no tools", {"tools": []}, 400, "Invalid 'tools': empty array"),
    ("a choice without tools", {"tool_choice": "auto"}, 400, "only allowed when 'tools'"),
    ("a choice of no tool", {"tools": [tool()], "tool_choice": {"type": "function", "function": {"name": "x"}}}, 400, "not found"),
    ("a schema that is no object", {"tools": [tool(type="array")]}, 400, "type: \"object\""),
    ("five stops", {"stop": list("abcde")}, 400, "maximum length 4"),
    ("51 images", {"messages": [said("user", *({"type": "image_url", "image_url": {"url": "x"}} for _ in range(51)))]}, 400, "Too many images"),
    ("a call without its result", {"messages": [USER, calls("a"), USER]}, 400, "did not have response messages: a"),
    ("a result without its call", {"messages": [USER, answer_to("a")]}, 400, "must be a response to a preceding"),
    ("a long tool id", {"messages": [USER, calls("a" * 41), answer_to("a" * 41)]}, 400, "maximum length 40"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "status", "says"), [row[1:] for row in CLAUDE], ids=[row[0] for row in CLAUDE])
def test_the_messages_endpoint_refuses(argo: Argo, changes: dict[str, Any], status: int, says: str) -> None:
    answer = argo.messages(**changes)
    assert answer.status_code == status, answer.text
    assert says in inner(answer)
    assert answer.json()["type"] == "error"
    assert argo.log()[-1]["refusal"] == inner(answer)


@pytest.mark.parametrize(("changes", "status", "says"), [row[1:] for row in CHAT], ids=[row[0] for row in CHAT])
def test_the_chat_endpoint_refuses(argo: Argo, changes: dict[str, Any], status: int, says: str) -> None:
    answer = argo.chat(**changes)
    assert answer.status_code == status, answer.text
    assert says in inner(answer)
    assert answer.json()["error"]["code"] == "internal_error"


@pytest.mark.parametrize(
    ("headers", "changes"),
    [
        ({"x-api-key": ""}, {}),
        ({"x-api-key": "asmith"}, {}),
        ({}, {"user": None}),
        ({}, {"metadata": None}),
        ({}, {"metadata": {"user_id": "asmith"}}),
        ({"x-api-key": "cels"}, {"user": "cels", "metadata": {"user_id": "cels"}}),
        ({"x-api-key": "j doe"}, {"user": "j doe", "metadata": {"user_id": "j doe"}}),
    ],
)
def test_an_identity_that_is_none_is_refused(argo: Argo, headers: dict[str, str], changes: dict[str, Any]) -> None:
    assert argo.messages(headers, **changes).status_code == 401


@pytest.mark.parametrize(
    ("headers", "changes"),
    [({"authorization": ""}, {}), ({"authorization": "jdoe"}, {}), ({"authorization": "Bearer asmith"}, {}), ({}, {"user": None})],
)  # fmt: skip
def test_an_identity_that_is_none_is_refused_in_chat(
    argo: Argo, headers: dict[str, str], changes: dict[str, Any]
) -> None:
    assert argo.chat(headers, **changes).status_code == 401


def test_a_version_that_it_does_not_know_is_refused(argo: Argo) -> None:
    assert "is not a valid version" in inner(argo.messages({"anthropic-version": "2026-10-21"}))
    assert argo.messages({"anthropic-version": "2023-01-01"}).status_code == 200


def test_what_is_no_json_is_refused(argo: Argo) -> None:
    for path in ("/v1/messages", "/v1/chat/completions"):
        headers = {"x-api-key": "jdoe", "authorization": "Bearer jdoe", "anthropic-version": "2023-06-01"}
        assert argo.client.post(path, content=b"{no", headers=headers).status_code == 400
    assert argo.client.post("/v1/nothing", content=b"{}").status_code == 404


ACCEPTED_BY_CLAUDE: list[dict[str, Any]] = [
    {"thinking": ON},
    {"thinking": {"type": "adaptive"}, "output_config": {"effort": "none"}},
    {"model": "claudeopus47", "thinking": {"type": "adaptive"}, "output_config": {"effort": "xhigh"}},
    {"model": "claudeopus47", "thinking": {"type": "disabled"}},
    {"model": "claudehaiku45", "thinking": ON, "temperature": 1},
    {"model": "claudeopus41", "temperature": 0.5, "top_p": 0.5},
    {"model": "claudeopus45", "messages": [USER, said("assistant", text("So"))]},
    {"tools": [{"name": "web_search", "type": "web_search_20250305"}]},
    {"max_tokens": 60000, "stream": True},
]


@pytest.mark.parametrize("changes", ACCEPTED_BY_CLAUDE)
def test_what_argo_takes_the_messages_endpoint_takes(argo: Argo, changes: dict[str, Any]) -> None:
    answer = argo.messages({"anthropic-beta": "context-management-2025-06-27"}, context_management={}, **changes)
    assert answer.status_code == 200, answer.text


ACCEPTED_BY_CHAT: list[dict[str, Any]] = [
    {"max_tokens": 50},
    {"model": "gpt4o", "max_completion_tokens": 50, "temperature": 0.5, "top_p": 0.5},
    {"messages": [USER, calls("a", "b", content=None), answer_to("b"), answer_to("a")]},
    {"model": "gemini25pro", "messages": [USER, calls("a"), answer_to("a"), calls("b"), answer_to("b")]},
    {"reasoning_effort": "none", "tools": [tool("x" * 1024, **{"$schema": "x"})]},
    {"model": "gpt5", "reasoning_effort": "high", "tools": [tool()]},
    {"model": "gemini25pro", "tools": [tool("x" * 5000)]},
]


@pytest.mark.parametrize("changes", ACCEPTED_BY_CHAT)
def test_what_argo_takes_the_chat_endpoint_takes(argo: Argo, changes: dict[str, Any]) -> None:
    answer = argo.chat(**changes)
    assert answer.status_code == 200, answer.text
