"""Chat Completions' request as the provider validates it: unknown members and wrong types are refused.

Source: the Chat Completions API reference.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Json = dict[str, Any]


class _Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    pass


class TextPart(_Strict, tag="text"):
    text: str
    cache_control: Json | None = None


class ImagePart(_Strict, tag="image_url"):
    image_url: Json


class AudioPart(_Strict, tag="input_audio"):
    input_audio: Json


class FilePart(_Strict, tag="file"):
    file: Json


class RefusalPart(_Strict, tag="refusal"):
    refusal: str


class FunctionCall(_Strict):
    name: str
    arguments: str


class Call(_Strict):
    id: str
    type: Literal["function"]
    function: FunctionCall
    extra_content: Json | None = None


class System(_Strict, tag="system", tag_field="role"):
    content: str | list[TextPart] | None = None
    name: str | None = None


class Developer(_Strict, tag="developer", tag_field="role"):
    content: Any = None
    name: str | None = None


class User(_Strict, tag="user", tag_field="role"):
    content: str | list[TextPart | ImagePart | AudioPart | FilePart] | None = None
    name: str | None = None


class Assistant(_Strict, tag="assistant", tag_field="role"):
    content: str | list[TextPart | RefusalPart] | None = None
    name: str | None = None
    refusal: str | None = None
    audio: Json | None = None
    tool_calls: list[Call] | None = None


class ToolMessage(_Strict, tag="tool", tag_field="role"):
    tool_call_id: str
    content: str | list[TextPart] | None = None


class Function(_Strict):
    name: str
    description: str | None = None
    parameters: Json | None = None
    strict: bool | None = None


class Tool(_Strict):
    type: Literal["function"]
    function: Function


class StreamOptions(_Strict):
    include_usage: bool = False
    include_obfuscation: bool | None = None


class Request(_Strict):
    model: str
    messages: list[System | Developer | User | Assistant | ToolMessage]
    user: str | None = None
    audio: Json | None = None
    frequency_penalty: float | None = None
    logit_bias: Json | None = None
    logprobs: bool | None = None
    max_completion_tokens: int | None = None
    max_tokens: int | None = None
    metadata: dict[str, str] | None = None
    modalities: list[str] | None = None
    n: int | None = None
    parallel_tool_calls: bool | None = None
    prediction: Json | None = None
    presence_penalty: float | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
    reasoning_effort: str | None = None
    response_format: Json | None = None
    safety_identifier: str | None = None
    seed: int | None = None
    service_tier: str | None = None
    stop: str | list[str] | None = None
    store: bool | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: float | None = None
    tool_choice: str | Json | None = None
    tools: list[Tool] | None = None
    top_logprobs: int | None = None
    top_p: float | None = None
    verbosity: str | None = None
    web_search_options: Json | None = None
