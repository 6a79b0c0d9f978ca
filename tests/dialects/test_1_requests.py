"""Section 1A of the pitfalls: requests of Anthropic clients, to Chat models and to Claude."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from .asking import CHAT, CHATS, CLAUDES, GPTS, MESSAGES, Json, asked, messages_sent, refused, request, sent

Text = str | list[Json]
USER: Json = {"role": "user", "content": "hi"}
CALL: Json = {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "f", "input": {}}]}
RESULT: Json = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "ok"}]}
SAID: Json = {"role": "assistant", "content": "yes"}
TOOL: Json = {"name": "f", "description": "does", "input_schema": {"type": "object"}}


def late(text: str, blocks: bool = False) -> Json:
    return {"role": "system", "content": [{"type": "text", "text": text}] if blocks else text}


def outline(messages: list[Json]) -> list[str]:
    """The roles, and for system messages what they say."""
    return [message["role"] + (f":{flat(message['content'])}" * (message["role"] == "system")) for message in messages]


def flat(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def listed(content: Any) -> list[Json]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


# 1.1, 1.2: system messages among the others

LATE: list[tuple[list[Json], list[str]]] = [
    ([USER, late("L")], ["user", "system:L"]),
    ([USER, late("L", blocks=True)], ["user", "system:L"]),
    ([late("L"), USER], ["system:L", "user"]),
    ([USER, late("L"), SAID, USER], ["user", "system:L", "assistant", "user"]),
    ([USER, SAID, late("L"), USER], ["user", "assistant", "system:L", "user"]),
    ([USER, late("L"), late("M"), SAID, USER], ["user", "system:L", "system:M", "assistant", "user"]),
    ([USER, CALL, RESULT, late("L")], ["user", "assistant", "tool", "system:L"]),
    ([USER, CALL, late("L"), RESULT], ["user", "assistant", "tool", "system:L"]),
]


@pytest.mark.parametrize(("messages", "expected"), LATE, ids=range(len(LATE)))
@pytest.mark.parametrize("model", CHATS)
def test_1_1_late_system_messages_go_to_chat_where_they_stood(
    model: str, messages: list[Json], expected: list[str]
) -> None:
    assert outline(messages_sent(MESSAGES, model, *messages, system="S", tools=[TOOL])) == ["system:S", *expected]


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("model", CLAUDES)
@pytest.mark.parametrize(("messages", "_expected"), LATE, ids=range(len(LATE)))
def test_1_1_late_system_messages_become_words_of_the_user_for_claude(
    messages: list[Json], _expected: list[str], model: str, force: bool
) -> None:
    body, _ = sent(MESSAGES, request(MESSAGES, model, *messages, system="S", tools=[TOOL]), force_conversion=force)
    made = body["messages"]
    assert {message["role"] for message in made} <= {"user", "assistant"}
    leads = messages[0]["role"] == "system" and force  # then it is at the front in any case
    said = body["system"] if leads else [block for message in made for block in listed(message["content"])]
    assert "L" in flat(said)
    assert flat(body["system"]).startswith("S")
    assert leads or flat(body["system"]) == "S"
    for before, after in pairwise(made):
        if before["content"] == CALL["content"]:
            assert after["content"][0]["type"] == "tool_result"


@pytest.mark.parametrize("model", CHATS)
def test_1_2_a_text_that_changes_each_turn_leaves_the_beginning_alone(model: str) -> None:
    first, second = (
        messages_sent(MESSAGES, model, USER, late(f"{left} tokens left"), system="S") for left in (900, 800)
    )
    assert first[:2] == second[:2] == [{"role": "system", "content": "S"}, {"role": "user", "content": "hi"}]


# 1.3: the billing block

BILLING = "x-anthropic-billing-header: cc_version=2.1.197; cch=3f9a1;"
RULES: Json = {"type": "text", "text": "You are Claude Code."}


@pytest.mark.parametrize("model", CHATS)
def test_1_3_the_billing_block_does_not_go_to_chat(model: str) -> None:
    system = [{"type": "text", "text": BILLING}, RULES]
    assert messages_sent(MESSAGES, model, system=system)[0] == {"role": "system", "content": RULES["text"]}
    assert outline(messages_sent(MESSAGES, model, system=system[:1])) == ["user"]


def test_1_3_what_follows_the_billing_line_in_the_same_text_stays() -> None:
    said = messages_sent(MESSAGES, "gpt-5.4", system=f"{BILLING}\nYou are Claude Code.")[0]
    assert said["role"] == "system"
    assert "You are Claude Code." in said["content"]


def test_1_3_a_block_that_only_speaks_of_billing_stays() -> None:
    system = [RULES, {"type": "text", "text": BILLING}]
    assert BILLING in flat(messages_sent(MESSAGES, "gpt-5.4", system=system)[0]["content"])


# 1.4 to 1.6: query, unknown members, headers


def test_1_4_the_query_does_not_matter_on_the_way_to_chat_either() -> None:
    url = asked(f"{MESSAGES}?beta=true&x=1", request(MESSAGES, "gpt-5.4")).upstream.url
    assert url == "http://argo.example/v1/chat/completions"


CHAT_TAKES = {
    *("model", "messages", "user", "tools", "tool_choice", "parallel_tool_calls", "max_completion_tokens", "stop"),
    *("temperature", "top_p", "reasoning_effort", "response_format", "stream", "stream_options", "verbosity"),
}


@pytest.mark.parametrize("model", CHATS)
@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("context_management", {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}),
        ("output_config", {"effort": "medium", "novel": 1}),
        ("thinking", {"type": "adaptive", "display": "summarized"}),
        ("thinking", {"type": "enabled", "budget_tokens": 2000, "display": "omitted"}),
        ("metadata", {"user_id": "user_1"}),
        ("speed", "fast"),
        ("diagnostics", {}),
        ("inference_geo", "us"),
        ("service_tier", "auto"),
        ("container", None),
        ("mcp_servers", []),
        ("top_k", 5),
        ("novel", {"a": [1]}),
    ],
)
def test_1_5_no_member_that_clients_send_by_default_reaches_chat_or_is_refused(
    model: str, member: str, value: object
) -> None:
    body, dropped = sent(MESSAGES, request(MESSAGES, model, **{member: value}))
    assert body.keys() <= CHAT_TAKES
    if member in ("context_management", "speed", "inference_geo", "novel", "top_k"):
        assert member in dropped


@pytest.mark.parametrize("name", ["input_examples", "defer_loading", "eager_input_streaming", "allowed_callers"])
def test_1_5_members_of_tools_that_chat_does_not_know_stay_here(name: str) -> None:
    body, dropped = sent(MESSAGES, request(MESSAGES, "gpt-5.4", tools=[{**TOOL, name: True, "type": "custom"}]))
    (tool,) = body["tools"]
    assert tool.keys() == {"type", "function"}
    assert tool["function"].keys() <= {"name", "description", "parameters", "strict"}
    assert f"tools[].{name}" in dropped


def test_1_6_anthropics_headers_do_not_go_to_chat() -> None:
    headers = {"anthropic-beta": "a-1", "anthropic-version": "2026-10-21", "x-api-key": "k"}
    call = asked(MESSAGES, request(MESSAGES, "gpt-5.4"), headers)
    assert not [name for name in call.upstream.headers if name.startswith(("anthropic", "x-api"))]


# 1.8: tools that the provider brings along

SEARCH: Json = {"type": "web_search_20250305", "name": "web_search", "max_uses": 5}
RUN: Json = {"type": "code_execution_20250825", "name": "code_execution"}


@pytest.mark.parametrize("choice", [None, {"type": "auto"}])
@pytest.mark.parametrize("tools", [[], [SEARCH], [SEARCH, RUN]])
@pytest.mark.parametrize("model", CHATS)
def test_1_8_without_a_tool_that_chat_knows_there_is_no_list_and_no_choice(
    model: str, tools: list[Json], choice: Json | None
) -> None:
    body, dropped = sent(MESSAGES, request(MESSAGES, model, tools=tools, tool_choice=choice))
    assert not body.keys() & {"tools", "tool_choice", "parallel_tool_calls"}
    assert {f"tools[].{tool['type']}" for tool in tools} <= set(dropped)


def test_1_8_a_choice_of_a_tool_that_is_not_there_goes_and_the_others_stay() -> None:
    choice = {"type": "tool", "name": "nowhere", "disable_parallel_tool_use": True}
    body, dropped = sent(MESSAGES, request(MESSAGES, "gpt-5.4", tools=[SEARCH, TOOL], tool_choice=choice))
    assert [tool["function"]["name"] for tool in body["tools"]] == ["f"]
    assert "tool_choice" not in body
    assert "tool_choice" in dropped


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("bash_20250124", "bash"),
        ("text_editor_20250728", "str_replace_based_edit_tool"),
        ("computer_20250124", "computer"),
        ("memory_20250818", "memory"),
    ],
)
@pytest.mark.parametrize("model", CHATS)
def test_1_8_typed_tools_that_the_client_runs_are_functions_with_a_schema(model: str, kind: str, name: str) -> None:
    tools = [{"type": kind, "name": name}]
    body, _ = sent(MESSAGES, request(MESSAGES, model, tools=tools, tool_choice={"type": "tool", "name": name}))
    function = body["tools"][0]["function"]
    assert function["name"] == name
    assert function["parameters"]["type"] == "object"
    assert function["parameters"]["properties"]
    assert body["tool_choice"] == {"type": "function", "function": {"name": name}}


def test_1_8_blocks_of_server_tools_in_the_history_break_nothing() -> None:
    said = {"role": "assistant", "content": [
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"type": "web_search_result"}]},
        {"type": "text", "text": "found", "citations": [{"type": "char_location", "cited_text": "x"}]},
    ]}  # fmt: skip
    made = messages_sent(MESSAGES, "gpt-5.4", USER, said, USER)
    assert outline(made) == ["user", "assistant", "user"]
    assert (flat(made[1]["content"]), "tool_calls" in made[1]) == ("found", False)


# 1.9: empty text


@pytest.mark.parametrize("model", CHATS)
@pytest.mark.parametrize("text", [[], [{"type": "text", "text": ""}]])
def test_1_9_a_call_without_words_has_an_empty_text_toward_chat_and_never_null(model: str, text: list[Json]) -> None:
    call = {"role": "assistant", "content": [*text, *CALL["content"]]}
    for message in messages_sent(MESSAGES, model, USER, call, RESULT, tools=[TOOL]):
        assert message["content"] is not None
    assert messages_sent(MESSAGES, model, USER, call, RESULT)[1]["content"] == ""


@pytest.mark.parametrize("content", ["", [], [{"type": "text", "text": ""}], None])
def test_1_9_an_empty_result_has_a_content_toward_chat(content: Text | None) -> None:
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": content}]}
    assert messages_sent(MESSAGES, "gemini-2.5-pro", USER, CALL, result)[2]["content"] == ""


EMPTY = {"type": "text", "text": ""}
BLANK = {"type": "text", "text": " \n"}


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("blocks", [[EMPTY], [BLANK], [EMPTY, RULES], [RULES, BLANK]])
def test_1_9_empty_text_is_dropped_toward_claude(blocks: list[Json], force: bool) -> None:
    messages = [{"role": "user", "content": blocks}, {"role": "assistant", "content": blocks}, USER]
    body, _ = sent(MESSAGES, request(MESSAGES, "claude-opus-4.6", *messages), force_conversion=force)
    for message in body["messages"]:
        assert message["content"]
        assert all(block["text"].strip() for block in message["content"] if isinstance(block, dict))


def printed(path: str, text: str) -> Json:
    """A conversation in which a tool printed a text, in a dialect's words."""
    function = {"name": "f", "arguments": "{}"}
    if path == MESSAGES:
        use: Json = {"type": "tool_use", "id": "c", "name": "f", "input": {}}
        result: Json = {"type": "tool_result", "tool_use_id": "c", "content": text}
        answers = [{"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}]
        return {"max_tokens": 99, "messages": [USER, *answers]}
    if path == "/v1/responses":
        output = {"type": "function_call_output", "call_id": "c", "output": text}
        return {"input": [USER, {"type": "function_call", "call_id": "c", **function}, output]}
    call = {"id": "c", "type": "function", "function": {**function, "arguments": "{}" if path == CHAT else {}}}
    told = {"role": "tool", "tool_call_id": "c", "content": text}
    return {"messages": [USER, {"role": "assistant", "content": "", "tool_calls": [call]}, told]}


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("text", ["", "\n", " \r\n\t"])
@pytest.mark.parametrize("path", [MESSAGES, CHAT, "/v1/responses", "/api/chat"])
def test_1_9_a_tool_that_printed_an_empty_line_has_printed_nothing_toward_claude(
    path: str, text: str, force: bool
) -> None:
    """Claude refuses a result of blanks, and a session would be dead for ever."""
    body, _ = sent(path, {"model": "claude-opus-4.6", **printed(path, text)}, force_conversion=force)
    (result,) = body["messages"][-1]["content"]
    assert result["tool_use_id"] == body["messages"][-2]["content"][0]["id"]
    assert not result.get("content")


# 1.10: an assistant's message at the end


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("tail", [[SAID], [SAID, SAID], [SAID, {"role": "assistant", "content": [RULES]}]])
@pytest.mark.parametrize("model", ["claude-opus-4.6", "claude-opus-4.7"])
def test_1_10_the_user_has_the_last_word_where_a_model_does_not_go_on_with_its_own(
    model: str, tail: list[Json], force: bool
) -> None:
    body, _ = sent(MESSAGES, request(MESSAGES, model, USER, *tail), force_conversion=force)
    assert body["messages"][-1]["role"] == "user"
    assert flat(body["messages"][-1]["content"]).strip()
    assert "yes" in "".join(flat(message["content"]) for message in body["messages"])


def test_1_10_a_model_that_goes_on_with_its_own_words_gets_them() -> None:
    assert messages_sent(MESSAGES, "claude-haiku-4.5", USER, SAID)[-1] == SAID


# 1.11, 1.12: sampling and limits


@pytest.mark.parametrize(
    ("model", "members", "goes", "lost"),
    [
        ("gpt-4.1", {"stop_sequences": list("abcdef")}, {"stop": list("abcd")}, "stop_sequences[4:]"),
        ("gpt-4.1", {"top_k": 9}, {}, "top_k"),
        ("gpt-4.1", {"temperature": 0.3, "top_p": 0.5}, {"temperature": 0.3, "top_p": 0.5}, ""),
        ("gpt-5.4", {"temperature": 0.3}, {}, "temperature"),
        ("gpt-5.4", {"top_p": 0.5}, {}, "top_p"),
        ("gemini-2.5-pro", {"temperature": 1.0, "top_p": 0.95}, {"top_p": 0.95}, ""),
    ],
)
def test_1_11_sampling_goes_as_far_as_the_model_takes_it(model: str, members: Json, goes: Json, lost: str) -> None:
    body, dropped = sent(MESSAGES, request(MESSAGES, model, **members))
    assert {name: body[name] for name in ("temperature", "top_p", "top_k", "stop") if name in body} == goes
    assert not lost or lost in dropped


@pytest.mark.parametrize(
    ("model", "limit", "goes"),
    [
        ("gpt-5.4", 64000, 64000),
        ("gpt-4.1", 64000, 32768),
        ("gemini-2.5-pro", 64000, 64000),
        ("gemini-2.5-pro", 100000, 65535),
    ],
)
def test_1_12_the_limit_has_its_new_name_toward_chat_and_fits_the_model(model: str, limit: int, goes: int) -> None:
    body, _ = sent(MESSAGES, request(MESSAGES, model, max_tokens=limit))
    assert (body["max_completion_tokens"], "max_tokens" in body) == (goes, False)


# 7.1 belongs here too: what is wrong is named (see test_7_errors.py)


@pytest.mark.parametrize("model", GPTS)
def test_1_8_a_plain_tool_without_a_schema_is_named(model: str) -> None:
    status, body = refused(MESSAGES, request(MESSAGES, model, tools=[TOOL, {"name": "g"}]))
    assert status == 400
    assert body["error"]["message"].startswith("tools[1].input_schema")
