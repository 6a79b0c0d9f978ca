"""The official OpenAI and Anthropic SDKs through the proxy to the simulator, each on models of its own dialect."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import anthropic
import openai
import pytest
from anthropic.types import MessageParam, ThinkingConfigParam, ToolParam, ToolResultBlockParam
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam

from .clients import async_chat_client, async_claude_client, chat_client, claude_client
from .processes import Proxy, Simulator

CHAT_MODELS = ["gpt-5.4", "gemini-2.5-pro", "gpt-4o"]
CLAUDE_MODELS = ["claude-opus-4.6", "claude-haiku-4.5"]
QUESTION = "What does a gateway do, in one sentence?"
ERRAND = "Run `date -u` and `uname -s`, both at once, then tell me what they printed."
COMMANDS = ["date -u", "uname -s"]
PRINTED = ["Sun Nov 22 10:00:00 UTC 2026", "Linux"]
SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {"command": {"type": "string", "description": "the command"}},
    "required": ["command"],
}
CHAT_TOOLS: list[ChatCompletionToolParam] = [
    {"type": "function", "function": {"name": "bash", "description": "Runs a command.", "parameters": SCHEMA}}
]
CLAUDE_TOOLS: list[ToolParam] = [{"name": "bash", "description": "Runs a command.", "input_schema": SCHEMA}]

on_chat_models = pytest.mark.parametrize("model", CHAT_MODELS)
on_claude_models = pytest.mark.parametrize("model", CLAUDE_MODELS)
streamed_and_not = pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])


@pytest.fixture
def chat(proxy: Proxy, simulator: Simulator) -> Iterator[openai.OpenAI]:
    with chat_client(proxy.url) as client:
        yield client


@pytest.fixture
def claude(proxy: Proxy, simulator: Simulator) -> Iterator[anthropic.Anthropic]:
    with claude_client(proxy.url) as client:
        yield client


# --- OpenAI Chat Completions


@on_chat_models
def test_chat_plain(chat: openai.OpenAI, model: str) -> None:
    reply = chat.chat.completions.create(model=model, messages=[{"role": "user", "content": QUESTION}])
    type(reply).model_validate(reply.to_dict())
    (choice,) = reply.choices
    assert choice.message.content
    assert choice.finish_reason == "stop"
    assert reply.usage is not None
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens > 0


@on_chat_models
def test_chat_streamed(chat: openai.OpenAI, model: str) -> None:
    stream = chat.chat.completions.create(
        model=model,
        messages=[{"role": "user", "content": QUESTION}],
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    for chunk in chunks:
        type(chunk).model_validate(chunk.to_dict())
    pieces = [choice.delta.content for chunk in chunks for choice in chunk.choices if choice.delta.content]
    assert len(pieces) > 1
    assert [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason] == ["stop"]
    usages = [chunk.usage for chunk in chunks if chunk.usage is not None]
    assert usages
    assert usages[-1].completion_tokens > 0
    plain = chat.chat.completions.create(model=model, messages=[{"role": "user", "content": QUESTION}])
    assert "".join(pieces) == plain.choices[0].message.content


@on_chat_models
def test_chat_stream_helper(chat: openai.OpenAI, model: str) -> None:
    with chat.chat.completions.stream(model=model, messages=[{"role": "user", "content": QUESTION}]) as stream:
        deltas = [event.delta for event in stream if event.type == "content.delta"]
        final = stream.get_final_completion()
    assert len(deltas) > 1
    assert "".join(deltas) == final.choices[0].message.content
    assert final.choices[0].finish_reason == "stop"


@on_chat_models
@streamed_and_not
def test_chat_two_parallel_calls(chat: openai.OpenAI, simulator: Simulator, model: str, streamed: bool) -> None:
    messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": ERRAND}]
    if streamed:
        with chat.chat.completions.stream(model=model, messages=messages, tools=CHAT_TOOLS) as stream:
            first = stream.get_final_completion().choices[0]
    else:
        first = chat.chat.completions.create(model=model, messages=messages, tools=CHAT_TOOLS).choices[0]  # type: ignore[assignment]
    assert first.finish_reason == "tool_calls"
    calls = [call for call in first.message.tool_calls or [] if call.type == "function"]
    assert [json.loads(call.function.arguments)["command"] for call in calls] == COMMANDS
    assert len({call.id for call in calls}) == 2
    messages.append(
        {
            "role": "assistant",
            "content": first.message.content,
            "tool_calls": [
                {"id": call.id, "type": "function", "function": {"name": "bash", "arguments": call.function.arguments}}
                for call in calls
            ],
        }
    )
    for call, printed in zip(calls, PRINTED, strict=True):
        messages.append({"role": "tool", "tool_call_id": call.id, "content": printed})
    second = chat.chat.completions.create(model=model, messages=messages, tools=CHAT_TOOLS).choices[0]
    assert second.finish_reason == "stop"
    assert all(printed in (second.message.content or "") for printed in PRINTED)
    assert [entry["refusal"] for entry in simulator.log() if entry["refusal"]] == []


def test_chat_async(proxy: Proxy, simulator: Simulator) -> None:
    async def talk() -> tuple[str, list[str]]:
        async with async_chat_client(proxy.url) as client:
            plain, stream = await asyncio.gather(
                client.chat.completions.create(model="gpt-5.4", messages=[{"role": "user", "content": QUESTION}]),
                client.chat.completions.create(
                    model="gpt-5.4", messages=[{"role": "user", "content": QUESTION}], stream=True
                ),
            )
            pieces = [chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]
            return plain.choices[0].message.content or "", pieces

    text, pieces = asyncio.run(talk())
    assert text
    assert "".join(pieces) == text


# --- Anthropic Messages


def claude_question() -> list[MessageParam]:
    return [{"role": "user", "content": QUESTION}]


@on_claude_models
def test_claude_plain(claude: anthropic.Anthropic, model: str) -> None:
    message = claude.messages.create(model=model, max_tokens=500, messages=claude_question())
    assert (message.type, message.role, message.stop_reason) == ("message", "assistant", "end_turn")
    assert [block.type for block in message.content] == ["text"]
    assert message.usage.input_tokens > 0
    assert message.usage.output_tokens > 0


@on_claude_models
def test_claude_streamed(claude: anthropic.Anthropic, model: str) -> None:
    events = list(claude.messages.create(model=model, max_tokens=500, messages=claude_question(), stream=True))
    kinds = [event.type for event in events]
    assert (kinds[0], kinds[-2:]) == ("message_start", ["message_delta", "message_stop"])
    pieces = [
        event.delta.text for event in events if event.type == "content_block_delta" and event.delta.type == "text_delta"
    ]
    assert len(pieces) > 1
    plain = claude.messages.create(model=model, max_tokens=500, messages=claude_question())
    assert plain.content[0].type == "text"
    assert "".join(pieces) == plain.content[0].text


@on_claude_models
def test_claude_stream_helper(claude: anthropic.Anthropic, model: str) -> None:
    with claude.messages.stream(model=model, max_tokens=500, messages=claude_question()) as stream:
        pieces = list(stream.text_stream)
        final = stream.get_final_message()
    assert len(pieces) > 1
    assert final.content[0].type == "text"
    assert "".join(pieces) == final.content[0].text
    assert final.stop_reason == "end_turn"


@on_claude_models
@streamed_and_not
@pytest.mark.parametrize("thinks", [False, True], ids=["", "thinking"])
def test_claude_two_parallel_calls(
    claude: anthropic.Anthropic, simulator: Simulator, model: str, streamed: bool, thinks: bool
) -> None:
    thinking: ThinkingConfigParam = {"type": "enabled", "budget_tokens": 1024} if thinks else {"type": "disabled"}

    def ask(messages: list[MessageParam]) -> anthropic.types.Message:
        if not streamed:
            return claude.messages.create(
                model=model, max_tokens=4000, messages=messages, tools=CLAUDE_TOOLS, thinking=thinking
            )
        with claude.messages.stream(
            model=model, max_tokens=4000, messages=messages, tools=CLAUDE_TOOLS, thinking=thinking
        ) as stream:
            return stream.get_final_message()

    messages: list[MessageParam] = [{"role": "user", "content": ERRAND}]
    first = ask(messages)
    assert first.stop_reason == "tool_use"
    thoughts = [block for block in first.content if block.type == "thinking"]
    assert bool(thoughts) == thinks
    assert all(block.thinking and block.signature for block in thoughts)
    calls = [block for block in first.content if block.type == "tool_use"]
    assert [call.input for call in calls] == [{"command": command} for command in COMMANDS]
    results: list[ToolResultBlockParam] = [
        {"type": "tool_result", "tool_use_id": call.id, "content": printed}
        for call, printed in zip(calls, PRINTED, strict=True)
    ]
    # The blocks go back as they came, signatures and all: the simulator refuses one that was touched.
    second = ask([*messages, {"role": "assistant", "content": first.content}, {"role": "user", "content": results}])
    assert second.stop_reason == "end_turn"
    text = "".join(block.text for block in second.content if block.type == "text")
    assert all(printed in text for printed in PRINTED)
    assert [entry["refusal"] for entry in simulator.log() if entry["refusal"]] == []


def test_claude_async(proxy: Proxy, simulator: Simulator) -> None:
    async def talk() -> tuple[anthropic.types.Message, anthropic.types.Message]:
        async with async_claude_client(proxy.url) as client:
            plain = await client.messages.create(model="claude-opus-4.6", max_tokens=500, messages=claude_question())
            async with client.messages.stream(
                model="claude-opus-4.6", max_tokens=500, messages=claude_question()
            ) as stream:
                return plain, await stream.get_final_message()

    plain, streamed = asyncio.run(talk())
    assert [block.to_dict() for block in plain.content] == [block.to_dict() for block in streamed.content]


@pytest.mark.parametrize("model", ["text-embedding-3-small", "argo:text-embedding-ada-002"])
def test_8_7_embeddings(chat: openai.OpenAI, model: str) -> None:
    """The SDK asks for base64 where nobody says otherwise, and reads it as numbers."""
    packed = chat.embeddings.create(model=model, input=["one", "two"]).data
    plain = chat.embeddings.create(model=model, input="two", encoding_format="float").data
    assert packed[1].embedding == pytest.approx(plain[0].embedding, abs=1e-6)
    assert packed[0].embedding != packed[1].embedding


@streamed_and_not
@pytest.mark.parametrize("model", ["gpt-5.4", "gemini-2.5-pro", "claude-opus-4.6"])
def test_legacy_completions(chat: openai.OpenAI, model: str, streamed: bool) -> None:
    if streamed:
        chunks = list(chat.completions.create(model=model, prompt=QUESTION, stream=True))
        text, finish = "".join(chunk.choices[0].text for chunk in chunks), chunks[-1].choices[0].finish_reason
    else:
        (choice,) = chat.completions.create(model=model, prompt=QUESTION).choices
        text, finish = choice.text, choice.finish_reason
    assert (QUESTION in text, finish) == (True, "stop")
