"""Conversations written as a dialect's body, with the little liberties that clients take."""

from __future__ import annotations

import base64
import json
from typing import Any

from hypothesis import strategies as st

from .making import Name
from .making_talks import BREAKPOINT, Call, Json, Part, Result, Talk, Turn, options, tools


@st.composite
def bodies(draw: st.DrawFn, name: Name, talk: Talk, *, model: str = "m", stream: bool = False) -> Json:
    """A whole request that says a conversation."""
    given = draw(tools)
    body: Json = {"model": model, **conversation(draw, name, talk), **draw(options(name, given))}
    return {**body, "stream": True} if stream else body


def conversation(draw: st.DrawFn, name: Name, talk: Talk) -> Json:
    """The members that say a conversation."""
    if name == "openai_chat":
        return {"messages": [message for turn in talk for message in _chat_messages(draw, turn)]}
    body: Json = {}
    rest = talk
    if talk and talk[0].speaker == "system":
        body["system"] = _content(draw, talk[0].parts)
        rest = talk[1:]
    return {**body, "messages": [_turn(draw, turn) for turn in rest]}


# Anthropic


def _turn(draw: st.DrawFn, turn: Turn) -> Json:
    if turn.speaker == "tool":
        return {"role": "user", "content": [_result(draw, result) for result in turn.results]}
    if turn.speaker == "assistant":
        blocks = [*map(_block, turn.parts), *map(_tool_use, turn.calls)]
        return {"role": "assistant", "content": blocks}
    return {"role": turn.speaker, "content": _content(draw, turn.parts)}


def _content(draw: st.DrawFn, parts: tuple[Part, ...]) -> Any:
    if len(parts) == 1 and parts[0].kind == "text" and draw(st.booleans()):
        return parts[0].text
    blocks = list(map(_block, parts))
    if blocks and draw(st.integers(0, 2)) == 0:
        blocks[-1] = {**blocks[-1], "cache_control": BREAKPOINT}
    return blocks


def _block(part: Part) -> Json:
    match part.kind:
        case "thinking":
            return {"type": "thinking", "thinking": part.text, "signature": part.signature}
        case "redacted":
            return {"type": "redacted_thinking", "data": part.text}
        case "image":
            return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": part.text}}
        case "document":
            return {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": part.text}}
        case _:
            return {"type": "text", "text": part.text}


def _tool_use(call: Call) -> Json:
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": json.loads(call.arguments)}


def _result(draw: st.DrawFn, result: Result) -> Json:
    block: Json = {"type": "tool_result", "tool_use_id": result.call}
    empty = draw(st.booleans())
    if result.parts or empty:
        block["content"] = _content(draw, result.parts)
    return {**block, "is_error": True} if result.failed else block


# Chat


def _chat_messages(draw: st.DrawFn, turn: Turn) -> list[Json]:
    if turn.speaker == "tool":
        return [_tool_message(draw, result) for result in turn.results]
    if turn.speaker == "assistant":
        return [_assistant(draw, turn)]
    role = draw(st.sampled_from(["system", "developer"])) if turn.speaker == "system" else "user"
    return [{"role": role, "content": _chat_content(draw, turn.parts)}]


def _chat_content(draw: st.DrawFn, parts: tuple[Part, ...]) -> Any:
    if not parts or (len(parts) == 1 and parts[0].kind == "text" and draw(st.booleans())):
        return parts[0].text if parts else ""
    return [_chat_part(part) for part in parts]


def _chat_part(part: Part) -> Json:
    if part.kind == "image":
        return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{part.text}"}}
    if part.kind == "document":
        data = base64.b64encode(part.text.encode()).decode()
        return {"type": "file", "file": {"filename": "a.txt", "file_data": f"data:text/plain;base64,{data}"}}
    return {"type": "text", "text": part.text}


def _tool_message(draw: st.DrawFn, result: Result) -> Json:
    return {"role": "tool", "tool_call_id": result.call, "content": _chat_content(draw, result.parts)}


def _assistant(draw: st.DrawFn, turn: Turn) -> Json:
    said = tuple(part for part in turn.parts if part.kind == "text")
    message: Json = {"role": "assistant", "content": _chat_content(draw, said) if said else None}
    for part in turn.parts:
        if part.kind == "refusal":
            message["refusal"] = part.text
        elif part.kind == "thinking":
            message["reasoning_content"] = part.text
            if part.signature:
                detail = {"type": "reasoning.text", "text": part.text, "signature": part.signature}
                message.setdefault("reasoning_details", []).append(detail)
        elif part.kind == "redacted":
            message.setdefault("reasoning_details", []).append({"type": "reasoning.encrypted", "data": part.text})
    if turn.calls:
        message["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in turn.calls
        ]
    return message
