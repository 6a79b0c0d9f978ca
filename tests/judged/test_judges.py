"""Of the tests themselves: hand-made answers and bodies that are right pass, and each kind of fault is found."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from anthropic.types.message_create_params import MessageCreateParams
from openai.types.chat.completion_create_params import CompletionCreateParams

from . import outline_anthropic, outline_chat, reading
from .meaning import Call, Meaning, Spent, same
from .sse_rules import anthropic_problems, chat_problems
from .typed import problems
from .wires import Straight

MEANT = Meaning(
    text="It is 4.",
    reasoning="2 and 2",
    calls=(Call("add", "toolu_1", '{"a": 2}'), Call("add", "toolu_2", "{}")),
    stop="tool_calls",
    order=("reasoning", "text", "tool"),
    spent=Spent(input=20, output=9, read=5, written=3, reasoning=4),
)


def messages_stream(meant: Meaning) -> bytes:
    """An Anthropic stream with a meaning, written by hand."""
    spent = meant.spent
    assert spent is not None
    first = {"input_tokens": spent.input - spent.read - spent.written, "output_tokens": 1}
    cached = {"cache_read_input_tokens": spent.read, "cache_creation_input_tokens": spent.written}
    last = {"output_tokens": spent.output, "output_tokens_details": {"thinking_tokens": spent.reasoning}}
    started = {"id": "m", "type": "message", "role": "assistant", "model": "c", "content": []}
    blocks: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"type": "thinking", "thinking": "", "signature": ""},
         {"type": "thinking_delta", "thinking": meant.reasoning}),
        ({"type": "text", "text": ""}, {"type": "text_delta", "text": meant.text}),
        *(({"type": "tool_use", "id": call.id, "name": call.name, "input": {}},
           {"type": "input_json_delta", "partial_json": call.arguments}) for call in meant.calls),
    ]  # fmt: skip
    events: list[dict[str, Any]] = [{"type": "message_start", "message": {**started, "usage": {**first, **cached}}}]
    for index, (block, delta) in enumerate(blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": block})
        events.append({"type": "content_block_delta", "index": index, "delta": delta})
        events.append({"type": "content_block_stop", "index": index})
    events.append({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": last})
    events.append({"type": "message_stop"})
    return b"".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events)


def chunks_stream(meant: Meaning) -> bytes:
    """A Chat stream with a meaning, written by hand."""
    spent = meant.spent
    assert spent is not None
    deltas: list[dict[str, Any]] = [
        {"role": "assistant", "reasoning_content": meant.reasoning},
        {"content": meant.text},
    ]
    for index, call in enumerate(meant.calls):
        function = {"name": call.name, "arguments": call.arguments}
        deltas.append({"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": function}]})
    usage = {
        "prompt_tokens": spent.input, "completion_tokens": spent.output, "total_tokens": spent.input + spent.output,
        "prompt_tokens_details": {"cached_tokens": spent.read, "cache_write_tokens": spent.written},
        "completion_tokens_details": {"reasoning_tokens": spent.reasoning},
    }  # fmt: skip
    base = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "g"}
    ended = [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]
    made = [{**base, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    made += [{**base, "choices": ended}, {**base, "choices": [], "usage": usage}]
    return b"".join(f"data: {json.dumps(chunk)}\n\n".encode() for chunk in made) + b"data: [DONE]\n\n"


def test_hand_made_streams_mean_what_they_should() -> None:
    message, chunks = messages_stream(MEANT), chunks_stream(MEANT)
    assert anthropic_problems(message, beta=False) == []
    assert chat_problems(chunks, usage=True) == []
    same(MEANT, reading.meaning("anthropic", Straight(message, "text/event-stream"), "c", streamed=True),
         translated=False)  # fmt: skip
    same(MEANT, reading.meaning("openai_chat", Straight(chunks, "text/event-stream"), "g", streamed=True),
         translated=True)  # fmt: skip


@pytest.mark.parametrize(
    "other",
    [
        replace(MEANT, text="It is 5."),
        replace(MEANT, reasoning=""),
        replace(MEANT, calls=MEANT.calls[::-1]),
        replace(MEANT, stop="stop"),
        replace(MEANT, spent=None),
        replace(MEANT, spent=Spent(input=28, output=9, read=5, written=3, reasoning=4)),
        replace(MEANT, spent=Spent(input=20, output=9, read=5, written=3)),
    ],
    ids=["text", "reasoning", "calls", "stop", "no usage", "input", "reasoning tokens"],
)
def test_another_meaning_is_told_apart(other: Meaning) -> None:
    with pytest.raises(AssertionError):
        same(MEANT, other, translated=True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"index": 1', b'"index": 2'),
        (b'"type": "text_delta"', b'"type": "thinking_delta"'),
        (b'event: message_stop\ndata: {"type": "message_stop"}\n\n', b""),
        (b"event: message_delta", b"event: delta"),
        (b'"stop_reason": "tool_use"', b'"stop_reason": "tool_calls"'),
    ],
)
def test_a_fault_in_an_anthropic_stream_is_found(old: bytes, new: bytes) -> None:
    assert anthropic_problems(messages_stream(MEANT).replace(old, new, 1), beta=False)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"data: [DONE]\n\n", b""),
        (b'"role": "assistant", ', b""),
        (b'"created": 1', b'"created": 2'),
        (b'"finish_reason": "tool_calls"', b'"finish_reason": "tool_use"'),
        (b'"finish_reason": "tool_calls"', b'"finish_reason": null'),
        (b'{"index": 1, "id"', b'{"index": 2, "id"'),
        (b'"choices": [], ', b""),
    ],
)
def test_a_fault_in_a_chat_stream_is_found(old: bytes, new: bytes) -> None:
    assert chat_problems(chunks_stream(MEANT).replace(old, new, 1), usage=True)
    assert chat_problems(chunks_stream(MEANT), usage=False)


CHAT: dict[str, Any] = {
    "model": "g",
    "max_completion_tokens": 9,
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "See:"},
                                     {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}]},
        {"role": "assistant", "tool_calls": [
            {"id": "t1", "type": "function", "function": {"name": "look", "arguments": '{"at": 1}'}}]},
        {"role": "tool", "tool_call_id": "t1", "content": "a cat"},
    ],
    "tools": [{"type": "function", "function": {"name": "look", "parameters": {
        "type": "object", "properties": {"at": {}}, "required": ["at"]}}}],
    "tool_choice": "required",
}  # fmt: skip
ANTHROPIC: dict[str, Any] = {
    "model": "c",
    "max_tokens": 9,
    "system": "Be brief.",
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "See:"}, {
            "type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "QUJD"}}]},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "look", "input": {"at": 1}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "a cat"}]},
    ],
    "tools": [{"name": "look", "input_schema": {"type": "object", "properties": {"at": {}}, "required": ["at"]}}],
    "tool_choice": {"type": "any"},
}  # fmt: skip


def test_two_bodies_that_say_the_same_have_one_outline() -> None:
    said = outline_chat.outline(json.dumps(CHAT).encode())
    assert said == outline_anthropic.outline(json.dumps(ANTHROPIC).encode())
    assert problems(CHAT, CompletionCreateParams) == []
    assert problems(ANTHROPIC, MessageCreateParams) == []


@pytest.mark.parametrize(
    ("body", "hint", "wrong"),
    [
        ({**CHAT, "reasoning": {}}, CompletionCreateParams, ".reasoning: unknown"),
        ({**CHAT, "stop": 3}, CompletionCreateParams, ".stop: 3"),
        ({**CHAT, "messages": [{"role": "assistant", "reasoning_content": "x"}]}, CompletionCreateParams,
         ".messages[0].reasoning_content: unknown"),
        ({**CHAT, "messages": [{"role": "user", "content": [{"type": "text", "text": "x", "cache_control": {}}]}]},
         CompletionCreateParams, ".messages[0].content[0].cache_control: unknown"),
        ({**ANTHROPIC, "max_tokens": None}, MessageCreateParams, ".max_tokens: None"),
        ({**ANTHROPIC, "thinking": {"type": "enabled"}}, MessageCreateParams, ".thinking.budget_tokens: missing"),
        ({**ANTHROPIC, "tools": [{"name": "a", "parameters": {}}]}, MessageCreateParams,
         ".tools[0].parameters: unknown"),
    ],
)  # fmt: skip
def test_a_fault_in_a_body_is_found_where_it_is(body: dict[str, Any], hint: Any, wrong: str) -> None:
    assert any(problem.startswith(wrong) for problem in problems(body, hint)), problems(body, hint)
