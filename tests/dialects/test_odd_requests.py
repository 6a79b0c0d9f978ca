"""Any member of any request may be anything; it goes upstream, or it is the client's error.

A 400 names the place; nothing of ours fails.
"""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from argo_addon.gateway.exchange import Exchange

from ..drawing import spread
from .asking import CHAT, MESSAGES, opened
from .test_odd_answers import places, replaced

Json = Any
ODD: tuple[Json, ...] = (None, "odd", "", 5, -1, 3.5, [], [None], {}, {"odd": 1}, True)
SCHEMA: Json = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
FUNCTION: Json = {"name": "f", "description": "d", "parameters": SCHEMA, "strict": True}
IMAGE = "data:image/png;base64,iVBORw0KGgo="

CHAT_BODY: Json = {
    "messages": [
        {"role": "system", "content": "s"},
        {"role": "user", "content": [{"type": "text", "text": "u"}, {"type": "image_url", "image_url": {"url": IMAGE}},
                                     {"type": "file", "file": {"file_data": "data:text/plain;base64,QQ=="}}]},
        {"role": "assistant", "content": "a", "reasoning_details": [{"type": "reasoning.text", "text": "t"}],
         "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c", "content": "r"}],
    "tools": [{"type": "function", "function": FUNCTION}, {"type": "custom", "custom": {"name": "g"}}],
    "tool_choice": {"type": "function", "function": {"name": "f"}}, "parallel_tool_calls": True, "max_tokens": 9,
    "max_completion_tokens": 9, "temperature": 0.5, "top_p": 0.5, "stop": ["x"], "reasoning_effort": "low",
    "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA, "strict": True}},
    "stream": True, "stream_options": {"include_usage": True}, "n": 1, "logprobs": True, "top_logprobs": 1, "seed": 1,
    "verbosity": "low", "user": "u", "metadata": {"a": "b"}, "prompt_cache_key": "k", "timeout": 5,
}  # fmt: skip
MESSAGES_BODY: Json = {
    "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "u"},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}},
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "d"}, "title": "t"}]},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "t", "signature": "s"},
            {"type": "tool_use", "id": "c", "name": "f", "input": {"a": "b"}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "is_error": False,
                                      "content": [{"type": "text", "text": "r"}]}]}],
    "tools": [{"name": "f", "description": "d", "input_schema": SCHEMA}, {"type": "bash_20250124", "name": "bash"}],
    "tool_choice": {"type": "tool", "name": "f", "disable_parallel_tool_use": True}, "max_tokens": 9000, "top_k": 3,
    "temperature": 0.5, "top_p": 0.5, "stop_sequences": ["x"], "thinking": {"type": "enabled", "budget_tokens": 2000},
    "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": SCHEMA}}, "stream": True,
    "output_format": {"type": "json_schema", "schema": SCHEMA}, "metadata": {"user_id": "u"}, "service_tier": "auto",
}  # fmt: skip
RESPONSES_BODY: Json = {
    "instructions": "s",
    "input": [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "u"},
            {"type": "input_image", "image_url": IMAGE},
            {"type": "input_file", "file_data": "data:text/plain;base64,QQ=="}]},
        {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "t"}], "encrypted_content": "e"},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "r"},
        {"type": "custom_tool_call", "call_id": "d", "name": "g", "input": "i"},
        {"type": "custom_tool_call_output", "call_id": "d", "output": [{"type": "input_text", "text": "r"}]}],
    "tools": [{"type": "function", **FUNCTION},
              {"type": "custom", "name": "g", "format": {"type": "grammar", "syntax": "lark", "definition": "x"}},
              {"type": "namespace", "name": "ns", "tools": [{"type": "function", **FUNCTION}]}],
    "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]},
    "text": {"format": {"type": "json_schema", "name": "n", "schema": SCHEMA, "strict": True}, "verbosity": "low"},
    "reasoning": {"effort": "low", "summary": "auto"}, "include": ["reasoning.encrypted_content"], "stream": True,
    "max_output_tokens": 9, "temperature": 0.5, "top_p": 0.5, "parallel_tool_calls": True, "prompt_cache_key": "k",
    "store": False, "metadata": {"a": "b"}, "truncation": "auto", "background": False,
}  # fmt: skip
GOOGLE_BODY: Json = {
    "systemInstruction": {"parts": [{"text": "s"}]},
    "contents": [
        {"role": "user", "parts": [{"text": "u"}, {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}},
                                   {"fileData": {"mimeType": "application/pdf", "fileUri": "https://a.example/x"}}]},
        {"role": "model", "parts": [{"text": "t", "thought": True, "thoughtSignature": "e"},
                                    {"functionCall": {"id": "c", "name": "f", "args": {"a": "b"}}}]},
        {"role": "user", "parts": [{"functionResponse": {"id": "c", "name": "f", "response": {"output": "r"}}}]}],
    "tools": [{"functionDeclarations": [{"name": "f", "description": "d", "parameters": SCHEMA},
                                        {"name": "g", "parametersJsonSchema": SCHEMA}]}],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
    "generationConfig": {"temperature": 0.5, "topP": 0.5, "topK": 3, "maxOutputTokens": 9, "candidateCount": 1,
        "seed": 1, "stopSequences": ["x"], "responseMimeType": "application/json", "responseSchema": SCHEMA,
        "thinkingConfig": {"includeThoughts": True, "thinkingBudget": 2000}, "presencePenalty": 0.5},
    "safetySettings": [], "labels": {"a": "b"},
}  # fmt: skip
CLIENTS: dict[str, tuple[str, Json]] = {
    "chat": (CHAT, CHAT_BODY),
    "messages": (MESSAGES, MESSAGES_BODY),
    "responses": ("/v1/responses", RESPONSES_BODY),
    "google": ("/v1beta/models/{}:streamGenerateContent?alt=sse", GOOGLE_BODY),
}


MODELS = ["gpt-5.4", "gemini-2.5-pro", "claude-opus-4.6", "claude-haiku-4.5"]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("force", [False, True])
def test_any_member_may_be_anything(client: str, model: str, force: bool) -> None:
    path, whole = CLIENTS[client]
    assert isinstance(opened(path.format(model), {**copy.deepcopy(whole), "model": model}), Exchange)
    oddities = [(place, odd) for place in places(whole) for odd in ODD]
    for place, odd in spread(oddities, 2 * MODELS.index(model) + force, 4):
        body = {**replaced(whole, place, odd), "model": model}
        made = opened(path.format(model), body, force_conversion=force)
        if isinstance(made, Exchange):
            assert json.loads(made.upstream.body)["user"] == "jdoe"
            continue
        assert 400 <= made.status < 500, (place, odd, made)
        told = json.loads(made.body)["error"]["message"]
        assert str(place[0]) in told or told.startswith("["), (place, odd, told)
