"""What is dropped is told. Whatever member a request has, it changes what goes upstream, or it is told.

Tried on every member of requests that say all that their API knows, and on members that it does not know. What changes
no answer, whether it is said or not, is listed by name.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.messages import Reply

from .asking import opened
from .test_odd_answers import places
from .test_odd_requests import CLIENTS, FUNCTION, IMAGE, SCHEMA

Json = Any
USER: Json = {"role": "user", "content": "u"}
PDF = "JVBERi0xLjQK"
MORE: dict[str, list[Json]] = {
    "chat": [
        {"messages": [
            {"role": "developer", "content": "s", "name": "a"},
            {"role": "user", "name": "b", "content": [
                {"type": "text", "text": "u", "prompt_cache_breakpoint": {"mode": "explicit"}},
                {"type": "image_url", "image_url": {"url": IMAGE, "detail": "low"}},
                {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{PDF}", "filename": "a.pdf"}},
                {"type": "input_audio", "input_audio": {"data": "QQ==", "format": "wav"}}]},
            {"role": "assistant", "content": None, "refusal": "no", "name": "c", "audio": {"id": "x"}},
            {"role": "user", "content": "u"},
            {"role": "assistant", "content": [{"type": "text", "text": "a"}, {"type": "refusal", "refusal": "no"}],
             "tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "g", "input": "i"}}]},
            {"role": "tool", "tool_call_id": "c", "content": [{"type": "text", "text": "r"}]}],
         "tools": [{"type": "custom", "custom": {"name": "g", "description": "d", "format": {
             "type": "grammar", "grammar": {"syntax": "lark", "definition": "x"}}}},
                   {"type": "function", "function": FUNCTION}],
         "tool_choice": {"type": "allowed_tools", "allowed_tools": {
             "mode": "required", "tools": [{"type": "function", "function": {"name": "f"}}]}},
         "response_format": {"type": "json_schema", "json_schema": {
             "name": "n", "description": "d", "schema": SCHEMA, "strict": False}},
         "logit_bias": {"1": 5}, "logprobs": True, "top_logprobs": 2, "modalities": ["text", "audio"],
         "audio": {"voice": "v", "format": "wav"}, "prediction": {"type": "content", "content": "p"},
         "web_search_options": {"search_context_size": "low"}, "service_tier": "priority", "presence_penalty": 0.5,
         "frequency_penalty": 0.5, "seed": 3, "stream": True, "stream_options": {"include_obfuscation": True}},
    ],
    "messages": [
        {"messages": [
            {"role": "user", "content": [
                {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": PDF},
                 "title": "t", "context": "c", "citations": {"enabled": True}, "cache_control": {"type": "ephemeral"}},
                {"type": "document", "source": {"type": "url", "url": "https://a.example/x.pdf"}},
                {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "d"}]}},
                {"type": "image", "source": {"type": "url", "url": "https://a.example/x.png"}},
                {"type": "search_result", "source": "s", "title": "t", "content": [{"type": "text", "text": "x"}],
                 "citations": {"enabled": True}},
                {"type": "container_upload", "file_id": "f"}]},
            {"role": "assistant", "content": [
                {"type": "redacted_thinking", "data": "x"},
                {"type": "text", "text": "a", "citations": [{"type": "char_location", "cited_text": "c",
                 "document_index": 0, "document_title": "t", "start_char_index": 0, "end_char_index": 1}]},
                {"type": "tool_use", "id": "c", "name": "f", "input": {"a": "b"}, "caller": {"type": "direct"}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "c", "is_error": True, "cache_control": {"type": "ephemeral"},
                 "content": [{"type": "image", "source": {"type": "base64", "media_type": "image/png",
                                                          "data": "iVBORw0KGgo="}}]}]}],
         "tools": [{"name": "f", "description": "d", "input_schema": SCHEMA, "strict": True, "type": "custom",
                    "cache_control": {"type": "ephemeral"}, "input_examples": [{"a": "b"}], "defer_loading": True,
                    "allowed_callers": ["direct"], "eager_input_streaming": True},
                   {"type": "web_search_20250305", "name": "web_search", "max_uses": 3}],
         "mcp_servers": [{"type": "url", "url": "https://a.example/mcp", "name": "m"}], "container": "c",
         "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}, "inference_geo": "us",
         "speed": "fast", "cache_control": {"type": "ephemeral"}, "max_tokens": 9000, "service_tier": "standard_only",
         "thinking": {"type": "adaptive", "display": "summarized"}, "output_config": {
             "effort": "low", "task_budget": {"type": "tokens", "total": 30000}}},
    ],
    "responses": [
        {"input": [
            {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "s"}]},
            {"type": "message", "role": "user", "content": [
                {"type": "input_image", "image_url": IMAGE, "detail": "low"},
                {"type": "input_image", "file_id": "f"},
                {"type": "input_file", "file_data": f"data:application/pdf;base64,{PDF}", "filename": "a.pdf",
                 "detail": "high"},
                {"type": "input_file", "file_url": "https://a.example/x.pdf"}]},
            {"type": "message", "role": "assistant", "phase": "commentary", "id": "m", "status": "completed",
             "content": [
                {"type": "output_text", "text": "a", "logprobs": [{"token": "a"}],
                 "annotations": [{"type": "url_citation", "url": "https://a.example", "title": "t"}]}]},
            {"type": "local_shell_call", "call_id": "l", "status": "completed", "action": {
                "type": "exec", "command": ["ls"], "env": {"A": "b"}, "timeout_ms": 5,
                "working_directory": "/", "user": "u"}},
            {"type": "local_shell_call_output", "call_id": "l", "output": "r"},
            {"type": "tool_search_call", "call_id": "t", "execution": "client", "arguments": {"q": "x"}},
            {"type": "tool_search_output", "call_id": "t", "tools": [{"type": "function", **FUNCTION, "name": "h"}]},
            {"type": "function_call", "call_id": "c", "name": "k", "namespace": "ns", "arguments": "{}", "id": "fc"},
            {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_image", "image_url": IMAGE}]},
            {"type": "web_search_call", "id": "w", "action": {"type": "search", "query": "q"}, "status": "completed"},
            {"type": "compaction", "encrypted_content": "e"}],
         "tools": [{"type": "namespace", "name": "ns", "description": "what it is for", "tools": [
             {"type": "function", **FUNCTION, "name": "k", "defer_loading": True}]},
             {"type": "tool_search", "execution": "client", "description": "d", "parameters": SCHEMA},
             {"type": "local_shell"}, {"type": "web_search", "search_context_size": "low"},
             {"type": "function", **FUNCTION}],
         "tool_choice": {"type": "function", "name": "f"}, "stream": True,
         "stream_options": {"include_obfuscation": True},
         "text": {"format": {"type": "json_schema", "name": "n", "schema": SCHEMA, "description": "d",
                             "strict": False}},
         "reasoning": {"effort": "low", "summary": "detailed", "mode": "pro"},
         "include": ["message.output_text.logprobs"],
         "max_tool_calls": 3, "top_logprobs": 2, "service_tier": "priority", "truncation": "auto",
         "context_management": [{"type": "compaction", "compact_threshold": 1_000_000}], "parallel_tool_calls": False},
    ],
    "google": [
        {"system_instruction": {"role": "user", "parts": [{"text": "s"}]},
         "contents": [
             {"role": "user", "parts": [
                 {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo=", "displayName": "d"},
                  "mediaResolution": {"level": "MEDIA_RESOLUTION_LOW"}},
                 {"inlineData": {"mimeType": "application/pdf", "data": PDF, "displayName": "a.pdf"}},
                 {"fileData": {"mimeType": "video/mp4", "fileUri": "https://a.example/v"},
                  "videoMetadata": {"startOffset": "3s", "fps": 1}},
                 {"fileData": {"mimeType": "application/pdf", "fileUri": "https://a.example/x", "displayName": "x"}},
                 {"text": "u", "partMetadata": {"a": "b"}}]},
             {"role": "model", "parts": [
                 {"executableCode": {"language": "PYTHON", "code": "1"}},
                 {"functionCall": {"name": "f", "args": {"a": "b"}, "partialArgs": [{"jsonPath": "$.a"}],
                                   "willContinue": False}}]},
             {"role": "user", "parts": [
                 {"functionResponse": {"name": "f", "response": {"error": "r"}, "willContinue": False,
                                       "scheduling": "SILENT", "parts": [{"inlineData": {
                                           "mimeType": "image/png", "data": "iVBORw0KGgo=", "displayName": "y"}}]}}]}],
         "tools": [{"functionDeclarations": [{"name": "f", "parameters": SCHEMA, "response": SCHEMA,
                                              "responseJsonSchema": SCHEMA, "behavior": "BLOCKING"}],
                    "googleSearch": {"timeRangeFilter": {}}, "codeExecution": {}}],
         "toolConfig": {"functionCallingConfig": {"mode": "VALIDATED", "allowedFunctionNames": ["f"],
                                                  "streamFunctionCallArguments": True},
                        "retrievalConfig": {"languageCode": "en"}, "includeServerSideToolInvocations": True},
         "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
         "generationConfig": {
             "responseModalities": ["TEXT", "IMAGE"], "speechConfig": {"languageCode": "en"}, "audioTimestamp": True,
             "mediaResolution": "MEDIA_RESOLUTION_LOW", "enableEnhancedCivicAnswers": True, "responseLogprobs": True,
             "logprobs": 3, "routingConfig": {"manualMode": {"modelName": "m"}}, "frequencyPenalty": 0.5,
             "imageConfig": {"aspectRatio": "1:1"}, "responseMimeType": "text/x.yaml",
             "thinkingConfig": {"includeThoughts": False, "thinkingLevel": "LOW"}},
         "serviceTier": "priority", "modelArmorConfig": {"promptTemplateName": "p"}},
    ],
}  # fmt: skip
CHOICES = ("tool_choice", "toolConfig")
REQUESTS = [
    pytest.param(CLIENTS[client][0], body, id=f"{client}-{number}")
    for client in CLIENTS
    for number, body in enumerate(
        variant
        for body in (CLIENTS[client][1], *MORE[client])
        for variant in (body, {name: value for name, value in body.items() if name not in CHOICES})
    )
]
"""Each with its choice of tools, and without: tools that are not chosen are not offered."""
FREE = {"parameters", "parametersJsonSchema", "input_schema", "schema", "responseSchema", "args", "arguments",
        "metadata", "labels", "env", "logit_bias", "response", "tool_choice.input"}  # fmt: skip
"""Members whose inside is the client's own."""


def inside(trail: tuple[Json, ...]) -> str:
    """A place as it is told, numbers left out."""
    return ".".join(str(step) for step in trail if isinstance(step, str))


def own(trail: tuple[Json, ...]) -> bool:
    """Whether a place is within what is the client's own, or a provider's tool's, which is told as a whole."""
    return any(step in FREE for step in trail[:-1]) or "reasoning_details" in trail


def told_as_a_whole(body: Json, trail: tuple[Json, ...], dropped: tuple[str, ...]) -> bool:
    """Whether something that a place is in is told, by its path or by what kind of part or tool it is."""
    paths = {path.replace("[]", "") for path in dropped}
    kinds = {step for path in paths for step in path.split(".")}
    held = body
    for depth, step in enumerate(trail):
        held = held[step]
        if isinstance(held, dict) and (
            kinds & {held.get("type"), *(held if len(held) < 3 else ())} or "thought" in held
        ):
            return True  # a thought of Google's comes back signed, or not at all
        if inside(trail[: depth + 1]) in paths:
            return True
    return False


def objects(value: Json, trail: tuple[Json, ...] = ()) -> Iterator[tuple[Json, ...]]:
    """The places of the objects in a JSON value."""
    if isinstance(value, dict):
        yield trail
    for place in places(value):
        held = value
        for step in place:
            held = held[step]
        if isinstance(held, dict):
            yield place


def outcome(path: str, model: str, body: Json) -> Reply | tuple[Json, tuple[str, ...]]:
    made = opened(path.format(model), {**body, "model": model})
    if isinstance(made, Exchange):
        return json.loads(made.upstream.body), made.dropped
    assert 400 <= made.status < 500
    return made


def at(body: Json, trail: tuple[Json, ...]) -> tuple[Json, Json]:
    """A copy of a body, and the object or list in it at a place."""
    changed = copy.deepcopy(body)
    held = changed
    for step in trail:
        held = held[step]
    return changed, held


def other_models(path: str) -> tuple[str, ...]:
    both = ("claude-opus-4.5", "gpt-4.1")
    return {"/v1/chat/completions": both[:1], "/v1/messages": both[1:]}.get(path, both)


@pytest.mark.parametrize(("path", "body"), REQUESTS)
def test_a_member_that_nobody_knows_is_told(path: str, body: Json) -> None:
    silent = []
    for model in other_models(path):
        plain = outcome(path, model, body)
        for place in objects(body):
            if own((*place, "novel")) or (place[:1] == ("tools",) and any(name in body for name in CHOICES)):
                continue
            changed, holder = at(body, place)
            holder["novel"] = 1
            made = outcome(path, model, changed)
            if not isinstance(made, Reply) and made == plain and not told_as_a_whole(body, place, made[1]):
                silent.append((model, ".".join(map(str, place))))
    assert not silent, "\n".join(map(str, sorted(set(silent))))


OF_NO_WEIGHT = {
    # what goes without saying: the same as if it were left out
    "n", "generationConfig.candidateCount", "background", "store", "truncation", "parallel_tool_calls",
    "messages.tool_calls.type", "messages.tool_calls.function.arguments", "messages.content", "tools.type",
    "tools.format.type", "tools.custom.format.type", "response_format.json_schema.strict", "contents.role",
    "tool_choice.mode", "tool_choice.tools.type", "tool_choice.allowed_tools.tools.type",
    "toolConfig.functionCallingConfig.mode", "toolConfig.functionCallingConfig.allowedFunctionNames",
    # said twice in these requests
    "max_tokens", "max_completion_tokens", "contents.parts.functionResponse.id",
    "contents.parts.inlineData.mimeType", "contents.parts.fileData.mimeType", "generationConfig.responseMimeType",
    "output_config", "output_config.effort", "output_config.format",
    "output_format", "output_format.schema", "output_format.type",
    # ours to do: how the answer is told, how long it may take, who asks
    "context_management", "context_management.type", "context_management.compact_threshold",
    "stream", "stream_options", "stream_options.include_usage", "stream_options.include_obfuscation", "timeout", "user",
    "reasoning.summary", "include",
    # labels for the provider's bookkeeping, and hints for its caches
    "metadata", "labels", "prompt_cache_key", "response_format.json_schema.name", "tools.tools.defer_loading",
    "tools.functionDeclarations.responseJsonSchema.type",
}  # fmt: skip
"""What changes no answer, whether it is said or not."""


@pytest.mark.parametrize(("path", "body"), REQUESTS)
def test_a_member_that_is_known_is_said_or_told(path: str, body: Json) -> None:
    silent = []
    for model in other_models(path):
        plain = outcome(path, model, body)
        assert not isinstance(plain, Reply)
        for place in places(body):
            if (
                own(place)
                or isinstance(place[-1], int)
                or (place[:1] == ("tools",) and any(name in body for name in CHOICES))
            ):
                continue
            changed, holder = at(body, place[:-1])
            del holder[place[-1]]
            made = outcome(path, model, changed)
            if made == plain and not told_as_a_whole(body, place, plain[1]) and inside(place) not in OF_NO_WEIGHT:
                silent.append((model, ".".join(map(str, place))))
    assert not silent, "\n".join(map(str, sorted(set(silent))))
