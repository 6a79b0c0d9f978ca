"""Conversations written as an Ollama client writes them: texts, images as base64, calls whose arguments are objects."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from .making_talks import Call, Json, Part, Result, Talk, Turn

PATHS = ("/api/chat", "/api/generate")
_DEPTH = st.sampled_from([True, False, "low", "medium", "high"])
_OPTIONS: dict[str, st.SearchStrategy[object]] = {
    "temperature": st.sampled_from([0, 0.5, 1, 1.5]),
    "top_p": st.sampled_from([0.1, 1]),
    "top_k": st.integers(-1, 50),
    "seed": st.integers(-1, 9) | st.just(7.0),
    "num_predict": st.integers(-2, 200_000),
    "num_ctx": st.integers(1, 200_000),
    "stop": st.text(max_size=3) | st.lists(st.text(max_size=3), max_size=5),
    "repeat_penalty": st.just(1.1),
}


def messages(draw: st.DrawFn, talk: Talk, *, with_ids: bool) -> list[Json]:
    """The messages that say a conversation. Older clients know no ids of calls: a result names its tool."""
    names = {call.id: call.name for turn in talk for call in turn.calls}
    return [message for turn in talk for message in _said(draw, turn, names, with_ids)]


@st.composite
def requests(draw: st.DrawFn, talk: Talk, *, model: str, with_ids: bool = True) -> Json:
    """A whole body for `/api/chat`."""
    body: Json = {"model": model, "messages": messages(draw, talk, with_ids=with_ids)}
    if draw(st.booleans()):
        body["options"] = draw(st.fixed_dictionaries({}, optional=_OPTIONS))
    if draw(st.integers(0, 2)) == 0:
        body["think"] = draw(_DEPTH)
    if draw(st.integers(0, 2)) == 0:
        schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
        body["format"] = draw(st.sampled_from(["json", "", schema, {"type": "array", "items": schema}]))
    if draw(st.booleans()):
        names = draw(st.lists(st.sampled_from(["f", "get_weather", "mcp__a__b"]), max_size=2, unique=True))
        schema = {"type": "object", "properties": {"a": {"type": ["string", "null"]}}}
        body["tools"] = [{"type": "function", "function": {"name": name, "parameters": schema}} for name in names]
    return {**body, "stream": False} if draw(st.booleans()) else body


def _said(draw: st.DrawFn, turn: Turn, names: dict[str, str], with_ids: bool) -> list[Json]:
    if turn.speaker == "tool":
        return [_result(draw, result, names, with_ids) for result in turn.results]
    message = {"role": turn.speaker, "content": _text(turn.parts), **_images(turn.parts)}
    if thought := "".join(part.text for part in turn.parts if part.kind == "thinking"):
        message["thinking"] = thought
    if turn.calls:
        message["tool_calls"] = [_call(draw, call, with_ids) for call in turn.calls]
    return [message]


def _result(draw: st.DrawFn, result: Result, names: dict[str, str], with_ids: bool) -> Json:
    message: Json = {"role": "tool", "content": _text(result.parts), **_images(result.parts)}
    if with_ids:
        message["tool_call_id"] = result.call
    elif draw(st.booleans()):
        message[draw(st.sampled_from(["tool_name", "name"]))] = names.get(result.call, "f")
    return message


def _call(draw: st.DrawFn, call: Call, with_ids: bool) -> Json:
    written: object = call.arguments if draw(st.integers(0, 3)) == 0 else json.loads(call.arguments)
    made: Json = {"function": {"name": call.name, "arguments": written}}
    return {"id": call.id, "type": "function", **made} if with_ids else made


def _text(parts: tuple[Part, ...]) -> str:
    return "\n".join(part.text for part in parts if part.kind in ("text", "document", "refusal"))


def _images(parts: tuple[Part, ...]) -> Json:
    shown = [part.text for part in parts if part.kind == "image"]
    return {"images": shown} if shown else {}
