"""Histories that a client did not keep in order, sent by the official SDKs to models of the other dialect.

A vendor refuses each of them, and so does the simulator; clients that were interrupted or that compact their history
send them nevertheless. Translated, they are mended and answered.
"""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from anthropic.types import MessageParam, ToolParam
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam

from .clients import chat_client, claude_client
from .processes import Proxy, Simulator
from .tools import CHAT_MODELS, CLAUDE_MODELS
from .upstream import bodies, calls, results

NEXT = "Never mind that. What does a gateway do?"
SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {"command": {"type": "string", "description": "the command"}},
    "required": ["command"],
}
CHAT_TOOLS: list[ChatCompletionToolParam] = [
    {"type": "function", "function": {"name": "bash", "description": "Runs a command.", "parameters": SCHEMA}}
]
CLAUDE_TOOLS: list[ToolParam] = [{"name": "bash", "description": "Runs a command.", "input_schema": SCHEMA}]

# The ids of the calls that the assistant made, and those of the results that follow.
HISTORIES = {
    "a call without a result": (["call_1"], []),
    "one of two calls without a result": (["call_1", "call_2"], ["call_2"]),
    "a result without a call": ([], ["call_1"]),
    "a result of another call": (["call_1"], ["call_2"]),
    "two results of one call": (["call_1"], ["call_1", "call_1"]),
}
each_history = pytest.mark.parametrize(("made", "given"), list(HISTORIES.values()), ids=list(HISTORIES))


def claude_history(made: list[str], given: list[str]) -> list[MessageParam]:
    said: list[dict[str, Any]] = [{"type": "text", "text": "Let me look."}]
    said += [{"type": "tool_use", "id": one, "name": "bash", "input": {"command": "date"}} for one in made]
    told: list[dict[str, Any]] = [{"type": "tool_result", "tool_use_id": one, "content": "Monday"} for one in given]
    messages = [
        {"role": "user", "content": "What day is it?"},
        {"role": "assistant", "content": said},
        {"role": "user", "content": [*told, {"type": "text", "text": NEXT}]},
    ]
    return cast("list[MessageParam]", messages)


def chat_history(made: list[str], given: list[str]) -> list[ChatCompletionMessageParam]:
    function = {"name": "bash", "arguments": '{"command":"date"}'}
    made_calls = [{"id": one, "type": "function", "function": function} for one in made]
    messages = [
        {"role": "user", "content": "What day is it?"},
        {"role": "assistant", "content": "Let me look.", **({"tool_calls": made_calls} if made else {})},
        *({"role": "tool", "tool_call_id": one, "content": "Monday"} for one in given),
        {"role": "user", "content": NEXT},
    ]
    return cast("list[ChatCompletionMessageParam]", messages)


def assert_it_was_mended(simulator: Simulator, model: str, made: list[str]) -> None:
    """ARGO was content, what the user said arrived, and so did the calls, each with one result."""
    (body,) = bodies(simulator, model)
    assert NEXT in json.dumps(body["messages"][-1])
    assert len(calls(body)) == len(made)
    assert calls(body).keys() == results(body).keys()


@each_history
@pytest.mark.parametrize("model", CHAT_MODELS)
def test_from_claude(model: str, made: list[str], given: list[str], proxy: Proxy, simulator: Simulator) -> None:
    with claude_client(proxy.url) as client:
        message = client.messages.create(
            model=model,
            max_tokens=500,
            messages=claude_history(made, given),
            tools=CLAUDE_TOOLS,
            tool_choice={"type": "none"},
        )
    assert message.stop_reason == "end_turn"
    assert NEXT in "".join(block.text for block in message.content if block.type == "text")
    assert_it_was_mended(simulator, model, made)


@each_history
@pytest.mark.parametrize("model", CLAUDE_MODELS)
def test_from_chat(model: str, made: list[str], given: list[str], proxy: Proxy, simulator: Simulator) -> None:
    with chat_client(proxy.url) as client:
        reply = client.chat.completions.create(
            model=model, messages=chat_history(made, given), tools=CHAT_TOOLS, tool_choice="none"
        )
    assert reply.choices[0].finish_reason == "stop"
    assert reply.choices[0].message.content
    assert_it_was_mended(simulator, model, made)
