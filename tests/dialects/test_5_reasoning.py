"""Section 5 of the pitfalls: thinking, effort and signatures."""

from __future__ import annotations

import json

import pytest

from .asking import (
    CHAT,
    CHATS,
    CLAUDES,
    MESSAGES,
    Json,
    chat_body,
    chat_sse,
    claude_sse,
    events_sse,
    finished,
    messages_sent,
    request,
    sent,
    start_of,
    streamed,
    told,
)
from .reading import completion_of, message_of

USER: Json = {"role": "user", "content": "hi"}
TOOL: Json = {"name": "f", "input_schema": {"type": "object"}}
CHAT_TOOL: Json = {"type": "function", "function": {"name": "f"}}
USE: Json = {"type": "tool_use", "id": "t1", "name": "f", "input": {}}
RESULT: Json = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "ok"}]}
CALL: Json = {"id": "t1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
SIGNED: Json = {"type": "thinking", "thinking": "hm", "signature": "EqQBCkYIAxgCKkA+/=="}
REDACTED: Json = {"type": "redacted_thinking", "data": "EmwKAhgB+/=="}


# 5.1 to 5.4: forms and efforts


@pytest.mark.parametrize("effort", ["minimal", "low", "medium", "high", "xhigh"])
@pytest.mark.parametrize(
    ("model", "form"),
    [("claude-opus-4.6", "adaptive"), ("claude-opus-4.7", "adaptive"), ("claude-haiku-4.5", "enabled")],
)
def test_5_1_an_effort_of_chats_becomes_thinking_in_the_models_form(model: str, form: str, effort: str) -> None:
    body, _ = sent(CHAT, request(CHAT, model, reasoning_effort=effort))
    assert body["thinking"]["type"] == form
    if form == "adaptive":
        assert "budget_tokens" not in body["thinking"]
        known = {"claude-opus-4.6": ("none", "minimal", "low", "medium", "high"),
                 "claude-opus-4.7": ("low", "medium", "high", "xhigh", "max")}[model]  # fmt: skip
        assert body["output_config"]["effort"] in known
    else:
        assert 1024 <= body["thinking"]["budget_tokens"] < body["max_tokens"]
        assert "effort" not in body.get("output_config", {})


@pytest.mark.parametrize("model", CLAUDES)
@pytest.mark.parametrize("effort", ["none", None])
def test_5_1_no_effort_is_no_thinking(model: str, effort: str | None) -> None:
    body, _ = sent(CHAT, request(CHAT, model, reasoning_effort=effort))
    assert body.get("thinking", {"type": "disabled"})["type"] == "disabled"
    assert body.get("output_config", {}).get("effort") != "none"


@pytest.mark.parametrize("limit", [200, 1024, 1025, 2000, 8000, 64000])
@pytest.mark.parametrize("effort", ["low", "high"])
def test_5_2_a_budget_has_room_or_there_is_none(limit: int, effort: str) -> None:
    body, dropped = sent(CHAT, request(CHAT, "claude-haiku-4.5", reasoning_effort=effort, max_tokens=limit))
    if "thinking" in body:
        assert 1024 <= body["thinking"]["budget_tokens"] < body["max_tokens"]
    else:
        assert limit < 1280  # a fifth is the answer's
        assert dropped


@pytest.mark.parametrize("model", CLAUDES)
@pytest.mark.parametrize("sampling", [{"temperature": 0.2}, {"temperature": 1.6}, {"top_p": 0.5}])
def test_5_2_a_claude_that_thinks_has_no_other_temperature(model: str, sampling: Json) -> None:
    body, dropped = sent(CHAT, request(CHAT, model, reasoning_effort="high", **sampling))
    assert body.get("temperature", 1) == 1
    assert body.get("top_p", 1) >= 0.95
    assert dropped


THINKING: list[Json] = [
    {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}},
    {"thinking": {"type": "enabled", "budget_tokens": 3000}},
    {"output_config": {"effort": "low"}},
]


@pytest.mark.parametrize("members", THINKING)
def test_5_3_beside_tools_gpt_5_4_gets_no_effort(members: Json) -> None:
    body, _ = sent(MESSAGES, request(MESSAGES, "gpt-5.4", tools=[TOOL], **members))
    assert body.get("reasoning_effort", "none") == "none"
    assert "reasoning_effort" in sent(MESSAGES, request(MESSAGES, "gpt-5.4", **members))[0]
    assert "reasoning_effort" in sent(MESSAGES, request(MESSAGES, "gpt-5.2", tools=[TOOL], **members))[0]


LOW: Json = {"output_config": {"effort": "low"}}


@pytest.mark.parametrize(
    ("model", "members", "effort"),
    [
        ("gpt-5.4", {"output_config": {"effort": "low"}}, "low"),
        ("gpt-5.4", {"output_config": {"effort": "xhigh"}}, "xhigh"),
        ("gpt-5.4", {"output_config": {"effort": "max"}}, "xhigh"),
        ("gpt-5.4", {"output_config": {"effort": "minimal"}}, "none"),
        ("gpt-5.2", {"thinking": {"type": "enabled", "budget_tokens": 9999}, **LOW}, "low"),
        ("gpt-5.4", {"thinking": {"type": "enabled", "budget_tokens": 2000}}, "low"),
        ("gpt-5.4", {"thinking": {"type": "enabled", "budget_tokens": 10000}}, "medium"),
        ("gpt-5.4", {"thinking": {"type": "enabled", "budget_tokens": 31999}}, "high"),
        ("gemini-2.5-pro", {"output_config": {"effort": "max"}}, "high"),
        ("gpt-4.1", {"output_config": {"effort": "high"}}, None),
        ("gpt-4.1", {"thinking": {"type": "adaptive"}}, None),
        ("gpt-5.4", {"thinking": {"type": "disabled"}}, None),
        ("gpt-5.4", {}, None),
    ],
)  # fmt: skip
def test_5_4_effort_goes_to_chat_by_its_name_and_down_to_what_the_model_takes(
    model: str, members: Json, effort: str | None
) -> None:
    body, _ = sent(MESSAGES, request(MESSAGES, model, **members))
    assert body.get("reasoning_effort") in ({effort, "none"} if members.get("thinking") == {"type": "disabled"} else {effort})  # noqa: E501 # fmt: skip


@pytest.mark.parametrize(
    ("model", "asked", "goes"),
    [
        ("claude-opus-4.7", "minimal", "low"),
        ("claude-opus-4.7", "xhigh", "xhigh"),
        ("claude-opus-4.6", "xhigh", "high"),
    ],
)
def test_5_4_effort_goes_to_claude_by_its_name(model: str, asked: str, goes: str) -> None:
    body, _ = sent(CHAT, request(CHAT, model, reasoning_effort=asked))
    assert body["output_config"]["effort"] == goes


# 5.5: whose thoughts they are


def made_by_chat(stream: bool) -> list[Json]:
    """An answer of GPT's with a thought, as an Anthropic client sends it back."""
    message = {"content": "so", "reasoning_content": "hm", "tool_calls": [{"index": 0, **CALL}]}
    if not stream:
        blocks: list[Json] = told(MESSAGES, "gpt-5.4", chat_body(message), tools=[TOOL])["content"]
        return blocks
    read = message_of(streamed(MESSAGES, "gpt-5.4", chat_sse(message, finished()), tools=[TOOL]))
    return [{name: value for name, value in block.items() if name != "json"} for block in read.blocks]


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", CLAUDES)
def test_5_5_a_thought_of_gpts_never_goes_to_a_claude(model: str, stream: bool, force: bool) -> None:
    blocks = made_by_chat(stream)
    assert blocks[0]["type"] == "thinking"
    assert blocks[0]["signature"]
    said = {"role": "assistant", "content": blocks}
    thinking: Json = {"type": "enabled", "budget_tokens": 2000}
    body, _ = sent(MESSAGES, request(MESSAGES, model, USER, said, RESULT, tools=[TOOL], thinking=thinking),
                   force_conversion=force)  # fmt: skip
    assert [block["type"] for block in body["messages"][1]["content"]] == ["text", "tool_use"]


def test_5_5_a_thought_of_gpts_goes_back_to_gpt_as_nothing() -> None:
    made = messages_sent(MESSAGES, "gpt-5.4", USER, {"role": "assistant", "content": made_by_chat(False)}, RESULT)
    assert "hm" not in json.dumps(made)
    assert "argo-proxy" not in json.dumps(made)


UNSIGNED: list[Json] = [
    {"type": "thinking", "thinking": "hm", "signature": ""},
    {"type": "thinking", "thinking": "hm"},
    {"type": "thinking", "thinking": "", "signature": ""},
    {"type": "thinking", "thinking": "hm", "signature": None},
]


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("thought", UNSIGNED, ids=range(len(UNSIGNED)))
def test_5_5_thoughts_without_a_signature_do_not_go_to_claude(thought: Json, force: bool) -> None:
    said = {"role": "assistant", "content": [thought, {"type": "text", "text": "so"}]}
    body, _ = sent(MESSAGES, request(MESSAGES, "claude-opus-4.6", USER, said, USER), force_conversion=force)
    assert [block["type"] for block in body["messages"][1]["content"]] == ["text"]


@pytest.mark.parametrize(
    "thought",
    [
        {"reasoning_content": "hm"},
        {"reasoning": "hm"},
        {"reasoning_details": [{"type": "reasoning.text", "text": "hm", "signature": None}]},
        {"reasoning_details": [{"type": "reasoning.text", "text": "hm", "signature": ""}]},
        {"reasoning_details": [{"type": "reasoning.text", "text": "", "signature": ""}]},
        {"reasoning_details": [{"type": "reasoning.summary", "summary": "hm"}]},
        {"reasoning_details": []},
    ],
)
def test_5_5_thoughts_of_chats_that_no_claude_signed_stay_here(thought: Json) -> None:
    said = {"role": "assistant", "content": "so", **thought}
    made = messages_sent(CHAT, "claude-opus-4.6", USER, said, USER)
    assert [block["type"] for block in made[1]["content"]] == ["text"]


# 5.7, 5.9: Claude's own thoughts


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", CLAUDES)
def test_5_7_and_5_9_signed_thoughts_go_through_a_chat_client_byte_for_byte(model: str, stream: bool) -> None:
    answer = claude_sse(SIGNED, REDACTED, {"type": "text", "text": "so"}, USE, stop="tool_use")
    if stream:
        read = completion_of(streamed(CHAT, model, answer, tools=[CHAT_TOOL]))
        details = read.details
        assert read.thought == "hm"
    else:
        details = told(CHAT, model, answer, tools=[CHAT_TOOL])["choices"][0]["message"]["reasoning_details"]
    said = {"role": "assistant", "content": "so", "reasoning_content": "hm", "reasoning_details": details, "tool_calls": [CALL]}  # noqa: E501 # fmt: skip
    result = {"role": "tool", "tool_call_id": "t1", "content": "ok"}
    body, _ = sent(CHAT, request(CHAT, model, USER, said, result, tools=[CHAT_TOOL], reasoning_effort="high"))
    made = body["messages"][1]["content"]
    thoughts = [block for block in made if "thinking" in block["type"]]
    assert made[: len(thoughts)] == thoughts
    assert [block["type"] for block in made[len(thoughts) :]] == ["text", "tool_use"]
    assert thoughts == [SIGNED, REDACTED]
    assert body["thinking"]["type"] in ("enabled", "adaptive")


def test_5_7_a_signature_that_comes_in_pieces_is_put_together() -> None:
    block = {"type": "thinking", "thinking": "", "signature": ""}
    deltas = [
        {"type": "thinking_delta", "thinking": "hm"},
        *({"type": "signature_delta", "signature": s} for s in "ab"),
    ]
    stream = events_sse(
        *start_of(),
        {"type": "content_block_start", "index": 0, "content_block": block},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_stop"},
    )
    (detail,) = completion_of(streamed(CHAT, "claude-opus-4.6", stream)).details
    assert (detail["text"], detail["signature"]) == ("hm", "ab")


OMITTED: Json = {"type": "thinking", "thinking": "", "signature": "EqQBCkYIAxgCKkA+/=="}
"""As Claude 4.7 and newer think by default: `display` leaves the text out."""


def test_5_7_a_signature_without_a_text_goes_through_a_streaming_chat_client() -> None:
    answer = claude_sse(OMITTED, USE, stop="tool_use")
    details = completion_of(streamed(CHAT, "claude-opus-4.7", answer, tools=[CHAT_TOOL])).details
    assert [(detail["text"], detail["signature"]) for detail in details] == [("", OMITTED["signature"])]
    said = {"role": "assistant", "content": None, "reasoning_details": details, "tool_calls": [CALL]}
    result = {"role": "tool", "tool_call_id": "t1", "content": "ok"}
    made = messages_sent(CHAT, "claude-opus-4.7", USER, said, result, tools=[CHAT_TOOL])
    assert made[1]["content"][0] == OMITTED


def test_5_7_a_signature_that_comes_back_behind_its_text_belongs_to_it() -> None:
    """Clients that keep a stream's details one by one, as OpenRouter sends them, have the signature last."""
    pieces: list[Json] = [
        {"text": "h"},
        {"text": "m", "signature": None},
        {"text": "", "signature": "sig"},
        {"signature": "two"},
    ]
    details = [{"type": "reasoning.text", "index": 0, **piece} for piece in pieces]
    made = messages_sent(
        CHAT, "claude-opus-4.6", USER, {"role": "assistant", "content": "x", "reasoning_details": details}
    )
    thoughts = [block for block in made[1]["content"] if block["type"] == "thinking"]
    assert [(one["thinking"], one["signature"]) for one in thoughts] == [("hm", "sig"), ("", "two")]


@pytest.mark.parametrize("keeps", [False, True])
def test_5_7_a_loop_whose_thoughts_a_chat_client_dropped_goes_on(keeps: bool) -> None:
    details = [{"type": "reasoning.text", "text": "hm", "signature": "sig", "index": 0}] if keeps else None
    said = {"role": "assistant", "content": None, "tool_calls": [CALL], "reasoning_details": details}
    result = {"role": "tool", "tool_call_id": "t1", "content": "ok"}
    body, dropped = sent(CHAT, request(CHAT, "claude-haiku-4.5", USER, said, result, tools=[CHAT_TOOL], reasoning_effort="high"))  # noqa: E501 # fmt: skip
    assert ("thinking" in body) == keeps
    assert keeps or "reasoning_effort" in dropped


def test_5_9_thoughts_lead_the_turn_even_where_answers_are_joined() -> None:
    details = [{"type": "reasoning.text", "text": "hm", "signature": "sig", "index": 0}]
    said: list[Json] = [
        {"role": "assistant", "content": "one"},
        {"role": "assistant", "content": "two", "reasoning_details": details},
    ]
    made = messages_sent(CHAT, "claude-opus-4.6", USER, *said, USER)[1]["content"]
    assert made[0]["type"] == "thinking"


def test_5_9_a_claude_that_thinks_is_not_asked_to_go_on_with_its_own_words() -> None:
    """Anthropic, "Extended thinking": no prefill; a last assistant message would have to begin with a thought."""
    said = {"role": "assistant", "content": "I"}
    body, _ = sent(CHAT, request(CHAT, "claude-haiku-4.5", USER, said, reasoning_effort="high"))
    assert "thinking" not in body or body["messages"][-1]["role"] == "user"


# 5.10: thoughts of Chat upstreams


@pytest.mark.parametrize(
    "delta",
    [
        {"reasoning_content": "hm"},
        {"reasoning": "hm"},
        {"reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
        {"reasoning_content": "hm", "reasoning": "hm", "content": None},
        {"reasoning_content": "hm", "content": ""},
    ],
)
@pytest.mark.parametrize("model", CHATS)
def test_5_10_thoughts_of_a_chat_upstream_are_shown_once(model: str, delta: Json) -> None:
    message = message_of(streamed(MESSAGES, model, chat_sse(delta, finished())))
    assert message.blocks[0]["type"] == "thinking"
    assert "".join(block.get("thinking", "") for block in message.blocks) == "hm"
    assert "".join(block.get("text", "") for block in message.blocks) == ""
    plain = told(MESSAGES, model, chat_body(delta))
    assert (plain["content"][0]["type"], plain["content"][0]["thinking"]) == ("thinking", "hm")
