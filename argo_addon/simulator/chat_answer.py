"""An answer of Chat Completions: what is asked, and the turn as a completion or as a stream of chunks."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from typing import Any

import msgspec

from .agent import Ask, Tool, Turn, count, pieces
from .chat_wire import Assistant, Request, System, TextPart, ToolMessage, User
from .facts import Facts

_IDS = itertools.count(1)
_STOPS = {"end": "stop", "calls": "tool_calls", "limit": "length", "sequence": "stop"}


def ask_of(request: Request, facts: Facts) -> Ask:
    """What the request comes down to."""
    results: list[str] = []
    for message in reversed(request.messages):  # Gemini's results stand between the calls that they answer
        if isinstance(message, ToolMessage):
            results.insert(0, _text(message.content))
        elif not (isinstance(message, Assistant) and message.tool_calls):
            break
    users = [_text(message.content) for message in request.messages if isinstance(message, User)]
    form = request.response_format or {}
    return Ask(
        model=facts.display,
        last_text=users[-1] if users else "",
        results=results or None,
        tools=[Tool(tool.function.name, tool.function.parameters or {}) for tool in request.tools or []],
        choice=_choice(request),
        calls=1 if request.parallel_tool_calls is False else 2,
        max_tokens=request.max_completion_tokens or request.max_tokens,
        stops=[request.stop] if isinstance(request.stop, str) else request.stop or [],
        schema=form.get("json_schema", {}).get("schema", {"type": "object"})
        if form.get("type", "text") != "text"
        else None,
    )


def _choice(request: Request) -> str:
    if isinstance(request.tool_choice, dict):
        return f"tool:{request.tool_choice.get('function', {}).get('name', '')}"
    return {"required": "any", None: "auto"}.get(request.tool_choice, request.tool_choice or "auto")


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "\n".join(part.text if isinstance(part, TextPart) else "[file]" for part in content)
    return content or ""


def _calls(turn: Turn) -> list[dict[str, Any]]:
    return [
        {"id": f"call_{next(_IDS):024d}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for name, arguments in turn.calls
    ]


def completion_of(request: Request, turn: Turn, usage: dict[str, Any]) -> dict[str, Any]:
    """The whole completion, as many choices as were asked for."""
    choices = []
    for index in range(request.n or 1):
        message: dict[str, Any] = {
            "role": "assistant",
            "content": turn.text or None,
            "refusal": None,
            "annotations": [],
        }
        if turn.calls:
            message["tool_calls"] = _calls(turn)
        choices.append({"index": index, "message": message, "logprobs": None, "finish_reason": _STOPS[turn.stop]})
    return {**_head(request, "chat.completion"), "choices": choices, "usage": usage}


def _head(request: Request, kind: str) -> dict[str, Any]:
    identifier = f"chatcmpl-{next(_IDS):024d}"
    return {
        "id": identifier,
        "object": kind,
        "created": int(time.time()),
        "model": request.model,
        "system_fingerprint": None,
    }


def chunks_of(request: Request, turn: Turn, usage: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The completion as the chunks of its stream; two calls' arguments come interleaved."""
    head = _head(request, "chat.completion.chunk")
    wants_usage = request.stream_options is not None and request.stream_options.include_usage
    more = {"usage": None} if wants_usage else {}
    for index in range(request.n or 1):
        for delta in _deltas(turn):
            yield {
                **head,
                "choices": [{"index": index, "delta": delta, "logprobs": None, "finish_reason": None}],
                **more,
            }
        end = {"index": index, "delta": {}, "logprobs": None, "finish_reason": _STOPS[turn.stop]}
        yield {**head, "choices": [end], **more}
    if wants_usage:
        yield {**head, "choices": [], "usage": usage}


def _deltas(turn: Turn) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": "" if turn.text or not turn.calls else None, "refusal": None}
    for piece in pieces(turn.text):
        yield {"content": piece}
    calls = _calls(turn)
    for index, call in enumerate(calls):
        function = {"name": call["function"]["name"], "arguments": ""}
        yield {"tool_calls": [{"index": index, "id": call["id"], "type": "function", "function": function}]}
    written = [pieces(call["function"]["arguments"], 5) for call in calls]
    for row in itertools.zip_longest(*written):
        for index, piece in enumerate(row):
            if piece is not None:
                yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def usage_of(request: Request, turn: Turn, body: bytes, seen: set[int]) -> dict[str, Any]:
    """Tokens, as OpenAI counts them: input with what was cached, output with what was thought."""
    system = [_text(message.content) for message in request.messages if isinstance(message, System)]
    prefix = msgspec.json.encode([request.tools, system])
    prompt = count(body.decode())
    cached = min(count(prefix.decode()), prompt - 1) if hash(prefix) in seen else 0
    seen.add(hash(prefix))
    reasoning = 12 if request.reasoning_effort not in (None, "none") else 0
    written = turn.tokens + reasoning
    return {
        "prompt_tokens": prompt,
        "completion_tokens": written,
        "total_tokens": prompt + written,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": reasoning, "audio_tokens": 0},
    }


def frame(chunk: dict[str, Any]) -> bytes:
    """A chunk as it goes over the wire."""
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode()
