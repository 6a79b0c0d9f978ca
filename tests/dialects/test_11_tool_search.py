"""Searches for deferred tools on models of other dialects: a result is never empty, its tools are offered (11.1)."""

from __future__ import annotations

import json

import pytest

from .asking import CHAT, CHATS, CLAUDES, MESSAGES, Json, request, sent

RESPONSES, GOOGLE = "/v1/responses", "/v1beta/models/{}:generateContent"
SCHEMA: Json = {"type": "object", "properties": {"city": {"type": "string"}}}
FIND: Json = {"name": "ToolSearch", "description": "Finds tools.", "input_schema": SCHEMA}
LONG = "mcp__weather_station_of_the_laboratory__" + "read_the_current_temperature_of_the_roof"
RAIN: Json = {"name": "mcp__sky__rain", "description": "r", "input_schema": SCHEMA, "defer_loading": True}
HEAT: Json = {"name": LONG, "description": "h", "input_schema": SCHEMA, "defer_loading": True}
SEARCHED: Json = {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "ToolSearch", "input": {}}]}


def found(*names: str, **more: object) -> Json:
    """What Claude Code 2.1.332 sends for its ToolSearch."""
    references = [{"type": "tool_reference", "tool_name": name} for name in names]
    return {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": references, **more}]}


def offered(path: str, body: Json, **settings: object) -> list[str]:
    made, _ = sent(path, body, **settings)
    return [tool.get("function", tool)["name"] for tool in made.get("tools", [])]


ASK: Json = {"role": "user", "content": "Does it rain?"}


@pytest.mark.parametrize("model", CHATS)
def test_11_1_a_reference_is_said_in_words_by_the_name_that_the_tool_is_offered_by(model: str) -> None:
    tools = [FIND, RAIN, HEAT]
    body = request(MESSAGES, model, ASK, SEARCHED, found("mcp__sky__rain", LONG), tools=tools)
    made, _ = sent(MESSAGES, body)
    (result,) = [message for message in made["messages"] if message["role"] == "tool"]
    names = [tool["function"]["name"] for tool in made["tools"]]
    assert len(names) == 3
    assert all(name in result["content"] for name in names[1:])
    assert max(map(len, names)) <= 64 < len(LONG)


@pytest.mark.parametrize("model", CHATS)
def test_11_1_a_deferred_tool_is_offered_once_something_refers_to_it(model: str) -> None:
    tools = [FIND, RAIN, {**HEAT, "name": "heat"}]
    assert offered(MESSAGES, request(MESSAGES, model, ASK, tools=tools)) == ["ToolSearch"]
    talk = (ASK, SEARCHED, found("mcp__sky__rain"))
    assert offered(MESSAGES, request(MESSAGES, model, *talk, tools=tools)) == ["ToolSearch", "mcp__sky__rain"]
    called: Json = {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "heat", "input": {}}]}
    done: Json = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "20"}]}
    assert offered(MESSAGES, request(MESSAGES, model, ASK, called, done, tools=tools)) == ["ToolSearch", "heat"]
    must = {"type": "tool", "name": "heat"}
    assert offered(MESSAGES, request(MESSAGES, model, ASK, tools=tools, tool_choice=must)) == ["ToolSearch", "heat"]


@pytest.mark.parametrize("model", CHATS)
def test_11_1_what_nothing_else_would_ever_offer_is_offered_at_once(model: str) -> None:
    """The provider's own search is not there, or there is nothing to search with."""
    server: Json = {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"}
    assert offered(MESSAGES, request(MESSAGES, model, ASK, tools=[server, FIND, RAIN])) == [
        "ToolSearch", "mcp__sky__rain",
    ]  # fmt: skip
    assert offered(MESSAGES, request(MESSAGES, model, ASK, tools=[RAIN])) == ["mcp__sky__rain"]


@pytest.mark.parametrize("settings", [{}, {"force_conversion": True}])
def test_11_1_a_claude_gets_references_and_deferred_tools_as_they_are(settings: Json) -> None:
    body = request(MESSAGES, "claude-opus-4.8", ASK, SEARCHED, found("mcp__sky__rain"), tools=[FIND, RAIN, HEAT])
    made, _ = sent(MESSAGES, body, **settings)
    assert made["messages"][2]["content"][0]["content"] == [{"type": "tool_reference", "tool_name": "mcp__sky__rain"}]
    assert [tool.get("defer_loading") for tool in made["tools"]] == [None, True, True]


@pytest.mark.parametrize("kind", ["web_search_tool_result", "container_upload", "mcp_tool_use", "server_tool_use"])
@pytest.mark.parametrize("model", CHATS)
@pytest.mark.parametrize("legacy", [False, True])
def test_11_1_a_result_of_which_nothing_can_be_said_says_what_it_was(model: str, kind: str, legacy: bool) -> None:
    block = {"type": kind, "tool_use_id": "s", "content": [], "file_id": "f", "id": "i", "name": "n", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": [block]}
    talk = (ASK, SEARCHED, {"role": "user", "content": [result]})
    body = request(MESSAGES, model, *talk, tools=[FIND])
    made, dropped = sent(MESSAGES, body, use_legacy_argo=legacy)
    (written,) = [message for message in made["messages"] if message["role"] == "tool"]
    assert kind in written["content"]
    assert any(kind in path for path in dropped)


@pytest.mark.parametrize("model", [*CHATS, *CLAUDES])
def test_11_1_what_codex_has_found_goes_by_the_names_that_it_is_offered_by(model: str) -> None:
    search = {"type": "tool_search", "execution": "client", "description": "d", "parameters": SCHEMA}
    space = {"type": "namespace", "name": "sky", "tools": [{"type": "function", "name": "rain", "parameters": SCHEMA}]}
    talk: list[Json] = [
        {"role": "user", "content": "Does it rain?"},
        {"type": "tool_search_call", "call_id": "c", "execution": "client", "arguments": {}},
        {"type": "tool_search_output", "call_id": "c", "execution": "client", "tools": [space]},
    ]
    made, _ = sent(RESPONSES, {"model": model, "input": talk, "tools": [search]})
    names = [tool.get("function", tool)["name"] for tool in made["tools"]]
    assert names == ["tool_search", "sky__rain"]
    assert "sky__rain" in json.dumps(made["messages"][-1])
    nothing = [*talk[:2], {**talk[2], "tools": []}]
    made, _ = sent(RESPONSES, {"model": model, "input": nothing, "tools": [search]})
    assert "No tools" in json.dumps(made["messages"][-1])


@pytest.mark.parametrize("model", [*CHATS, *CLAUDES])
def test_11_1_a_search_of_the_clients_own_by_responses_keeps_the_others_back(model: str) -> None:
    search = {"type": "tool_search", "execution": "client", "description": "d", "parameters": SCHEMA}
    later = {"type": "function", "name": "rain", "parameters": SCHEMA, "defer_loading": True}
    assert offered(RESPONSES, {"model": model, "input": "hi", "tools": [search, later]}) == ["tool_search"]
    hosted = {"type": "tool_search"}
    assert offered(RESPONSES, {"model": model, "input": "hi", "tools": [hosted, later]}) == ["rain"]


@pytest.mark.parametrize("model", ["gpt-5.4", "gpt-4.1", "gemini-2.5-pro", "o3", "gpt-9-new"])
@pytest.mark.parametrize("settings", [{}, {"force_conversion": True}, {"use_legacy_argo": True}])
@pytest.mark.parametrize("missing", [True, False])
def test_1_9_content_beside_calls_is_never_null(model: str, settings: Json, missing: bool) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    asks: Json = {"role": "assistant", "tool_calls": [call], **({} if missing else {"content": None})}
    done: Json = {"role": "tool", "tool_call_id": "c", "content": "r"}
    body, _ = sent(CHAT, request(CHAT, model, {"role": "user", "content": "hi"}, asks, done), **settings)
    assert [message["content"] for message in body["messages"]] == ["hi", "", "r"]
