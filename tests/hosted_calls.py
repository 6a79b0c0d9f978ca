"""Calls of tools that OpenAI runs, as OpenAI's schema has them, but for what ARGO never gives: a result."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

HostedStatus = Literal["in_progress", "failed"]  # what ARGO has none of never searches and never completes


class WebSearch(msgspec.Struct, tag="search"):
    query: str


class WebSearchCall(msgspec.Struct, tag="web_search_call"):
    id: str
    status: HostedStatus
    action: WebSearch


class FileSearchCall(msgspec.Struct, tag="file_search_call"):
    id: str
    status: HostedStatus
    queries: list[str]


class CodeInterpreterCall(msgspec.Struct, tag="code_interpreter_call"):
    id: str
    status: HostedStatus
    container_id: str
    code: str | None
    outputs: list[Any] | None


class ImageGenerationCall(msgspec.Struct, tag="image_generation_call"):
    id: str
    status: HostedStatus
    result: str | None


class McpCall(msgspec.Struct, tag="mcp_call"):
    id: str
    name: str
    server_label: str
    arguments: str


HostedCall = WebSearchCall | FileSearchCall | CodeInterpreterCall | ImageGenerationCall | McpCall
