"""What a stream must keep to under its vendor's types and order rules. Each function returns what is wrong, in words.

The SDKs take events without validating them; here every event is validated with the SDKs' own types.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from anthropic.types import RawMessageStreamEvent
from anthropic.types.beta import BetaRawMessageStreamEvent
from openai.types.chat import ChatCompletionChunk
from pydantic import TypeAdapter, ValidationError

_STABLE: TypeAdapter[RawMessageStreamEvent] = TypeAdapter(RawMessageStreamEvent)
_BETA: TypeAdapter[BetaRawMessageStreamEvent] = TypeAdapter(BetaRawMessageStreamEvent)

_DELTAS = {
    "text": {"text_delta", "citations_delta"},
    "thinking": {"thinking_delta", "signature_delta"},
    "tool_use": {"input_json_delta"},
    "server_tool_use": {"input_json_delta"},
    "mcp_tool_use": {"input_json_delta"},
    "compaction": {"compaction_delta"},
}
"""What may be added to a block of a kind; the others come whole."""


def frames(stream: bytes) -> Iterator[tuple[str, str]]:
    """A stream's events: name (may be empty) and data."""
    for block in stream.replace(b"\r\n", b"\n").decode().split("\n\n"):
        lines = [line.partition(":") for line in block.split("\n") if line and not line.startswith(":")]
        data = [value.removeprefix(" ") for name, _, value in lines if name == "data"]
        event = [value.strip() for name, _, value in lines if name == "event"]
        if data:
            yield "".join(event), "\n".join(data)


# Anthropic


@dataclass
class _Messages:
    """Where in its life a message is."""

    problems: list[str] = field(default_factory=list)
    started: bool = False
    blocks: int = 0
    open_kind: str | None = None
    deltas: int = 0
    stopped: bool = False

    def check(self, condition: bool, problem: str) -> None:
        if not condition:
            self.problems.append(problem)


def anthropic_problems(stream: bytes, *, beta: bool, skipped: tuple[str, ...] = ()) -> list[str]:
    """What is wrong with an Anthropic stream. `beta`: the beta API's blocks and members are good, too.

    `skipped` are types that nobody knows, which the SDK skips.
    """
    state = _Messages()
    for name, data in frames(stream):
        event = json.loads(data)
        state.check(name == event["type"], f"event {name!r} of type {event['type']!r}")
        if event["type"] in ("ping", *skipped):
            continue
        state.problems += _invalid(event, beta=beta)
        _ordered(state, event)
    state.check(state.stopped, "no message_stop")
    return state.problems


def _invalid(event: object, *, beta: bool) -> list[str]:
    try:
        _STABLE.validate_python(event)
    except ValidationError as error:
        if not beta:
            return [f"{event}: {error}"]
        try:
            _BETA.validate_python(event)
        except ValidationError as worse:
            return [f"{event}: {worse}"]
    return []


def _ordered(state: _Messages, event: dict[str, object]) -> None:
    kind = event["type"]
    state.check(not state.stopped, f"{kind} after message_stop")
    state.check(state.started == (kind != "message_start"), f"{kind} at the wrong end of message_start")
    match event:
        case {"type": "message_start"}:
            state.started = True
        case {"type": "content_block_start", "index": index, "content_block": {"type": str(block)}}:
            state.check(state.open_kind is None and not state.deltas, f"block {index} starts within another")
            state.check(index == state.blocks, f"block {index} where {state.blocks} is next")
            state.open_kind = block
        case {"type": "content_block_delta", "index": index, "delta": {"type": delta}}:
            state.check(state.open_kind is not None and index == state.blocks, f"a delta for {index}, not open")
            state.check(delta in _DELTAS.get(state.open_kind or "", set()), f"{delta} in a {state.open_kind}")
        case {"type": "content_block_stop", "index": index}:
            state.check(state.open_kind is not None and index == state.blocks, f"stop of {index}, not open")
            state.open_kind = None
            state.blocks += 1
        case {"type": "message_delta"}:
            state.deltas += 1
            state.check(state.open_kind is None, "message_delta within a block")
            state.check(state.deltas == 1, "a second message_delta")
        case {"type": "message_stop"}:
            state.stopped = True
            state.check(state.deltas == 1, "message_stop without message_delta")


# Chat


def chat_problems(stream: bytes, *, usage: bool | None) -> list[str]:
    """What is wrong with a Chat stream. `usage`: whether it must have a usage chunk; None: it may."""
    found = [data for _, data in frames(stream)]
    problems = [] if found[-1:] == ["[DONE]"] else ["[DONE] is not last"]
    chunks: list[ChatCompletionChunk] = []
    for data in found:
        if data == "[DONE]":
            continue
        try:
            chunks.append(ChatCompletionChunk.model_validate_json(data))
        except ValidationError as error:
            problems.append(f"{data}: {error}")
    if not chunks:
        return [*problems, "no chunks"]
    if len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) != 1:
        problems.append("id, created or model change on the way")
    return [*problems, *_choices(chunks), *_usage(chunks, usage)]


def _choices(chunks: list[ChatCompletionChunk]) -> Iterator[str]:
    choices = [choice for chunk in chunks for choice in chunk.choices]
    for index in sorted({choice.index for choice in choices}):
        own = [choice for choice in choices if choice.index == index]
        if own[0].delta.role != "assistant":
            yield f"choice {index} does not begin with its role"
        reasons = [place for place, choice in enumerate(own) if choice.finish_reason]
        if reasons != [len(own) - 1]:
            yield f"choice {index}: finish_reason in deltas {reasons} of {len(own)}"
        calls = [call for choice in own for call in choice.delta.tool_calls or ()]
        firsts = list(dict.fromkeys(call.index for call in calls))
        if firsts != list(range(len(firsts))):
            yield f"choice {index}: tool calls numbered {firsts}"
        for number in firsts:
            first = next(call for call in calls if call.index == number)
            if not (first.id and first.type == "function" and first.function and first.function.name):
                yield f"choice {index}: call {number} begins without id, type or name"


def _usage(chunks: list[ChatCompletionChunk], wanted: bool | None) -> Iterator[str]:
    told = [chunk for chunk in chunks if chunk.usage is not None]
    if wanted is None:
        return
    if len(told) != int(wanted):
        yield f"{len(told)} chunks with usage where {int(wanted)} were asked for"
    elif wanted and (told[0].choices or told[0] is not chunks[-1]):
        yield "the usage is not in a last chunk of its own"
