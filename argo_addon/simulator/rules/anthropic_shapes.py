"""The Messages API as shapes: every member that it takes, what needs a beta header, and ARGO's own `user`.

Source: the Messages API reference, GA and beta, as far as Vertex AI serves it.
"""

from __future__ import annotations

from argo_addon.simulator.rules.shapes import (
    Anything,
    Items,
    Number,
    Record,
    Shape,
    Switch,
    Tagged,
    Text,
    either,
    maybe,
)

_ID = Text(pattern="[a-zA-Z0-9_-]+")
_NAME = Text(pattern="[a-zA-Z0-9_-]{1,128}")
_OBJECT = Record({}, rest=Anything())
_CACHE = maybe(
    Tagged("type", {"ephemeral": Record({"type": Text(("ephemeral",))}, {"ttl": Text(("5m", "1h")), "scope": Text()})})
)
_CACHED: dict[str, Shape] = {"cache_control": _CACHE}


def _block(
    kind: str, needed: dict[str, Shape], others: dict[str, Shape] | None = None, *, cached: bool = True
) -> Record:
    return Record({"type": Text((kind,)), **needed}, {**(others or {}), **(_CACHED if cached else {})})


_BASE64_IMAGE = Record(
    {
        "type": Text(("base64",)),
        "media_type": Text(("image/jpeg", "image/png", "image/gif", "image/webp")),
        "data": Text(least=1),
    }
)
_IMAGE = _block("image", {"source": Tagged("type", {"base64": _BASE64_IMAGE})})
_CITATIONS = maybe(Record({}, {"enabled": Switch()}))
_TEXT = _block("text", {"text": Text()}, {"citations": maybe(Items(_OBJECT))})
_PDF = Record({"type": Text(("base64",)), "media_type": Text(("application/pdf",)), "data": Text(least=1)})
_PLAIN = Record({"type": Text(("text",)), "media_type": Text(("text/plain",)), "data": Text()})
_INNER = Tagged("type", {"text": _TEXT, "image": _IMAGE})
_PARTS = Record({"type": Text(("content",)), "content": either(Text(), Items(_INNER))})
_DOCUMENT = _block(
    "document",
    {"source": Tagged("type", {"base64": _PDF, "text": _PLAIN, "content": _PARTS})},
    {"title": maybe(Text()), "context": maybe(Text()), "citations": _CITATIONS},
)
_SEARCH_RESULT = _block(
    "search_result", {"source": Text(), "title": Text(), "content": Items(_TEXT, 1)}, {"citations": _CITATIONS}
)
_REFERENCE = _block("tool_reference", {"tool_name": Text()})
_RESULT_CONTENT = Tagged(
    "type",
    {
        "text": _TEXT,
        "image": _IMAGE,
        "document": _DOCUMENT,
        "search_result": _SEARCH_RESULT,
        "tool_reference": _REFERENCE,
    },
)
_BLOCKS: dict[str, Shape] = {
    "text": _TEXT,
    "image": _IMAGE,
    "document": _DOCUMENT,
    "search_result": _SEARCH_RESULT,
    "thinking": _block("thinking", {"thinking": Text(), "signature": Text()}, cached=False),
    "redacted_thinking": _block("redacted_thinking", {"data": Text()}, cached=False),
    "tool_use": _block("tool_use", {"id": _ID, "name": _NAME, "input": _OBJECT}, {"caller": _OBJECT}),
    "tool_result": _block(
        "tool_result",
        {"tool_use_id": _ID},
        {"content": either(Text(), Items(_RESULT_CONTENT)), "is_error": Switch()},
    ),
    "server_tool_use": _block("server_tool_use", {"id": _ID, "name": Text(), "input": _OBJECT}, {"caller": _OBJECT}),
    "web_search_tool_result": _block(
        "web_search_tool_result", {"tool_use_id": _ID, "content": Anything()}, {"caller": _OBJECT}
    ),
    "tool_search_tool_result": _block("tool_search_tool_result", {"tool_use_id": _ID, "content": Anything()}),
}
_MESSAGE = Record(
    {"role": Text(("user", "assistant")), "content": either(Text(), Items(Tagged("type", _BLOCKS)))},
)

_LATER: dict[str, Shape] = {
    "allowed_callers": Items(Text()),
    "defer_loading": Switch(),
    "input_examples": Items(_OBJECT),
    "strict": Switch(),
    **_CACHED,
}
_CUSTOM = Record(
    {"name": _NAME, "input_schema": _OBJECT},
    {"type": maybe(Text(("custom",))), "description": Text(), "eager_input_streaming": maybe(Switch()), **_LATER},
)


def _built_in(kind: str, name: str, others: dict[str, Shape] | None = None) -> Record:
    return Record({"type": Text((kind,)), "name": Text((name,))}, {**_LATER, **(others or {})})


_SCREEN: dict[str, Shape] = {"display_width_px": Number(1, whole=True), "display_height_px": Number(1, whole=True)}
_WEB: dict[str, Shape] = {
    "allowed_domains": maybe(Items(Text())),
    "blocked_domains": maybe(Items(Text())),
    "max_uses": maybe(Number(1, whole=True)),
    "user_location": maybe(_OBJECT),
}
# The typed tools that Vertex serves: no code execution, no web fetch.
_TYPED = (
    _built_in("bash_20250124", "bash"),
    _built_in("text_editor_20250124", "str_replace_editor"),
    _built_in("text_editor_20250429", "str_replace_based_edit_tool"),
    _built_in("text_editor_20250728", "str_replace_based_edit_tool", {"max_characters": maybe(Number(1, whole=True))}),
    _built_in("memory_20250818", "memory"),
    _built_in("web_search_20250305", "web_search", _WEB),
    _built_in("tool_search_tool_regex_20251119", "tool_search_tool_regex"),
    _built_in("tool_search_tool_bm25_20251119", "tool_search_tool_bm25"),
    _built_in("computer_20250124", "computer", {**_SCREEN, "display_number": maybe(Number(0, whole=True))}),
)


def _typed_name(record: Record) -> str:
    kind = record.needed["type"]
    return kind.values[0] if isinstance(kind, Text) else ""


TOOL = Tagged("type", {"custom": _CUSTOM, **{_typed_name(record): record for record in _TYPED}}, default="custom")

_SERIAL: dict[str, Shape] = {"disable_parallel_tool_use": Switch()}
_TOOL_CHOICE = Tagged(
    "type",
    {
        "auto": Record({"type": Text()}, _SERIAL),
        "any": Record({"type": Text()}, _SERIAL),
        "tool": Record({"type": Text(), "name": Text()}, _SERIAL),
        "none": Record({"type": Text()}),
    },
)
_DISPLAY: dict[str, Shape] = {"display": maybe(Text(("summarized", "omitted")))}
_THINKING = Tagged(
    "type",
    {
        "enabled": Record({"type": Text(), "budget_tokens": Number(1024, whole=True)}, _DISPLAY),
        "adaptive": Record({"type": Text()}, _DISPLAY),
        "disabled": Record({"type": Text()}),
    },
)
_FORMAT = Record({"type": Text(("json_schema",)), "schema": _OBJECT})
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")

REQUEST = Record(
    {"model": Text(least=1), "messages": Items(_MESSAGE), "max_tokens": Number(1, whole=True)},
    {
        "user": Text(),
        "cache_control": _CACHE,
        "container": maybe(Anything()),
        "context_management": maybe(_OBJECT),
        "diagnostics": maybe(_OBJECT),
        "fallback_credit_token": maybe(Anything()),
        "fallbacks": maybe(Anything()),
        "inference_geo": maybe(Text()),
        "mcp_servers": Items(_OBJECT),
        "metadata": Record({}, {"user_id": maybe(Text(most=256))}),
        "output_config": Record(
            {}, {"effort": maybe(Text(_EFFORTS)), "format": maybe(_FORMAT), "task_budget": _OBJECT}
        ),
        "output_format": maybe(_FORMAT),
        "service_tier": Text(("auto", "standard_only")),
        "speed": maybe(Text(("standard", "fast"))),
        "stop_sequences": Items(Text()),
        "stream": Switch(),
        "system": either(Text(), Items(_TEXT)),
        "temperature": Number(0, 1),
        "thinking": _THINKING,
        "tool_choice": _TOOL_CHOICE,
        "tools": Items(TOOL),
        "top_k": Number(0, whole=True),
        "top_p": Number(0, 1),
    },
)

BETA_MEMBERS: dict[str, tuple[str, ...]] = {
    "container": ("code-execution-", "skills-"),
    "context_management": ("context-management-", "compact-"),
    "diagnostics": ("cache-diagnosis-",),
    "fallback_credit_token": ("fallback-credit-",),
    "fallbacks": ("server-side-fallback-",),
    "mcp_servers": ("mcp-client-",),
    "output_format": ("structured-outputs-",),
    "speed": ("fast-mode-",),
}
"""Members of the body that are there only with a beta header that begins so."""
BETA_TOOL_MEMBERS: dict[str, tuple[str, ...]] = {
    "defer_loading": ("tool-search-tool-", "advanced-tool-use-", "mcp-client-"),
    "input_examples": ("tool-examples-", "advanced-tool-use-"),
}
"""The same, for members of a tool (pitfalls 1.5: each has been refused)."""
# What Claude Code and the SDKs send and document, without the dates.
BETAS = frozenset(
    {
        "advanced-tool-use", "advisor-tool", "afk-mode", "agent-memory", "cache-diagnosis", "claude-code",
        "code-execution", "compact", "computer-use", "context-1m", "context-hint", "context-management",
        "dev-full-thinking", "effort", "environments", "extended-cache-ttl", "fallback-credit", "fast-mode",
        "files-api", "fine-grained-tool-streaming", "interleaved-thinking", "mcp-client", "mcp-servers",
        "message-batches", "mid-conversation-system", "mid-conversation-tool-changes",
        "model-context-window-exceeded", "oauth", "output-128k", "output-300k", "pdfs", "prompt-caching",
        "prompt-caching-scope", "redact-thinking", "server-side-fallback", "skills", "structured-outputs",
        "summarize-connector-text", "task-budgets", "thinking-token-count", "token-counting",
        "token-efficient-tools", "tool-examples", "tool-search-tool", "user-profiles", "web-fetch", "web-search"
    }
)  # fmt: skip
