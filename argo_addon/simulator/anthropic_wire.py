"""The Messages API's request as the provider validates it: unknown members and wrong types are refused.

Source: the Messages API reference, GA and beta, and ARGO's own `user`.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Json = dict[str, Any]


class _Block(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    cache_control: Json | None = None


class Text(_Block, tag="text"):
    text: str
    citations: list[Json] | None = None


class Image(_Block, tag="image"):
    source: Json


class Document(_Block, tag="document"):
    source: Json
    title: str | None = None
    context: str | None = None
    citations: Json | None = None


class Thinking(_Block, tag="thinking"):
    thinking: str
    signature: str


class RedactedThinking(_Block, tag="redacted_thinking"):
    data: str


class ToolUse(_Block, tag="tool_use"):
    id: str
    name: str
    input: Json
    caller: Json | None = None


class ToolResult(_Block, tag="tool_result"):
    tool_use_id: str
    content: str | list[Text | Image | Document | SearchResult | ToolReference] = ""
    is_error: bool | None = None


class SearchResult(_Block, tag="search_result"):
    source: str
    title: str
    content: list[Json]
    citations: Json | None = None


class ToolReference(_Block, tag="tool_reference"):
    tool_name: str


class ServerToolUse(_Block, tag="server_tool_use"):
    id: str
    name: str
    input: Json
    caller: Json | None = None


class WebSearchResult(_Block, tag="web_search_tool_result"):
    tool_use_id: str
    content: Any
    caller: Json | None = None


class WebFetchResult(_Block, tag="web_fetch_tool_result"):
    tool_use_id: str
    content: Any
    caller: Json | None = None


class CodeResult(_Block, tag="code_execution_tool_result"):
    tool_use_id: str
    content: Any


Block = (
    Text | Image | Document | Thinking | RedactedThinking | ToolUse | ToolResult | SearchResult | ToolReference
    | ServerToolUse | WebSearchResult | WebFetchResult | CodeResult
)  # fmt: skip


class Message(msgspec.Struct, forbid_unknown_fields=True):
    role: Literal["user", "assistant"]
    content: str | list[Block]

    def blocks(self) -> list[Block]:
        return [Text(text=self.content)] if isinstance(self.content, str) else self.content


class Tool(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    type: str | None = None
    description: str | None = None
    input_schema: Any = None
    cache_control: Json | None = None
    strict: bool | None = None
    defer_loading: bool | None = None
    eager_input_streaming: bool | None = None
    allowed_callers: list[str] | None = None
    input_examples: list[Json] | None = None
    max_uses: int | None = None
    allowed_domains: list[str] | None = None
    blocked_domains: list[str] | None = None
    user_location: Json | None = None
    citations: Json | None = None
    max_content_tokens: int | None = None
    display_width_px: int | None = None
    display_height_px: int | None = None
    display_number: int | None = None
    max_characters: int | None = None


class ToolChoice(msgspec.Struct, forbid_unknown_fields=True):
    type: Literal["auto", "any", "tool", "none"]
    name: str | None = None
    disable_parallel_tool_use: bool = False


class ThinkingConfig(msgspec.Struct, forbid_unknown_fields=True):
    type: Literal["enabled", "disabled", "adaptive"]
    budget_tokens: int | None = None
    display: str | None = None


class Metadata(msgspec.Struct):
    user_id: str | None = None


class OutputConfig(msgspec.Struct, forbid_unknown_fields=True):
    effort: str | None = None
    format: Json | None = None
    task_budget: Json | None = None


class Request(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    model: str
    messages: list[Message]
    max_tokens: int
    user: str | None = None
    metadata: Metadata | None = None
    stop_sequences: list[str] | None = None
    stream: bool = False
    system: str | list[Text] | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    thinking: ThinkingConfig | None = None
    output_config: OutputConfig | None = None
    tools: list[Tool] | None = None
    tool_choice: ToolChoice | None = None
    service_tier: str | None = None
    cache_control: Json | None = None
    inference_geo: str | None = None
    # Beta: each only with the header that names it (BETA).
    context_management: Json | None = None
    container: Any = None
    mcp_servers: list[Json] | None = None
    speed: str | None = None
    output_format: Json | None = None


BETA = {
    "context_management": ("context-management",),
    "container": ("code-execution", "skills"),
    "mcp_servers": ("mcp-client",),
    "speed": ("fast-mode",),
    "output_format": ("structured-outputs",),
}
"""Beta members, and the beginnings of the anthropic-beta values that admit them."""
