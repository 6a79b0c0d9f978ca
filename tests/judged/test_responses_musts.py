"""The musts of pitfalls 1B (1.14 to 1.20), 4.7, 5.6 and 5.7 for Responses clients, each with a body made for it.

Bodies are as Codex sends them. What goes upstream is held against the upstream SDK's types every time (handmade.py).
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.responses import Response

from .handmade import CLAUDE, GPT, STREAM, ask, claude_stream, refusal, respond
from .rules_responses import responses_problems
from .wires import Through

BOTH = pytest.mark.parametrize("model", [CLAUDE, GPT])
WAYS = pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
OBJECT = {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]}
LOOK = {"type": "function", "name": "look", "description": "Look.", "parameters": OBJECT, "strict": False}
CLOSE = {"type": "function", "name": "close_agent", "description": "Close.", "parameters": OBJECT}
SPACE = {"type": "namespace", "name": "multi_agent_v1", "description": "Agents.", "tools": [CLOSE]}
PATCH = {
    "type": "custom", "name": "apply_patch", "description": "Edit files.",
    "format": {"type": "grammar", "syntax": "lark", "definition": 'start: "*** Begin Patch" LF'},
}  # fmt: skip
SHELL = {"type": "local_shell"}
SEARCH = {
    "type": "tool_search", "execution": "client", "description": "Find tools.",
    "parameters": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
}  # fmt: skip
USER = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Go on."}]}
EDIT = "*** Begin Patch\n*** Add File: a.txt\n+\"é\"\n*** End Patch\n"  # fmt: skip


def called(name: str, arguments: dict[str, Any], tools: list[dict[str, Any]], *, streamed: bool) -> dict[str, Any]:
    """The item that a client with these tools gets when Claude calls one."""
    block = {"type": "tool_use", "id": "toolu_1", "name": name, "input": arguments}
    way = Through(claude_stream(block), STREAM)
    made = respond(way, {"input": "Hi", "tools": tools}, streamed=streamed)
    if streamed:
        assert responses_problems(way.sent) == []
    (item,) = made.output
    return item.model_dump(exclude_none=True, warnings=False)


def turns(model: str, *items: dict[str, Any], **members: Any) -> list[dict[str, Any]]:
    """The messages that go upstream for a conversation."""
    messages: list[dict[str, Any]] = ask("openai_responses", {"input": list(items), **members}, model).body["messages"]
    return messages


@BOTH
def test_1_14_additional_tools(model: str) -> None:
    brought = {"type": "additional_tools", "role": "developer", "tools": [LOOK, SPACE]}
    asked = ask("openai_responses", {"input": [brought, USER]}, model)
    assert list(asked.tools) == ["look", "multi_agent_v1__close_agent"]
    assert asked.tools["look"] == {"description": "Look.", "schema": OBJECT}
    assert "additional_tools" not in json.dumps(asked.body)
    assert [message["role"] for message in asked.body["messages"]] == ["user"]
    both = ask("openai_responses", {"input": [brought, USER], "tools": [PATCH]}, model)
    assert sorted(both.tools) == ["apply_patch", "look", "multi_agent_v1__close_agent"]


@WAYS
def test_1_14_a_call_of_an_additional_tool(streamed: bool) -> None:
    brought = {"type": "additional_tools", "role": "developer", "tools": [SPACE]}
    block = {"type": "tool_use", "id": "toolu_1", "name": "multi_agent_v1__close_agent", "input": {"at": "x"}}
    made = respond(Through(claude_stream(block), STREAM), {"input": [brought, USER]}, streamed=streamed)
    item = made.output[0].model_dump(exclude_none=True)
    assert (item["type"], item["namespace"], item["name"]) == ("function_call", "multi_agent_v1", "close_agent")


@WAYS
def test_1_15_namespaces_are_restored(streamed: bool) -> None:
    item = called("multi_agent_v1__close_agent", {"at": "x"}, [SPACE], streamed=streamed)
    assert (item["type"], item["namespace"], item["name"]) == ("function_call", "multi_agent_v1", "close_agent")
    assert json.loads(item["arguments"]) == {"at": "x"}
    custom = {**SPACE, "name": "edit", "tools": [PATCH]}
    item = called("edit__apply_patch", {"input": EDIT}, [custom], streamed=streamed)
    assert (item["type"], item["namespace"], item["name"]) == ("custom_tool_call", "edit", "apply_patch")
    assert item["input"] == EDIT


@BOTH
def test_1_15_namespaces_are_flattened(model: str) -> None:
    bare = {**SPACE, "name": "functions", "tools": [LOOK]}
    choice = {"type": "function", "name": "close_agent", "namespace": "multi_agent_v1"}
    body = {"input": [USER], "tools": [SPACE, bare], "tool_choice": choice}
    asked = ask("openai_responses", body, model)
    assert list(asked.tools) == ["multi_agent_v1__close_agent", "look"]
    assert "multi_agent_v1__close_agent" in json.dumps(asked.body["tool_choice"])
    echoed = {"type": "function_call", "call_id": "c1", "name": "close_agent", "namespace": "multi_agent_v1",
              "arguments": "{\"at\": \"x\"}", "id": "fc_1"}  # fmt: skip
    result = {"type": "function_call_output", "call_id": "c1", "output": "closed", "id": "fco_1"}
    told = json.dumps(turns(model, USER, echoed, result, USER, tools=[SPACE]))
    assert '"multi_agent_v1__close_agent"' in told
    assert '"close_agent"' not in told


@WAYS
@pytest.mark.parametrize("inner", ["x" * 60, "close.agent"])
def test_1_15_long_or_odd_names_fit_and_come_back(inner: str, streamed: bool) -> None:
    space = {**SPACE, "name": "mcp_a_server_with_a_name", "tools": [{**CLOSE, "name": inner}, {**CLOSE, "name": "b"}]}
    for model, most in ((GPT, 64), (CLAUDE, 128)):
        names = list(ask("openai_responses", {"input": [USER], "tools": [space]}, model).tools)
        assert len(set(names)) == 2
        assert all(len(name) <= most and name.replace("_", "").replace("-", "").isalnum() for name in names)
    item = called(names[0], {"at": "x"}, [space], streamed=streamed)
    assert (item["namespace"], item["name"]) == ("mcp_a_server_with_a_name", inner)


@BOTH
def test_1_15_two_tools_of_one_flat_name_are_told_apart(model: str) -> None:
    """`a__b` within `c`, and `b` within `c__a`: both must be offered."""
    tools = [{**SPACE, "name": "c", "tools": [{**CLOSE, "name": "a__b"}]},
             {**SPACE, "name": "c__a", "tools": [{**CLOSE, "name": "b"}]}]  # fmt: skip
    assert len(ask("openai_responses", {"input": [USER], "tools": tools}, model).tools) == 2


@BOTH
def test_1_16_a_free_text_tool_is_a_function(model: str) -> None:
    tool = ask("openai_responses", {"input": [USER], "tools": [PATCH]}, model).tools["apply_patch"]
    assert tool["description"].startswith("Edit files.")
    assert PATCH["format"]["definition"] in tool["description"]  # type: ignore[index]
    assert (list(tool["schema"]["properties"]), tool["schema"]["required"]) == (["input"], ["input"])


@WAYS
@pytest.mark.parametrize("member", ["input", "patch"])
def test_1_16_its_call_comes_back_as_free_text(member: str, streamed: bool) -> None:
    item = called("apply_patch", {member: EDIT}, [PATCH], streamed=streamed)
    assert (item["type"], item["name"], item["call_id"]) == ("custom_tool_call", "apply_patch", "toolu_1")
    assert item["input"] == EDIT


@BOTH
def test_1_16_its_history_goes_upstream(model: str) -> None:
    call = {"type": "custom_tool_call", "call_id": "c1", "name": "apply_patch", "input": EDIT, "status": "completed"}
    result = {"type": "custom_tool_call_output", "call_id": "c1", "output": "Done!"}
    spoken = turns(model, USER, call, result, tools=[PATCH])
    if model == CLAUDE:
        assert spoken[1]["content"][0]["input"] == {"input": EDIT}
        assert spoken[2]["content"][0]["content"] in ("Done!", [{"type": "text", "text": "Done!"}])
    else:
        assert json.loads(spoken[1]["tool_calls"][0]["function"]["arguments"]) == {"input": EDIT}
        assert (spoken[2]["role"], spoken[2]["content"]) == ("tool", "Done!")


@BOTH
def test_1_17_hosted_tools_are_dropped(model: str) -> None:
    hosted: list[dict[str, Any]] = [
        {"type": "web_search"}, {"type": "image_generation"}, {"type": "tool_search"}, {"type": "file_search"},
        {"type": "code_interpreter", "container": {"type": "auto"}},
        {"type": "mcp", "server_label": "a", "server_url": "https://a.example"},
    ]  # fmt: skip
    asked = ask("openai_responses", {"input": [USER], "tools": [*hosted, {**LOOK, "defer_loading": True}]}, model)
    assert list(asked.tools) == ["look"]
    assert all(f"tools[].{tool['type']}" in asked.dropped for tool in hosted)
    alone = ask("openai_responses", {"input": [USER], "tools": hosted, "tool_choice": "auto"}, model)
    assert not {"tools", "tool_choice"} & alone.body.keys()


@WAYS
def test_1_17_tool_search_both_ways(streamed: bool) -> None:
    assert ask("openai_responses", {"input": [USER], "tools": [SEARCH]}, GPT).tools["tool_search"]["schema"]
    item = called("tool_search", {"query": "rates"}, [SEARCH], streamed=streamed)
    assert (item["type"], item["execution"], item["call_id"]) == ("tool_search_call", "client", "toolu_1")
    assert item["arguments"] == {"query": "rates"}


@BOTH
def test_1_17_found_tools_are_tools(model: str) -> None:
    call = {"type": "tool_search_call", "call_id": "c1", "execution": "client", "arguments": {"query": "rates"}}
    found = {"type": "tool_search_output", "call_id": "c1", "execution": "client", "tools": [LOOK]}
    asked = ask("openai_responses", {"input": [USER, call, found], "tools": [SEARCH]}, model)
    assert list(asked.tools) == ["tool_search", "look"]
    assert "rates" in json.dumps(asked.body["messages"][1])
    assert "look" in json.dumps(asked.body["messages"][2])


@WAYS
def test_1_17_local_shell_both_ways(streamed: bool) -> None:
    assert list(ask("openai_responses", {"input": [USER], "tools": [SHELL]}, GPT).tools) == ["local_shell"]
    item = called("local_shell", {"command": ["ls", "-l"], "timeout_ms": 9}, [SHELL], streamed=streamed)
    assert (item["type"], item["call_id"]) == ("local_shell_call", "toolu_1")
    assert item["action"] == {"type": "exec", "command": ["ls", "-l"], "env": {}, "timeout_ms": 9}


@BOTH
def test_1_17_local_shell_in_the_history(model: str) -> None:
    action = {"type": "exec", "command": ["ls"], "env": {}, "working_directory": "/tmp"}
    call = {"type": "local_shell_call", "call_id": "c1", "id": "lsh_1", "action": action, "status": "completed"}
    for result in ({"id": "c1"}, {"id": "lsh_1"}, {"call_id": "c1"}):
        told = turns(model, USER, call, {"type": "local_shell_call_output", "output": "a.txt", **result}, tools=[SHELL])
        assert len(told) == 3
        assert "/tmp" in json.dumps(told[1])
        assert "a.txt" in json.dumps(told[2])
        assert "interrupted" not in json.dumps(told)


def test_1_18_leading_developer_messages_are_the_system_prompt() -> None:
    rules = [{"type": "message", "role": "developer", "content": [{"type": "input_text", "text": text}]}
             for text in ("Be brief.", "Be kind.")]  # fmt: skip
    late = {"type": "message", "role": "developer", "content": "Two tokens left."}
    body = {"instructions": "You are Codex.", "input": [*rules, USER, late, USER]}
    claude = ask("openai_responses", body, CLAUDE).body
    assert [block["text"] for block in claude["system"]] == ["You are Codex.", "Be brief.", "Be kind."]
    spoken = json.dumps(claude["messages"])
    assert spoken.count("Two tokens left.") == 1
    assert spoken.index("Go on.") < spoken.index("Two tokens left.") < spoken.rindex("Go on.")
    messages = ask("openai_responses", body, GPT).body["messages"]
    assert {message["role"] for message in messages} == {"system", "user"}
    said = [message["content"] for message in messages if message["role"] == "system"]
    assert "".join(map(str, said)).index("Be brief.") < "".join(map(str, said)).index("Be kind.")


@BOTH
@pytest.mark.parametrize(
    "item",
    [
        {"role": "user", "content": "Look."},
        {"type": "message", "role": "user", "content": "Look.", "id": "any_1", "status": "completed"},
        {"role": "user", "content": [{"type": "input_text", "text": "Look."}]},
        {"type": "message", "role": "assistant", "id": "x", "phase": "commentary", "content": [
            {"type": "output_text", "text": "Look.", "annotations": [], "logprobs": []}]},
        {"role": "assistant", "content": "Look."},
        {"role": "system", "content": "Look."},
    ],
)  # fmt: skip
def test_1_19_shapes_of_messages(item: dict[str, Any], model: str) -> None:
    thought: dict[str, Any] = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [],
        "content": None,
        "encrypted_content": "gAAAA",
    }
    assert "Look." in json.dumps(ask("openai_responses", {"input": [USER, thought, item, USER]}, model).body)
    assert ask("openai_responses", {"input": "Look."}, model).body["messages"][-1]["role"] == "user"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"input": [USER, {"type": "item_reference", "id": "msg_1"}]}, "input[1]"),
        ({"input": "Hi", "previous_response_id": "resp_1"}, "previous_response_id"),
        ({"input": "Hi", "conversation": "conv_1"}, "conversation"),
    ],
)
def test_1_19_what_needs_a_store_is_refused(body: dict[str, Any], place: str) -> None:
    status, error = refusal("openai_responses", body)
    assert (status, error["code"], error["param"]) == (400, "previous_response_not_found", place)
    assert error["type"] == "invalid_request_error"


def test_1_19_a_call_in_the_background_is_refused() -> None:
    status, error = refusal("openai_responses", {"input": "Hi", "background": True})
    assert (status, error["param"]) == (400, "background")
    assert ask("openai_responses", {"input": "Hi", "background": False, "previous_response_id": None}, GPT).body


@BOTH
def test_1_20_text_between_a_call_and_its_output(model: str) -> None:
    calls = [{"type": "function_call", "call_id": f"c{n}", "name": "look", "arguments": "{}"} for n in (1, 2)]
    results = [{"type": "function_call_output", "call_id": f"c{n}", "output": f"out {n}"} for n in (2, 1)]
    text = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Looking."}]}
    told = turns(model, USER, calls[0], text, calls[1], *results, tools=[LOOK])
    if model == CLAUDE:
        assert [message["role"] for message in told] == ["user", "assistant", "user"]
        assert [block["type"] for block in told[1]["content"]] == ["text", "tool_use", "tool_use"]
        assert [block["tool_use_id"] for block in told[2]["content"]] == ["c1", "c2"]
    else:
        assert [message["role"] for message in told] == ["user", "assistant", "tool", "tool"]
        assert told[1]["content"] == "Looking."
        assert [message["tool_call_id"] for message in told[2:]] == ["c1", "c2"]


@BOTH
def test_1_13_images_and_files(model: str) -> None:
    said = [{"type": "input_image", "image_url": "data:image/png;base64,QUJD", "detail": "low"},
            {"type": "input_image", "image_url": "https://a.example/cat.png"},
            {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,REVG"}]  # fmt: skip
    body = {"input": [{"role": "user", "content": [{"type": "input_text", "text": "See:"}, *said]}]}
    (message,) = ask("openai_responses", body, model).body["messages"]
    kinds = [part["type"] for part in message["content"]]
    told = json.dumps(message)
    assert all(data in told for data in ("QUJD", "https://a.example/cat.png", "REVG"))
    file = "document" if model == CLAUDE else "file"
    image = "image" if model == CLAUDE else "image_url"
    assert kinds == ["text", image, image, file]


@BOTH
def test_1_21_options_are_mapped(model: str) -> None:
    form = {"type": "json_schema", "name": "City", "schema": {**OBJECT, "additionalProperties": False}, "strict": True}
    body = {"input": [USER], "tools": [LOOK], "parallel_tool_calls": False, "max_output_tokens": 77,
            "text": {"format": form, "verbosity": "low"}, "store": False, "include": ["reasoning.encrypted_content"],
            "prompt_cache_key": "k", "client_metadata": {"a": "b"}, "truncation": "disabled", "service_tier": "auto",
            "stream_options": {"include_obfuscation": False}, "reasoning": {"summary": "auto"}}  # fmt: skip
    asked = ask("openai_responses", body, model)
    if model == CLAUDE:
        assert asked.body["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
        assert asked.body["output_config"]["format"]["schema"]["required"] == ["at"]
        assert asked.body["max_tokens"] == 77
    else:
        assert asked.body["parallel_tool_calls"] is False
        assert asked.body["response_format"]["json_schema"]["name"] == "City"
        assert asked.body["max_completion_tokens"] == 77


def test_4_7_outputs_that_are_lists_with_images() -> None:
    call = {"type": "function_call", "call_id": "c1", "name": "look", "arguments": ""}
    output = [{"type": "input_text", "text": "A cat."},
              {"type": "input_image", "image_url": "data:image/png;base64,QUJD", "detail": "auto"}]  # fmt: skip
    result = {"type": "function_call_output", "call_id": "c1", "output": output}
    block = turns(CLAUDE, USER, call, result, tools=[LOOK])[2]["content"][0]
    assert [part["type"] for part in block["content"]] == ["text", "image"]
    assert block["content"][1]["source"] == {"type": "base64", "media_type": "image/png", "data": "QUJD"}
    told = turns(GPT, USER, call, result, USER, tools=[LOOK])
    assert [message["role"] for message in told][:4] == ["user", "assistant", "tool", "user"]
    assert "A cat." in told[2]["content"]
    assert "data:image/png;base64,QUJD" not in json.dumps(told[2])
    assert "data:image/png;base64,QUJD" in json.dumps(told[3:])


THINKING = {"type": "thinking", "thinking": '2 and\n2 — "é"', "signature": "EqQBCgIYAhIkYjB+/w=="}
REDACTED = {"type": "redacted_thinking", "data": "EmwKAhgB+/=="}
ADD = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"at": "x"}}


def history(made: Response) -> list[dict[str, Any]]:
    """What a client sends back of an answer: its items, word for word."""
    return [item.model_dump(exclude_none=True) for item in made.output]


@WAYS
@pytest.mark.parametrize("thoughts", [[THINKING], [REDACTED], [THINKING, REDACTED]],
                         ids=["signed", "redacted", "both"])  # fmt: skip
def test_5_7_thinking_comes_back_before_its_call(thoughts: list[dict[str, Any]], streamed: bool) -> None:
    body: dict[str, Any] = {"tools": [LOOK], "reasoning": {"effort": "high"}}
    way = Through(claude_stream(*thoughts, ADD), STREAM)
    made = respond(way, {"input": [USER], **body, "include": ["reasoning.encrypted_content"]}, streamed=streamed)
    result = {"type": "function_call_output", "call_id": "toolu_1", "output": "4"}
    respond(way, {"input": [USER, *history(made), result], **body}, streamed=streamed)
    asked = json.loads(way.asked)
    assert asked["messages"][1]["role"] == "assistant"
    assert asked["messages"][1]["content"] == [*thoughts, ADD]
    assert asked["thinking"]["type"] != "disabled"


def test_5_7_codex_echoes_only_what_is_sealed() -> None:
    """It sends `encrypted_content` word for word, with `content: null` and the summary as it was."""
    way = Through(claude_stream(THINKING, {"type": "text", "text": "I look."}, ADD), STREAM)
    made = respond(way, {"input": [USER], "tools": [LOOK], "reasoning": {"effort": "high"}}, streamed=True)
    thought, *others = history(made)
    echoed = {**thought, "content": None, "id": "rs_other"}
    result = {"type": "function_call_output", "call_id": "toolu_1", "output": "4"}
    told = turns(CLAUDE, USER, echoed, *others, result, tools=[LOOK], reasoning={"effort": "high"})
    assert told[1]["content"] == [THINKING, {"type": "text", "text": "I look."}, ADD]
    assert "EqQBCgIYAhIkYjB" not in json.dumps(turns(GPT, USER, echoed, *others, result, tools=[LOOK]))


@BOTH
def test_5_5_foreign_thoughts_go_nowhere(model: str) -> None:
    foreign = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}],
               "encrypted_content": "gAAAAABqhb9upiNz8o16K1nk"}  # fmt: skip
    call = {"type": "function_call", "call_id": "c1", "name": "look", "arguments": '{"at":"x"}'}
    result = {"type": "function_call_output", "call_id": "c1", "output": "4"}
    told = json.dumps(turns(model, USER, foreign, call, result, tools=[LOOK], reasoning={"effort": "high"}))
    assert "gAAAAA" not in told
    assert '"thinking"' not in told
