"""What fuzzing starts from: inputs that are nearly right, by target."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import zlib
from pathlib import Path
from typing import Any

import zstandard
from mitmproxy.io import FlowWriter
from mitmproxy.test import tflow

FIXTURES = Path(__file__).parent.parent / "fixtures"
FOUND = Path(__file__).parent / "found"
SCHEMA = {"type": "object", "properties": {"a": {"type": "string", "enum": ["b"]}}, "required": ["a"]}
CALL = {"id": "c1", "type": "function", "function": {"name": "t", "arguments": '{"a":1}'}}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aaaa"}}
FUNCTION = {"name": "t", "description": "d", "parameters": SCHEMA}
BODIES: list[dict[str, Any]] = [
    {"model": "gpt-5.4", "stream": True, "temperature": 0.5, "messages": [
        {"role": "system", "content": "s"}, {"role": "user", "content": [{"type": "text", "text": "hi"}, IMAGE]},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": "x"}],
     "tools": [{"type": "function", "function": FUNCTION}], "tool_choice": "auto", "reasoning_effort": "low",
     "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}},
    {"model": "claude-opus-4.6", "max_tokens": 9, "system": [{"type": "text", "text": "s"}], "messages": [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "t", "signature": "s"},
                                          {"type": "tool_use", "id": "c1", "name": "t", "input": {"a": 1}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": [
            {"type": "text", "text": "x"}], "is_error": True}]}],
     "tools": [{"name": "t", "input_schema": SCHEMA}, {"type": "web_search_20250305", "name": "web_search"}],
     "thinking": {"type": "enabled", "budget_tokens": 1024}, "tool_choice": {"type": "tool", "name": "t"}},
    {"model": "gpt-5.4", "instructions": "s", "input": [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]},
        {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "t"}], "encrypted_content": "e"},
        {"type": "function_call", "call_id": "c1", "name": "t", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "x"},
        {"type": "custom_tool_call", "call_id": "c2", "name": "u", "input": "y"}],
     "tools": [{"type": "function", **FUNCTION}, {"type": "custom", "name": "u"},
               {"type": "namespace", "name": "n", "description": "d", "tools": [{"type": "function", **FUNCTION}]}],
     "text": {"format": {"type": "json_schema", "name": "n", "schema": SCHEMA}}},
    {"contents": [{"role": "user", "parts": [{"text": "hi"}, {"inlineData": {"mimeType": "image/png", "data": "aa"}}]},
                  {"role": "model", "parts": [{"functionCall": {"id": "c1", "name": "t", "args": {"a": 1}},
                                               "thoughtSignature": "aa"}]},
                  {"role": "user", "parts": [{"functionResponse": {"id": "c1", "name": "t", "response": {"r": 1}}}]}],
     "systemInstruction": {"parts": [{"text": "s"}]}, "tools": [{"functionDeclarations": [FUNCTION]}],
     "generationConfig": {"thinkingConfig": {"thinkingBudget": 9}, "responseSchema": {"type": "OBJECT"}}},
    {"model": "gpt-5.4", "prompt": ["hi"], "max_tokens": 9, "stop": "x", "echo": False},
    {"model": "text-embedding-3-small", "input": ["a", "b"], "encoding_format": "base64"},
    {"requests": [{"model": "models/text-embedding-3-small", "content": {"parts": [{"text": "a"}]}}]},
]  # fmt: skip
PATHS = {0: 0, 1: 2, 2: 1, 3: 3, 4: 4, 5: 5, 6: 6}  # a body's endpoint among those of targets.request


def seeds(target: str) -> list[bytes]:
    """The inputs that a target starts from: those made here, and those that were found."""
    return [*_MAKERS[target](), *(path.read_bytes() for path in sorted((FOUND / target).glob("*")))]


def _requests() -> list[bytes]:
    return [
        bytes((gateway, model, PATHS[number])) + json.dumps(body).encode()
        for number, body in enumerate(BODIES)
        for gateway in range(3)
        for model in range(3)
    ]


def _answers() -> list[bytes]:
    bodies = [path.read_bytes() for path in FIXTURES.glob("*/*.response.json")]
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": "x", "tool_calls": [CALL]},
        "finish_reason": "stop",
    }
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    bodies.append(json.dumps({"id": "a", "choices": [choice], "usage": usage}).encode())
    bodies += [b'{"response":"hi"}', b'{"error":{"message":"no","type":"t","code":400}}', b'{"detail":"x"}']
    ways = itertools.product(range(3), range(2), range(4), (0, 1))
    return [bytes((*way, 0)) + body for way in ways for body in bodies]


def _streams() -> list[bytes]:
    bodies = [path.read_bytes()[:6000] for path in FIXTURES.glob("*/*.sse")]
    ways = itertools.product(range(3), range(2), range(4), (0, 7))
    return [bytes(way) + body for way in ways for body in bodies]


def _flows() -> list[bytes]:
    file = io.BytesIO()
    writer = FlowWriter(file)
    for flow in (tflow.tflow(resp=True), tflow.tflow(err=True)):
        writer.add(flow)
    return [file.getvalue(), b'{"log":{"entries":[]}}', b"9:0123456789,"]


def _heads() -> list[bytes]:
    more = [b"content-length: 5", b"transfer-encoding: chunked", b"x: y\r\n z", b"Content-Length : 5", b"host: b"]
    head = b"POST /v1/messages HTTP/1.1\r\nhost: a\r\n"
    return [head + b"\r\n".join(two) + b"\r\n\r\n" for two in itertools.product(more, more)]


def _events() -> list[bytes]:
    return [
        b"\0event: a\ndata: b\n\n",
        b"\1data: a\r\rdata:b\r\n\r\n: c\n\nid: 1\ndata\n\n",
        b"\2\xef\xbb\xbfdata: a\n\n",
    ]


def _chunks() -> list[bytes]:
    return [b"\03\r\nabc\r\n0\r\n\r\n", b"\2a;x=y\r\n0123456789\r\n0\r\na: b\r\n\r\n", b"\10003\r\nabc\r\n"]


def _packed() -> list[bytes]:
    text = b'{"a":1}' * 20
    return [b"\0" + gzip.compress(text), b"\1" + zlib.compress(text), b"\2" + zstandard.ZstdCompressor().compress(text)]


def _configs() -> list[bytes]:
    return [
        b'config_version: "3"\nuser: jdoe\nport: 44497\nhost: 127.0.0.1\n',
        b"user: jdoe\nresolve_overrides: {'a:1': 127.0.0.1}\nargo_url: x\nverbose: yes\n",
        b"a: &a [*a]\n<<: {user: x}\n? {}\n",
    ]


def _targets() -> list[bytes]:
    found = [b"/v1/models", b"//v1/v1/chat/completions?x", b"/v1beta/models/a%2Fb:generateContent", b"/health", b"/%ff"]
    return [method + b" " + path for method in (b"GET", b"POST", b"HEAD", b"X") for path in found]


def _bodies() -> list[bytes]:
    return [
        rb'{"a":"\ud800","b":"\ud83d\ude00"}',
        rb'{"a\udc00":["\\ud800"]}',
        *(json.dumps(b).encode() for b in BODIES),
    ]


_MAKERS = {
    "request": _requests,
    "answer": _answers,
    "stream": _streams,
    "sse": _events,
    "head": _heads,
    "chunks": _chunks,
    "compression": _packed,
    "surrogates": _bodies,
    "config": _configs,
    "flow_file": _flows,
    "target": _targets,
}
