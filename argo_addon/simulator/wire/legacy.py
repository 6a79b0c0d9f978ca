"""Answers of the legacy gateway (argo.md, "The legacy gateway"). Knows turns, and no rules."""

from __future__ import annotations

import json
from collections.abc import Callable

from argo_addon.simulator.agent.ask import Call, Turn
from argo_addon.simulator.catalogue import Family
from argo_addon.simulator.jsons import Json, JsonObject
from argo_addon.simulator.wire import ids

_STEP = 5
"""Bytes of a piece, so that characters of more than one are cut now and then."""


def _parsed(call: Call) -> Json:
    try:
        value: Json = json.loads(call.arguments)
    except ValueError:
        return {}
    return value


def _openai(call: Call) -> JsonObject:
    function: JsonObject = {"name": call.name, "arguments": call.arguments}
    return {"id": ids.call_id(), "type": "function", "function": function}


def _claude(call: Call) -> JsonObject:
    return {"id": ids.tool_use_id(), "input": _parsed(call), "name": call.name, "type": "tool_use"}


def _gemini(call: Call) -> JsonObject:
    return {"id": None, "args": _parsed(call), "name": call.name}


_LAYOUTS: dict[Family, Callable[[Call], JsonObject]] = {"gpt": _openai, "claude": _claude, "gemini": _gemini}


def chat(turn: Turn, family: Family, *, tools: bool) -> JsonObject:
    """The answer of /chat/. With tools the calls are in the family's own layout; Claude's content is blocks."""
    if not tools:
        return {"response": turn.text}
    calls: list[Json] = [_LAYOUTS[family](call) for call in turn.calls]
    content: Json = turn.text or None
    if family == "claude" and calls:
        content = [{"type": "text", "text": turn.text}, *calls]
    return {"response": {"content": content, "tool_calls": calls}}


def stream(turn: Turn) -> list[bytes]:
    """The answer of /streamchat/: bare UTF-8 in pieces, characters cut between them."""
    raw = turn.text.encode("utf-8", "replace")
    return [raw[start : start + _STEP] for start in range(0, len(raw), _STEP)]
