"""The agent that the simulator plays, in all three families, and what it counts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from argo_addon.simulator.agent.example import example
from argo_addon.simulator.signatures import is_signed
from tests.simulator.asking import (
    CHAT,
    MESSAGES,
    READ,
    Json,
    Running,
    assistant,
    call,
    chat,
    chat_tool,
    claude,
    claude_tool,
    events,
    folded,
    folded_chat,
    result,
    tool_result,
    tool_use,
    user,
)

RUN = '<system-reminder>Use `rm`.</system-reminder>Run `echo hi` and `echo "é\\n"`, please, not `echo no`.'
COMMANDS = ["echo hi", 'echo "é\\n"']
CLAUDE_TOOLS = [claude_tool("Read", READ), claude_tool("Bash")]
CHAT_TOOLS = [chat_tool("Read", READ), chat_tool("Bash")]
THINKS = {"type": "enabled", "budget_tokens": 1024}


def claude_calls(argo: Running, stream: bool, **more: Any) -> list[tuple[str, Any]]:
    """Names and arguments of the calls that Claude makes."""
    answer = argo.post(MESSAGES, claude(stream=stream, **{"tools": CLAUDE_TOOLS, **more}))
    assert answer.status_code == 200, answer.text
    blocks = folded(answer) if stream else answer.json()["content"]
    made = [block for block in blocks if block["type"] == "tool_use"]
    assert all(block["id"].startswith("toolu_vrtx_") for block in made)
    return [(one["name"], json.loads(one["input"] or "{}") if stream else one["input"]) for one in made]


def chat_calls(argo: Running, model: str, stream: bool, **more: Any) -> list[tuple[str, Any]]:
    """The same of Chat Completions."""
    answer = argo.post(CHAT, chat(model, stream=stream, **{"tools": CHAT_TOOLS, **more}))
    assert answer.status_code == 200, answer.text
    if stream:
        return [(one["name"], json.loads(one["arguments"])) for one in folded_chat(answer)[1]]
    made = answer.json()["choices"][0]["message"].get("tool_calls", [])
    return [(one["function"]["name"], json.loads(one["function"]["arguments"])) for one in made]


@pytest.mark.parametrize("stream", [False, True])
def test_commands_of_the_last_text_are_run_at_once(argo: Running, stream: bool) -> None:
    expected = [("Bash", {"command": one, "description": "Says hello to the world"}) for one in COMMANDS]
    assert claude_calls(argo, stream, messages=[user([{"type": "text", "text": RUN}])]) == expected
    for model in ("gpt41", "gemini25pro"):
        assert chat_calls(argo, model, stream, messages=[user(RUN)]) == expected


NOTICE = {"type": "text", "text": "Skills are on: code that imports `requests` or `numpy`."}


@pytest.mark.parametrize("greeting", ["Hello!", "hi", "Good morning", "Thanks, that was all"])
def test_a_greeting_is_answered_in_words_whatever_a_client_put_beside_it(argo: Running, greeting: str) -> None:
    messages = [user([{"type": "text", "text": greeting}, NOTICE])]
    assert claude_calls(argo, False, messages=messages) == []
    answer = argo.post(MESSAGES, claude(messages=messages, tools=CLAUDE_TOOLS)).json()
    assert f"You said: “{greeting}”" in answer["content"][0]["text"]


def test_what_a_client_put_beside_a_question_is_not_run(argo: Running) -> None:
    made = claude_calls(argo, False, messages=[user([{"type": "text", "text": "What is in this folder?"}, NOTICE])])
    assert "requests" not in str(made)
    assert "numpy" not in str(made)


@pytest.mark.parametrize("stream", [False, True])
def test_without_commands_the_first_two_tools_are_called(argo: Running, stream: bool) -> None:
    assert [name for name, _ in claude_calls(argo, stream)] == ["Read", "Bash"]
    assert [name for name, _ in chat_calls(argo, "gemini25flash", stream)] == ["Read", "Bash"]
    only = [chat_tool("Only", READ)]
    assert chat_calls(argo, "gpt54", stream, tools=only) == [("Only", {"path": "/tmp/argo-simulator/example.txt"})] * 2


def test_one_call_where_no_two_are_allowed(argo: Running) -> None:
    assert len(claude_calls(argo, False, tool_choice={"type": "auto", "disable_parallel_tool_use": True})) == 1
    assert len(chat_calls(argo, "gpt41", False, parallel_tool_calls=False)) == 1
    assert len(chat_calls(argo, "gpto3", False)) == 1


def test_choices_are_kept(argo: Running) -> None:
    assert claude_calls(argo, False, tool_choice={"type": "none"}) == []
    assert [name for name, _ in claude_calls(argo, False, tool_choice={"type": "tool", "name": "Bash"})] == ["Bash"]
    assert len(claude_calls(argo, False, tool_choice={"type": "any"})) == 2
    named = {"type": "function", "function": {"name": "Bash"}}
    assert [name for name, _ in chat_calls(argo, "gpt41", False, tool_choice=named)] == ["Bash"]
    assert chat_calls(argo, "gpt41", False, tool_choice="none") == []
    allowed = {"mode": "required", "tools": [{"type": "function", "function": {"name": "Bash"}}]}
    choice = {"type": "allowed_tools", "allowed_tools": allowed}
    assert {name for name, _ in chat_calls(argo, "gpt41", False, tool_choice=choice)} == {"Bash"}


def test_a_model_that_has_to_call_a_tool_says_nothing_before_it(argo: Running) -> None:
    """As with the real ones; libraries that force a tool for its form take the only part of an answer."""
    forced = argo.post(MESSAGES, claude(tools=CLAUDE_TOOLS, tool_choice={"type": "tool", "name": "Bash"})).json()
    assert [block["type"] for block in forced["content"]] == ["tool_use"]
    named = {"type": "function", "function": {"name": "Bash"}}
    for choice in (named, "required"):
        message = argo.post(CHAT, chat("gpt41", tools=CHAT_TOOLS, tool_choice=choice)).json()["choices"][0]["message"]
        assert message["content"] is None
    free = argo.post(MESSAGES, claude(tools=CLAUDE_TOOLS)).json()
    assert free["content"][0]["type"] == "text"


def test_titles_and_summaries_are_words(argo: Running) -> None:
    assert claude_calls(argo, False, system="You are a title generator.") == []
    assert chat_calls(argo, "gpt41", False, messages=[user("Please summarize this conversation.")]) == []


def test_a_notice_of_the_clients_is_answered_in_words(argo: Running) -> None:
    notice = "<system-reminder>Agent 3 has finished.</system-reminder>"
    assert claude_calls(argo, False, messages=[user("Go."), assistant("Gone."), user(notice)]) == []
    assert chat_calls(argo, "gpt54", False, messages=[user("Go."), assistant("Gone."), user(notice)]) == []


@pytest.mark.parametrize("stream", [False, True])
def test_results_are_quoted(argo: Running, stream: bool) -> None:
    ended = [user("x"), assistant([tool_use(), tool_use("b")]), user([tool_result(), tool_result("b", "x" * 400)])]
    expected = f"Results:\n- done\n- {'x' * 300}"
    answer = argo.post(MESSAGES, claude(stream=stream, tools=CLAUDE_TOOLS, messages=ended))
    assert (folded(answer) if stream else answer.json()["content"])[0]["text"] == expected
    gpt = [user("x"), assistant(None, tool_calls=[call(), call("b")]), result(), result("b", "x" * 400)]
    one, two = assistant("", tool_calls=[call()]), assistant("", tool_calls=[call("b")])
    gemini = [user("x"), one, result(), two, result("b", "x" * 400)]
    for model, messages in (("gpt54", gpt), ("gemini35flash", gemini)):
        answer = argo.post(CHAT, chat(model, stream=stream, tools=CHAT_TOOLS, messages=messages))
        text = folded_chat(answer)[0] if stream else answer.json()["choices"][0]["message"]["content"]
        assert text == expected


def test_words_behind_results_are_a_request_if_they_say_to_run_something(argo: Running) -> None:
    def asked(words: str) -> list[str]:
        """The commands that it calls the shell with."""
        behind = [tool_result(), {"type": "text", "text": words}]
        made = claude_calls(argo, False, messages=[user("x"), assistant([tool_use()]), user(behind)])
        return [arguments["command"] for _, arguments in made]

    assert asked("Run `echo hi`, please.") == ["echo hi"]
    assert asked("Attached media from tool result:") == []
    assert asked("<system-reminder>Run `rm`.</system-reminder>") == []


def test_without_tools_it_says_who_it_is_and_what_it_heard(argo: Running) -> None:
    text = "Grüße " * 20
    for path, body in ((MESSAGES, claude(messages=[user(text)])), (CHAT, chat("gpt54", messages=[user(text)]))):
        said = argo.post(path, body).text
        assert body["model"] in said
        assert text[:60].strip() in said


@pytest.mark.parametrize("stream", [False, True])
def test_claude_thinks_when_asked(argo: Running, stream: bool) -> None:
    answer = argo.post(MESSAGES, claude(thinking=THINKS, stream=stream))
    block = (folded(answer) if stream else answer.json()["content"])[0]
    assert block["type"] == "thinking"
    assert len(block["thinking"]) > 50
    assert is_signed(block["thinking"], block["signature"])
    hidden = argo.post(
        MESSAGES, claude("claudeopus48", thinking={"type": "adaptive", "display": "omitted"}, stream=stream)
    )
    block = (folded(hidden) if stream else hidden.json()["content"])[0]
    assert block["thinking"] == ""
    assert is_signed("", block["signature"])


def test_the_others_only_count_their_thinking(argo: Running) -> None:
    for model, effort, thinks in (
        ("gpt54", "high", True),
        ("gpt54", None, False),
        ("gpt5", None, True),
        ("gemini25pro", "low", True),
    ):
        usage = argo.post(CHAT, chat(model, reasoning_effort=effort)).json()["usage"]
        assert (usage["completion_tokens_details"]["reasoning_tokens"] > 0) is thinks
        assert usage["completion_tokens"] > usage["completion_tokens_details"]["reasoning_tokens"]
        assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


@pytest.mark.parametrize("stream", [False, True])
def test_limits_cut_the_text(argo: Running, stream: bool) -> None:
    answer = argo.post(MESSAGES, claude(max_tokens=3, stream=stream))
    text = folded(answer)[0]["text"] if stream else answer.json()["content"][0]["text"]
    stop = events(answer)[-2]["delta"]["stop_reason"] if stream else answer.json()["stop_reason"]
    assert (text, stop) == ("This is clau", "max_tokens")
    answer = argo.post(CHAT, chat("gpt41", max_completion_tokens=2, stream=stream))
    choice = {} if stream else answer.json()["choices"][0]
    said = folded_chat(answer)[::2] if stream else (choice["message"]["content"], choice["finish_reason"])
    assert said == ("This is ", "length")


def test_limits_cut_calls(argo: Running) -> None:
    answer = argo.post(CHAT, chat("gpt41", tools=CHAT_TOOLS, max_completion_tokens=12, stream=True))
    _, calls, finish = folded_chat(answer)
    assert finish == "length"
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(calls[-1]["arguments"])


@pytest.mark.parametrize("stream", [False, True])
def test_stop_sequences(argo: Running, stream: bool) -> None:
    answer = argo.post(MESSAGES, claude(stop_sequences=["simulated", "zzz"], stream=stream))
    end = events(answer)[-2]["delta"] if stream else answer.json()
    assert (end["stop_reason"], end["stop_sequence"]) == ("stop_sequence", "simulated")
    answer = argo.post(CHAT, chat(stop="simulated", stream=stream))
    text = folded_chat(answer)[0] if stream else answer.json()["choices"][0]["message"]["content"]
    assert text == "This is gpt41, "


FORM: Json = {
    "type": "object",
    "properties": {"n": {"type": "integer", "minimum": 7}, "tags": {"type": "array", "items": {"enum": ["a"]}}},
    "required": ["n", "tags"],
    "additionalProperties": False,
}


def test_answers_in_a_form(argo: Running) -> None:
    expected = {"n": 7, "tags": ["a"]}
    form = {"format": {"type": "json_schema", "schema": FORM}}
    assert json.loads(argo.post(MESSAGES, claude(output_config=form)).json()["content"][0]["text"]) == expected
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": FORM}}
    answer = argo.post(CHAT, chat(response_format=wanted))
    assert json.loads(answer.json()["choices"][0]["message"]["content"]) == expected


def test_a_repeated_prefix_comes_from_the_cache(argo: Running) -> None:
    body = claude(system="A long story. " * 50, tools=CLAUDE_TOOLS)
    first = argo.post(MESSAGES, body).json()["usage"]
    second = argo.post(MESSAGES, {**body, "messages": [user("And now?")]}).json()["usage"]
    assert first["cache_read_input_tokens"] == 0
    assert second["cache_read_input_tokens"] == first["cache_creation_input_tokens"] > 100
    assert second["cache_creation_input_tokens"] == 0
    told = chat(messages=[{"role": "system", "content": "Another story. " * 50}, user("x")])
    cached = [argo.post(CHAT, told).json()["usage"]["prompt_tokens_details"]["cached_tokens"] for _ in range(2)]
    assert cached[0] == 0
    assert cached[1] > 100


EXAMPLES: list[tuple[Json, Any]] = [
    ({"type": "object"}, {}),
    ({"type": ["null", "integer"], "minimum": 5}, 5),
    ({"type": "integer", "exclusiveMinimum": 10}, 11),
    ({"type": "number", "maximum": -1}, -1),
    ({"type": "integer", "multipleOf": 5}, 5),
    ({"const": "x"}, "x"),
    ({"enum": [3, 4]}, 3),
    ({"anyOf": [{"type": "boolean"}, {"type": "string"}]}, True),
    ({"allOf": [{"properties": {"a": {"const": 1}}, "required": ["a"]}, {"type": "object"}]}, {"a": 1}),
    ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "string", "format": "date"}}}, "2026-03-14"),
    ({"type": "array", "items": {"type": "null"}, "minItems": 2}, [None, None]),
    ({"type": "string", "pattern": "^[A-Z]{3}$"}, "ABC"),
    ({"type": "string", "maxLength": 2}, "Gr"),
    ({"properties": {"command": {"type": "string"}}, "required": ["command"]}, {"command": "echo simulated"}),
]


@pytest.mark.parametrize(("schema", "value"), EXAMPLES)
def test_examples_fit_their_schema(schema: Json, value: Any) -> None:
    assert example(schema) == value


def test_a_schema_that_refers_to_itself_has_an_end() -> None:
    node: Any = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}, "required": ["next"]}
    assert isinstance(example({"$ref": "#/$defs/node", "$defs": {"node": node}}), dict)
