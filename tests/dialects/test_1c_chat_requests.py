"""Section 1C of the pitfalls, and of 1A what is about Claude upstream: requests of Chat clients."""

from __future__ import annotations

import json

import pytest

from .asking import (
    CHAT,
    CLAUDES,
    MESSAGES,
    Json,
    asked,
    chat_sse,
    chunk_of,
    claude_sse,
    finished,
    messages_sent,
    request,
    sent,
    streamed,
    usage_chunk,
)
from .reading import completion_of, message_of

USER: Json = {"role": "user", "content": "hi"}
TOOL: Json = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}


def calling(*ids: str, content: str | None = None) -> Json:
    calls = [{"id": name, "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}} for name in ids]
    return {"role": "assistant", "content": content, "tool_calls": calls}


def result(name: str, text: str = "ok") -> Json:
    return {"role": "tool", "tool_call_id": name, "content": text}


def blocks(message: Json) -> list[str]:
    return [block.get("tool_use_id") or block.get("id") or block["text"] for block in message["content"]]


# 1.23: the history of tools


@pytest.mark.parametrize("model", CLAUDES)
@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([USER, calling("a"), result("a")], [["hi"], ["a"], ["a"]]),
        ([USER, calling("a", content="so"), result("a")], [["hi"], ["so", "a"], ["a"]]),
        ([USER, calling("a", "b"), result("a"), result("b")], [["hi"], ["a", "b"], ["a", "b"]]),
        ([USER, calling("a", "b"), result("b"), result("a")], [["hi"], ["a", "b"], ["a", "b"]]),
        ([USER, calling("a"), result("a"), USER], [["hi"], ["a"], ["a", "hi"]]),
        ([USER, calling("a", "b"), result("a"), USER, result("b")], [["hi"], ["a", "b"], ["a", "b", "hi"]]),
        (
            [USER, calling("a"), result("a"), calling("b"), result("b")],
            [["hi"], ["a"], ["a"], ["b"], ["b"]],
        ),
    ],
)
def test_1_23_the_history_of_tools_goes_to_claude_in_blocks(
    model: str, messages: list[Json], expected: list[list[str]]
) -> None:
    made = messages_sent(CHAT, model, *messages, tools=[TOOL])
    assert [blocks(message) for message in made] == expected
    assert [message["role"] for message in made] == ["user", "assistant", "user", "assistant", "user"][: len(expected)]


def test_1_23_a_call_and_its_result_are_whole() -> None:
    _, call, answer = messages_sent(CHAT, "claude-opus-4.6", USER, calling("a"), result("a", "done"), tools=[TOOL])
    assert call["content"] == [{"type": "tool_use", "id": "a", "name": "f", "input": {"a": 1}}]
    block = answer["content"][0]
    assert (block["type"], block["tool_use_id"], block["content"]) == ("tool_result", "a", "done")


# 1.25: usage in streams


@pytest.mark.parametrize("model", ["gpt-5.4", "gemini-2.5-pro"])
def test_1_25_chat_upstream_is_always_asked_for_the_usage(model: str) -> None:
    body, _ = sent(MESSAGES, request(MESSAGES, model, stream=True))
    assert (body["stream"], body["stream_options"]) == (True, {"include_usage": True})
    assert "stream_options" not in sent(MESSAGES, request(MESSAGES, model))[0]


@pytest.mark.parametrize("options", [None, {}, {"include_usage": False}, {"include_usage": True}])
def test_1_25_a_chat_client_gets_the_usage_of_claude_only_if_it_asked(options: Json | None) -> None:
    told = completion_of(streamed(CHAT, "claude-opus-4.6", claude_sse({"type": "text", "text": "x"}), stream_options=options))  # noqa: E501 # fmt: skip
    wanted = bool(options and options.get("include_usage"))
    assert (told.usage is not None) == wanted
    assert wanted == any(not chunk["choices"] for chunk in told.chunks)


def test_1_25_stream_options_do_not_go_to_claude() -> None:
    body, dropped = sent(CHAT, request(CHAT, "claude-opus-4.6", stream=True, stream_options={"include_usage": True}))
    assert "stream_options" not in body
    assert dropped == ()


@pytest.mark.parametrize("options", [None, {"include_usage": False}, {"include_usage": True}])
def test_1_25_a_forced_conversion_asks_for_the_usage_if_the_client_does(options: Json) -> None:
    more = {} if options is None else {"stream_options": options}
    call = asked(CHAT, request(CHAT, "gpt-5.4", stream=True, **more), force_conversion=True)
    assert json.loads(call.upstream.body).get("stream_options") == options


def test_1_25_the_usage_of_chat_reaches_an_anthropic_client() -> None:
    stream = chat_sse({"content": "x"}, finished(), usage_chunk(prompt_tokens=9, completion_tokens=4, total_tokens=13))
    usage = message_of(streamed(MESSAGES, "gpt-5.4", stream)).usage
    assert (usage["input_tokens"], usage["output_tokens"]) == (9, 4)


# What 1A says of Claude upstream


@pytest.mark.parametrize("role", ["system", "developer"])
@pytest.mark.parametrize("model", CLAUDES)
def test_1_1_and_1_2_leading_system_messages_lead_and_later_ones_keep_their_place(model: str, role: str) -> None:
    def system(text: str) -> Json:
        return {"role": role, "content": text}

    turns = [system("S"), system("T"), USER, system("L"), {"role": "assistant", "content": "yes"}, system("M"), USER]
    body, _ = sent(CHAT, request(CHAT, model, *turns))
    assert [block["text"] for block in body["system"]] == ["S", "T"]
    assert [blocks(message) for message in body["messages"]] == [["hi", "L"], ["yes"], ["M", "hi"]]
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]


def test_1_1_a_system_message_between_a_call_and_its_result_waits() -> None:
    late = {"role": "system", "content": "L"}
    made = messages_sent(CHAT, "claude-opus-4.6", USER, calling("a"), late, result("a"))
    assert [blocks(message) for message in made] == [["hi"], ["a"], ["a", "L"]]


def test_1_1_a_conversation_of_system_messages_alone_is_the_users() -> None:
    made = messages_sent(CHAT, "claude-opus-4.6", {"role": "system", "content": "S"})
    assert [message["role"] for message in made] == ["user"]
    assert blocks(made[0]) == ["S"]


@pytest.mark.parametrize("model", CLAUDES)
@pytest.mark.parametrize(
    "content", ["", " \n", None, [], [{"type": "text", "text": ""}], [{"type": "text", "text": "\t"}]]
)
@pytest.mark.parametrize("role", ["user", "assistant", "system", "developer"])
@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_1_9_empty_text_is_dropped_toward_claude(model: str, content: object, role: str, place: int) -> None:
    turns = [USER, {"role": "assistant", "content": "yes"}, USER]
    turns.insert(place, {"role": role, "content": content})
    body, _ = sent(CHAT, request(CHAT, model, *turns))
    said = [*body.get("system", []), *(block for message in body["messages"] for block in message["content"])]
    assert all(block["text"].strip() for block in said)
    assert all(message["content"] for message in body["messages"])
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]


def test_1_9_where_nothing_is_said_something_stands() -> None:
    (message,) = messages_sent(CHAT, "claude-opus-4.6", {"role": "user", "content": ""})
    assert message["role"] == "user"
    assert message["content"][0]["text"].strip()


def test_1_9_a_conversation_that_the_assistant_begins_gets_a_word_of_the_users_before() -> None:
    made = messages_sent(CHAT, "claude-haiku-4.5", {"role": "assistant", "content": "welcome"}, USER)
    assert [message["role"] for message in made] == ["user", "assistant", "user"]


@pytest.mark.parametrize(
    ("model", "last"), [("claude-opus-4.6", "user"), ("claude-opus-4.7", "user"), ("claude-haiku-4.5", "assistant")]
)
def test_1_10_consecutive_answers_are_one_and_no_prefill_where_it_is_refused(model: str, last: str) -> None:
    said = [{"role": "assistant", "content": text} for text in ("one", "two")]
    made = messages_sent(CHAT, model, USER, *said)
    assert blocks(made[1]) == ["one", "two"]
    assert made[-1]["role"] == last


@pytest.mark.parametrize("model", CLAUDES)
def test_1_10_a_call_at_the_end_is_no_prefill(model: str) -> None:
    made = messages_sent(CHAT, model, USER, calling("a"), tools=[TOOL])
    assert [message["role"] for message in made] == ["user", "assistant", "user"]
    assert made[-1]["content"][0]["type"] == "tool_result"


@pytest.mark.parametrize(
    ("model", "members", "goes"),
    [
        ("claude-opus-4.6", {"temperature": 0.3, "top_p": 0.5}, {"temperature": 0.3}),
        ("claude-haiku-4.5", {"temperature": 0.3, "top_p": 0.5}, {"temperature": 0.3}),
        ("claude-opus-4.7", {"temperature": 0.3, "top_p": 0.5}, {}),
        ("claude-opus-4.6", {"temperature": 1.7}, {"temperature": 1.0}),
        ("claude-opus-4.6", {"stop": "END"}, {"stop_sequences": ["END"]}),
        ("claude-opus-4.6", {"stop": ["END", " ", "\n"]}, {"stop_sequences": ["END"]}),
        ("claude-opus-4.6", {"frequency_penalty": 1, "logit_bias": {"1": 2}, "seed": 7, "store": True}, {}),
    ],
)
def test_1_11_sampling_of_chats_goes_as_far_as_claude_takes_it(model: str, members: Json, goes: Json) -> None:
    body, dropped = sent(CHAT, request(CHAT, model, **members))
    about = {"model", "messages", "max_tokens", "stream", "user", "metadata"}
    assert {name: value for name, value in body.items() if name not in about} == goes
    kept = {"stop_sequences": "stop"}
    assert set(members) - {kept.get(name, name) for name in goes} <= set(dropped)


@pytest.mark.parametrize(
    ("model", "members", "goes"),
    [
        ("claude-opus-4.6", {}, 128_000),
        ("claude-haiku-4.5", {"max_tokens": None}, 64_000),
        ("claude-haiku-4.5", {"max_tokens": 500}, 500),
        ("claude-haiku-4.5", {"max_completion_tokens": 600}, 600),
        ("claude-haiku-4.5", {"max_completion_tokens": 600, "max_tokens": 500}, 600),
        ("claude-haiku-4.5", {"max_tokens": 900_000}, 64_000),
    ],
)
def test_1_12_claude_always_gets_a_limit_that_it_can_keep(model: str, members: Json, goes: int) -> None:
    body, _ = sent(CHAT, request(CHAT, model, **members))
    assert (body["max_tokens"], "max_completion_tokens" in body) == (goes, False)


def test_1_6_a_chat_client_sends_claude_a_version_that_argo_knows() -> None:
    call = asked(CHAT, request(CHAT, "claude-opus-4.6"), {"openai-beta": "x", "authorization": "Bearer k"})
    assert call.upstream.headers["anthropic-version"] == "2023-06-01"
    assert not call.upstream.headers.keys() & {"openai-beta", "authorization"}


def test_1_25_an_empty_choice_of_usage_does_not_end_the_stream_early() -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6}
    stream = chat_sse(chunk_of({"content": "x"}, usage=usage), chunk_of({"content": "y"}, usage=usage), finished())
    message = message_of(streamed(MESSAGES, "gpt-5.4", stream))
    assert (message.blocks[0]["text"], message.usage["input_tokens"]) == ("xy", 5)
