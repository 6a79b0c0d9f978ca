"""Hand-made exchanges, for what no recording shows: a client's body and what goes upstream for it; Claude's answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from openai.types.responses import Response

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.messages import ClientRequest, Reply

from . import reading_responses
from .recordings import Name, NewName
from .test_requests import OUTLINES, wrong
from .wires import Through, chat, gateway

CLAUDE, GPT = "claude-opus-4.6", "gpt-5.4"
UPSTREAM: dict[str, Name] = {CLAUDE: "anthropic", GPT: "openai_chat"}
STREAM = "text/event-stream"


@dataclass(frozen=True)
class Asked:
    """What goes upstream for a body."""

    body: dict[str, Any]
    dropped: tuple[str, ...]

    @property
    def tools(self) -> dict[str, dict[str, Any]]:
        """The tools by name, in either dialect's form: description and schema."""
        declared = [tool.get("function", tool) for tool in self.body.get("tools", [])]
        return {
            tool["name"]: {"description": tool.get("description"), "schema": tool.get("input_schema")
                           or tool.get("parameters")}
            for tool in declared
        }  # fmt: skip


def _opened(name: NewName, body: dict[str, Any], model: str, stream: bool, version: str) -> Exchange | Reply:
    path, members = "/v1/responses", {**body, "model": model, "stream": stream}
    if name == "google":
        verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
        path, members = f"/{version}/models/{model}:{verb}", body
    opened = gateway(force=False).open(ClientRequest("POST", path, {}, json.dumps(members).encode()))
    assert isinstance(opened, (Exchange, Reply))
    return opened


def ask(name: NewName, body: dict[str, Any], model: str, *, stream: bool = True, version: str = "v1beta") -> Asked:
    """What goes upstream for a body, which is found to be one that the upstream's SDK could have sent."""
    opened = _opened(name, body, model, stream, version)
    assert isinstance(opened, Exchange), opened
    upstream = next(spoken for known, spoken in UPSTREAM.items() if model.endswith(known))
    assert wrong(upstream, opened.upstream.body) == []
    OUTLINES[upstream](opened.upstream.body)
    return Asked(json.loads(opened.upstream.body), opened.dropped)


def refusal(name: NewName, body: dict[str, Any], model: str = GPT) -> tuple[int, dict[str, Any]]:
    """The status and the error with which a body is refused."""
    opened = _opened(name, body, model, stream=False, version="v1beta")
    assert isinstance(opened, Reply), "it was not refused"
    error: dict[str, Any] = json.loads(opened.body)["error"]
    return opened.status, error


def claude_stream(*blocks: dict[str, Any], stop: str = "tool_use") -> bytes:
    """A Claude's answer as a stream, of whole blocks as a plain answer has them."""
    usage = {"input_tokens": 20, "output_tokens": 1, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 3}
    started = {"id": "m", "type": "message", "role": "assistant", "model": "c", "content": [], "usage": usage}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": started}]
    for index, block in enumerate(blocks):
        empty, deltas = _taken_apart(block)
        events.append({"type": "content_block_start", "index": index, "content_block": empty})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": index})
    events.append({"type": "message_delta", "delta": {"stop_reason": stop}, "usage": {"output_tokens": 9}})
    events.append({"type": "message_stop"})
    return b"".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events)


def _taken_apart(block: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    match block:
        case {"type": "thinking", "thinking": text, "signature": signature}:
            deltas = [{"type": "thinking_delta", "thinking": text}, {"type": "signature_delta", "signature": signature}]
            return {**block, "thinking": "", "signature": ""}, deltas
        case {"type": "text", "text": str(text)}:
            half = len(text) // 2
            return {**block, "text": ""}, [{"type": "text_delta", "text": one} for one in (text[:half], text[half:])]
        case {"type": "tool_use", "input": arguments}:
            written = json.dumps(arguments)
            pieces = [written[:7], written[7:]] if arguments else []
            return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": one} for one in pieces]
    return block, []


def respond(way: Through, body: dict[str, Any], *, streamed: bool, model: str = CLAUDE) -> Response:
    """An answer to a body, as OpenAI's SDK reads it."""
    with chat(way) as client:
        create: Any = client.responses.create
        if not streamed:
            made: Response = create(model=model, **body)
            return made
        return reading_responses.last(list(create(model=model, stream=True, **body)))
