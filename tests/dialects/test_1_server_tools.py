"""Tools that a provider runs and ARGO does not have: the model is told, the caller goes on (pitfalls 1.8, 1.17)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from argo_addon.gateway.messages import Reply

from .asking import CHATS, CLAUDES, MESSAGES, Json, opened, request, sent

RESPONSES, GOOGLE = "/v1/responses", "/v1beta/models/{}:generateContent"
TOOL: Json = {"name": "f", "description": "does", "input_schema": {"type": "object"}}
SEARCH: Json = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}
FETCH: Json = {"type": "web_fetch_20250910", "name": "web_fetch"}
RUN: Json = {"type": "code_execution_20250825", "name": "code_execution"}
OLD_RUN: Json = {"type": "code_execution_20250522", "name": "code_execution"}
ADVISOR: Json = {"type": "advisor_20260301", "name": "advisor", "model": "claude-opus-4-8"}
ALL_MODELS = [*CHATS, *CLAUDES]


def system_text(body: Json) -> str:
    """All system text that goes up, in whichever dialect."""
    return json.dumps([body.get("system"), [one for one in body["messages"] if one["role"] == "system"]])


def replied(path: str, body: Json, **settings: Any) -> Reply:
    reply = opened(path, body, **settings)
    assert isinstance(reply, Reply), "it goes upstream"
    assert reply.status == 200
    return reply


@pytest.mark.parametrize("model", CHATS)
@pytest.mark.parametrize("settings", [{}, {"force_conversion": True}, {"use_legacy_argo": True}])
def test_1_8_what_is_not_there_is_named_in_every_dialect(model: str, settings: Json) -> None:
    hosted = [{"type": "web_search"}, {"type": "mcp", "server_label": "wiki", "server_url": "https://x.example"}]
    function = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}
    cases: list[tuple[str, Json, list[str]]] = [
        (MESSAGES, request(MESSAGES, model, tools=[TOOL, SEARCH, FETCH], system="S"), ["web_search", "web_fetch"]),
        (RESPONSES, {"model": model, "input": "hi", "tools": [function, *hosted]}, ["web_search", "mcp"]),
        (GOOGLE.format(model), {"contents": [{"role": "user", "parts": [{"text": "hi"}]}],
                                "tools": [{"googleSearch": {}}, {"urlContext": {}}, {"codeExecution": {}}]},
         ["googleSearch", "urlContext", "codeExecution"]),
    ]  # fmt: skip
    for path, asked, names in cases:
        body, dropped = sent(path, asked, **settings)
        assert "search" not in system_text(body), "nothing is said that the client has not said"
        assert all(any(name in one for one in dropped) for name in names)


@pytest.mark.parametrize("model", CLAUDES)
@pytest.mark.parametrize("settings", [{}, {"force_conversion": True}])
@pytest.mark.parametrize("system", [None, "S", [{"type": "text", "text": "S"}]])
def test_1_8_a_claude_gets_the_tools_that_it_has_and_is_told_of_the_others(
    model: str, settings: Json, system: object
) -> None:
    asked = request(MESSAGES, model, tools=[TOOL, SEARCH, FETCH, RUN, ADVISOR], system=system)
    body, dropped = sent(MESSAGES, asked, **settings)
    assert body["tools"] == [TOOL, SEARCH]
    assert {f"tools[].{tool['type']}" for tool in (FETCH, RUN, ADVISOR)} <= set(dropped)
    assert "search" not in system_text(body), "nothing is said that the client has not said"
    assert system is None or "S" in system_text(body)
    untouched = request(MESSAGES, model, tools=[TOOL, SEARCH], system=system)
    body, dropped = sent(MESSAGES, untouched, **settings)
    assert (body["tools"], dropped) == ([TOOL, SEARCH], ())


def test_1_8_a_later_web_search_becomes_the_one_that_is_there() -> None:
    later = {"type": "web_search_20260209", "name": "web_search", "max_uses": 2, "allowed_callers": ["direct"]}
    body, dropped = sent(MESSAGES, request(MESSAGES, "claude-opus-4.8", tools=[later]))
    assert body["tools"] == [{"type": "web_search_20250305", "name": "web_search", "max_uses": 2}]
    assert "tools[].web_search_20260209 (sent: web_search_20250305)" in dropped
    assert "system" not in body


def test_1_8_mcp_servers_go_with_their_tools() -> None:
    servers = [{"type": "url", "url": "https://x.example", "name": "wiki"}]
    tools = [{"type": "mcp_toolset", "mcp_server_name": "wiki"}]
    body, dropped = sent(MESSAGES, request(MESSAGES, "claude-opus-4.8", tools=tools, mcp_servers=servers))
    assert not body.keys() & {"tools", "mcp_servers"}
    assert {"mcp_servers", "tools[].mcp_toolset"} <= set(dropped)


@pytest.mark.parametrize("kind", ["web_fetch", "bash_code_execution", "text_editor_code_execution", "code_execution"])
@pytest.mark.parametrize("model", CLAUDES)
def test_1_8_a_claude_is_not_shown_what_such_tools_did_before(model: str, kind: str) -> None:
    """The history of another provider, or of ours: ARGO would refuse each later turn of the session."""
    user: Json = {"role": "user", "content": "hi"}
    searched: list[Json] = [
        {"type": "server_tool_use", "id": "srvtoolu_2", "name": "web_search", "input": {"query": "q"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_2", "content": []},
    ]
    said: Json = {"role": "assistant", "content": [
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": kind, "input": {}},
        {"type": f"{kind}_tool_result", "tool_use_id": "srvtoolu_1", "content": {"type": "x"}},
        *searched, {"type": "text", "text": "found"},
    ]}  # fmt: skip
    alone: Json = {"role": "assistant", "content": said["content"][:2]}
    uploaded: Json = {"role": "user", "content": [{"type": "container_upload", "file_id": "f"},
                                                  {"type": "text", "text": "look"}]}  # fmt: skip
    body, _ = sent(MESSAGES, request(MESSAGES, model, user, said, user, alone, uploaded))
    assert body["messages"][1]["content"] == [*searched, {"type": "text", "text": "found"}]
    assert [block["type"] for block in body["messages"][3]["content"]] == ["text"]
    assert body["messages"][4]["content"] == [{"type": "text", "text": "look"}]


# A choice that leaves nothing but such a tool: Claude Code's WebSearch is a call of its own like that

RESULTS = {
    "web_search": (SEARCH, "web_search"), "web_fetch": (FETCH, "web_fetch"), "run": (RUN, "bash_code_execution"),
    "old run": (OLD_RUN, "code_execution"), "advisor": (ADVISOR, "advisor"),
}  # fmt: skip


@pytest.mark.parametrize("choice", ["tool", "any"])
@pytest.mark.parametrize("case", RESULTS)
@pytest.mark.parametrize(("model", "settings"), [("gpt-5.4", {}), ("gemini-2.5-pro", {}), ("claude-opus-4.8", {}),
                                                 ("claude-opus-4.8", {"use_legacy_argo": True})])  # fmt: skip
def test_1_8_a_tool_that_must_be_called_has_failed(case: str, choice: str, model: str, settings: Json) -> None:
    tool, name = RESULTS[case]
    asked = {"type": "tool", "name": tool["name"]} if choice == "tool" else {"type": "any"}
    body = request(MESSAGES, model, tools=[tool], tool_choice=asked)
    if case == "web_search" and model.startswith("claude") and not settings:
        made, _ = sent(MESSAGES, body)
        assert made["tools"] == [tool]
        return
    message = json.loads(replied(MESSAGES, body, **settings).body)
    use, result, text = message["content"]
    assert (use["type"], use["name"], result["type"]) == ("server_tool_use", name, f"{name}_tool_result")
    assert result["tool_use_id"] == use["id"]
    assert result["content"] == {"type": f"{name}_tool_result_error", "error_code": "unavailable"}
    assert "not available" in text["text"]
    assert (message["stop_reason"], message["model"]) == ("end_turn", model)
    again = json.loads(replied(MESSAGES, body, **settings).body)
    assert again["content"][0]["id"] != use["id"]


ITEMS = {
    "web_search": "web_search_call", "web_search_preview_2025_03_11": "web_search_call",
    "file_search": "file_search_call", "code_interpreter": "code_interpreter_call",
    "image_generation": "image_generation_call", "mcp": "mcp_call",
}  # fmt: skip


@pytest.mark.parametrize("model", ["gpt-5.4", "claude-opus-4.8"])
@pytest.mark.parametrize("kind", [*ITEMS, "computer_use_preview"])
@pytest.mark.parametrize("stream", [False, True])
def test_1_17_a_hosted_tool_that_must_be_called_has_failed(kind: str, model: str, stream: bool) -> None:
    tool = {"type": kind, **({"server_label": "wiki"} if kind == "mcp" else {})}
    body = {"model": model, "input": "hi", "tools": [tool], "tool_choice": {"type": kind}, "stream": stream}
    reply = replied(RESPONSES, body)
    if stream:
        assert reply.headers["content-type"].startswith("text/event-stream")
        events = [json.loads(line[6:]) for line in reply.body.decode().splitlines() if line.startswith("data: ")]
        assert [event["sequence_number"] for event in events] == list(range(len(events)))
        told = events[-1]["response"]
        done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
        assert done == told["output"]
    else:
        told = json.loads(reply.body)
    *calls, message = told["output"]
    assert [(call["type"], call["status"]) for call in calls] == ([(ITEMS[kind], "failed")] if kind in ITEMS else [])
    assert "not available" in message["content"][0]["text"]
    assert told["status"] == "completed"


def test_1_17_a_choice_that_leaves_another_tool_goes_upstream() -> None:
    function = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}
    tools = [{"type": "web_search"}, function]
    body, _ = sent(RESPONSES, {"model": "gpt-5.4", "input": "hi", "tools": tools, "tool_choice": "required"})
    assert [tool["function"]["name"] for tool in body["tools"]] == ["f"]


@pytest.mark.parametrize("model", ["gpt-5.4", "claude-opus-4.8"])
def test_1_8_claude_codes_search_is_a_call_of_its_own_with_a_free_choice(model: str) -> None:
    agent = {"user-agent": "claude-cli/2.1.197 (external, sdk-cli)"}
    free = request(MESSAGES, model, tools=[FETCH], tool_choice={"type": "auto"})
    reply = opened(MESSAGES, free, agent)
    assert isinstance(reply, Reply)
    assert b"web_fetch_tool_result_error" in reply.body
    for others, headers in (
        ({"tools": [FETCH, TOOL]}, agent),
        ({"tools": [FETCH]}, {}),
    ):  # an agent's turn; another client
        assert not isinstance(opened(MESSAGES, {**free, **others}, headers), Reply)
