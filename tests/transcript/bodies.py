"""A conversation in each dialect, and the streams and plain answers that the gateway makes of one upstream answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from ..dialects.asking import JSON_TYPE, SSE_TYPE, Json, asked

FIXTURES = Path(__file__).parent.parent / "fixtures"
UPSTREAM_STREAM = (FIXTURES / "anthropic" / "thinking_and_tools.sse").read_bytes()
UPSTREAM_ANSWER = (FIXTURES / "anthropic" / "thinking_and_tools.response.json").read_bytes()
MODEL = "claude-opus-4.6"
PIXEL = "iVBORw0KGgo" + "A" * 400
SCHEMA: Json = {"type": "object", "properties": {"path": {"type": "string"}}}

CHAT: Json = {
    "model": MODEL,
    "temperature": 0.25,
    "stream": True,
    "stream_options": {"include_usage": True},
    "tools": [{"type": "function", "function": {"name": "read", "parameters": SCHEMA}}],
    "messages": [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is in a.txt?"},
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
            ],
        },
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "read", "arguments": '{"path": "a.txt"}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "forty-two"},
    ],
}
RESPONSES: Json = {
    "model": MODEL,
    "temperature": 0.25,
    "stream": True,
    "instructions": "Be brief.",
    "tools": [{"type": "function", "name": "read", "parameters": SCHEMA}],
    "input": [
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "What is in a.txt?"},
                {"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}"},
            ],
        },
        {"role": "assistant", "content": [{"type": "output_text", "text": "I look."}]},
        {"type": "function_call", "call_id": "call_1", "name": "read", "arguments": '{"path": "a.txt"}'},
        {"type": "function_call_output", "call_id": "call_1", "output": "forty-two"},
    ],
}
MESSAGES: Json = {
    "model": MODEL,
    "temperature": 0.25,
    "stream": True,
    "max_tokens": 400,
    "system": "Be brief.",
    "tools": [{"name": "read", "input_schema": SCHEMA}],
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is in a.txt?"},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "call_1", "name": "read", "input": {"path": "a.txt"}},
            ],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": "forty-two"}]},
    ],
}
GOOGLE: Json = {
    "systemInstruction": {"parts": [{"text": "Be brief."}]},
    "generationConfig": {"temperature": 0.25, "thinkingConfig": {"includeThoughts": True}},
    "tools": [{"functionDeclarations": [{"name": "read", "parameters": SCHEMA}]}],
    "contents": [
        {
            "role": "user",
            "parts": [{"text": "What is in a.txt?"}, {"inlineData": {"mimeType": "image/png", "data": PIXEL}}],
        },
        {
            "role": "model",
            "parts": [
                {"text": "I look."},
                {"functionCall": {"id": "call_1", "name": "read", "args": {"path": "a.txt"}}},
            ],
        },
        {
            "role": "user",
            "parts": [{"functionResponse": {"id": "call_1", "name": "read", "response": {"output": "forty-two"}}}],
        },
    ],
}
_GOOGLE_PATH = f"/v1beta/models/{MODEL}:streamGenerateContent"


class Way(msgspec.Struct, frozen=True):
    """How a client asks, and what the title of what it gets is."""

    path: str
    body: Json
    title: str
    type: str = "text/event-stream"


WAYS = {
    "openai_chat": Way("/v1/chat/completions", CHAT, "OpenAI Chat"),
    "openai_responses": Way("/v1/responses", RESPONSES, "OpenAI Responses"),
    "anthropic": Way("/v1/messages", MESSAGES, "Anthropic"),
    "google": Way(f"{_GOOGLE_PATH}?alt=sse", GOOGLE, "Google"),
    "google_list": Way(_GOOGLE_PATH, GOOGLE, "Google", "application/json"),
}


def stream_for(name: str) -> bytes:
    """The client's stream, made of the upstream's."""
    way = WAYS[name]
    call = asked(way.path, way.body)
    assert call.start_response(200, SSE_TYPE) is not None
    assert call.relay is not None
    return call.relay.feed(UPSTREAM_STREAM) + call.relay.close()


def answer_for(name: str) -> bytes:
    """The client's plain answer, made of the upstream's."""
    way = WAYS[name]
    plain: dict[str, Any] = {member: value for member, value in way.body.items() if not member.startswith("stream")}
    path = way.path.split("?")[0].replace("streamGenerate", "generate")
    reply = asked(path, plain).complete_response(200, JSON_TYPE, UPSTREAM_ANSWER)
    assert reply.status == 200, reply.body
    return reply.body


def written(body: Json) -> bytes:
    """A request's bytes."""
    return json.dumps(body).encode()
