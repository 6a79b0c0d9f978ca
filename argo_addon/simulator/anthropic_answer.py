"""An answer of the Messages API: what is asked, and the turn as a message or as a stream of events."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import msgspec

from .agent import Ask, Tool, Turn, asks_for_commands, count, pieces
from .anthropic_wire import Request, Text, ToolResult
from .facts import Facts
from .signing import signature_of

_IDS = itertools.count(1)
_STOPS = {"end": "end_turn", "calls": "tool_use", "limit": "max_tokens", "sequence": "stop_sequence"}


def ask_of(request: Request, facts: Facts) -> Ask:
    """What the request comes down to."""
    last = request.messages[-1].blocks()
    results = [_result_text(block) for block in last if isinstance(block, ToolResult)]
    choice = request.tool_choice
    kinds = {"auto": "auto", "any": "any", "none": "none", "tool": f"tool:{choice.name if choice else ''}"}
    users = [message for message in request.messages if message.role == "user"]
    texts = [block.text for message in users for block in message.blocks() if isinstance(block, Text)]
    form = (request.output_config.format if request.output_config else None) or request.output_format
    return Ask(
        model=facts.display,
        last_text=_asked(texts),
        results=results or None,
        tools=[Tool(tool.name, tool.input_schema) for tool in request.tools or [] if tool.input_schema is not None],
        choice=kinds[choice.type] if choice else "auto",
        calls=1 if choice is not None and choice.disable_parallel_tool_use else 2,
        thinks=request.thinking is not None and request.thinking.type != "disabled",
        max_tokens=request.max_tokens,
        stops=request.stop_sequences or [],
        schema=form.get("schema") if form else None,
    )


def _asked(texts: list[str]) -> str:
    """The last text that asks for commands; system text folded into the user's turn may stand behind it."""
    commanding = [text for text in texts if asks_for_commands(text)]
    return next(reversed(commanding or texts), "")


def _result_text(result: ToolResult) -> str:
    if isinstance(result.content, str):
        return result.content
    said = (block.text if isinstance(block, Text) else f"[{type(block).__name__.lower()}]" for block in result.content)
    return " ".join(said)


def blocks_of(turn: Turn) -> list[dict[str, Any]]:
    """The turn's content blocks, tool calls with fresh ids."""
    blocks: list[dict[str, Any]] = []
    if turn.thought:
        blocks.append({"type": "thinking", "thinking": turn.thought, "signature": signature_of(turn.thought)})
    if turn.text or not (turn.calls or turn.thought):
        blocks.append({"type": "text", "text": turn.text})
    for name, arguments in turn.calls:
        identifier = f"toolu_vrtx_{next(_IDS):024d}"
        blocks.append({"type": "tool_use", "id": identifier, "name": name, "input": json.loads(arguments)})
    return blocks


def message_of(request: Request, turn: Turn, usage: dict[str, Any]) -> dict[str, Any]:
    """The whole message."""
    return {
        "id": f"msg_vrtx_{next(_IDS):024d}",
        "type": "message",
        "role": "assistant",
        "model": request.model,
        "content": blocks_of(turn),
        "stop_reason": _STOPS[turn.stop],
        "stop_sequence": turn.sequence,
        "usage": {**usage, "output_tokens": turn.tokens},
    }


def events_of(request: Request, turn: Turn, usage: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The message as the events of its stream."""
    whole = message_of(request, turn, usage)
    start = {**whole, "content": [], "stop_reason": None, "stop_sequence": None, "usage": {**usage, "output_tokens": 1}}
    yield {"type": "message_start", "message": start}
    for index, block in enumerate(whole["content"]):
        yield from _block_events(index, block)
        if index == 0:
            yield {"type": "ping"}
    delta = {"stop_reason": whole["stop_reason"], "stop_sequence": whole["stop_sequence"]}
    yield {"type": "message_delta", "delta": delta, "usage": whole["usage"]}
    yield {"type": "message_stop"}


def _block_events(index: int, block: dict[str, Any]) -> Iterator[dict[str, Any]]:
    empty: dict[str, dict[str, Any]] = {
        "text": {"text": ""},
        "thinking": {"thinking": "", "signature": ""},
        "tool_use": {"input": {}},
    }
    kind = block["type"]
    yield {"type": "content_block_start", "index": index, "content_block": {**block, **empty[kind]}}
    deltas: list[dict[str, Any]]
    if kind == "text":
        deltas = [{"type": "text_delta", "text": piece} for piece in pieces(block["text"])]
    elif kind == "thinking":
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces(block["thinking"])]
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
    else:
        written = json.dumps(block["input"])
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ["", *pieces(written, 5)]]
    for delta in deltas:
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


def usage_of(request: Request, body: bytes, seen: set[int]) -> dict[str, Any]:
    """Input tokens: what was cached by an earlier request with the same tools and system text apart."""
    prefix = msgspec.json.encode([request.tools, request.system])
    tokens, total = count(prefix.decode()), count(body.decode())
    known = hash(prefix) in seen
    seen.add(hash(prefix))
    cached = tokens if request.tools or request.system else 0
    return {
        "input_tokens": max(1, total - cached),
        "cache_creation_input_tokens": 0 if known else cached,
        "cache_read_input_tokens": cached if known else 0,
    }


def frame(event: dict[str, Any]) -> bytes:
    """An event as it goes over the wire."""
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()
