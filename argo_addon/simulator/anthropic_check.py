"""What ARGO's Messages endpoint refuses, rule by rule. docs/reference/simulator.md lists them with their sources."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from .anthropic_wire import (
    BETA,
    Block,
    Message,
    RedactedThinking,
    Request,
    Text,
    Thinking,
    ThinkingConfig,
    ToolResult,
    ToolUse,
)
from .facts import MODELS, Facts
from .paths import refusal_of
from .refusal import Refused
from .schemas import check_top
from .signing import is_signed

_DECODER = msgspec.json.Decoder(Request)
_ID = re.compile(r"[a-zA-Z0-9_-]+")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
VERSIONS = ("2023-06-01", "2023-01-01")
LONGEST_PLAIN = 21333
"""The largest max_tokens of a plain call: above it ten minutes may pass (the Anthropic SDK's rule)."""


def check(body: bytes, headers: Mapping[str, str]) -> tuple[Request, Facts]:
    """The request, if ARGO takes it. Raises Refused."""
    if headers.get("anthropic-version") not in VERSIONS:
        raise Refused(f'anthropic-version: "{headers.get("anthropic-version", "")}" is not a valid version')
    try:
        request = _DECODER.decode(body)
    except msgspec.MsgspecError as error:
        raise refusal_of(error, "messages: System messages are not allowed here") from error
    facts = MODELS.get(request.model)
    if facts is None or facts.family != "claude":
        raise Refused(f"model: {request.model}", 404)
    for rule in (_beta, _messages, _pairs, _thinking, _sampling, _output, _tools, _caching, _signatures):
        rule(request, facts, headers)
    if not request.stream and request.max_tokens > LONGEST_PLAIN:
        raise Refused(
            "Streaming is required for operations that may take longer than 10 minutes (streaming is required)", 500
        )
    return request, facts


def _beta(request: Request, facts: Facts, headers: Mapping[str, str]) -> None:
    named = [value.strip() for value in headers.get("anthropic-beta", "").split(",")]
    for member, beginnings in BETA.items():
        if getattr(request, member) is not None and not any(value.startswith(beginnings) for value in named):
            raise Refused(f"{member}: Extra inputs are not permitted")


def _messages(request: Request, facts: Facts, headers: Mapping[str, str]) -> None:
    if not request.messages:
        raise Refused("messages: at least one message is required")
    if request.messages[0].role != "user":
        raise Refused('messages: first message must use the "user" role')
    for index, message in enumerate(request.messages):
        last = index == len(request.messages) - 1
        if not message.content and not (last and message.role == "assistant"):
            raise Refused(f"messages.{index}: all messages must have non-empty content")
        _texts(message.blocks(), f"messages.{index}.content")
    _texts(request.system if isinstance(request.system, list) else [], "system")
    if request.messages[-1].role == "assistant" and not facts.prefill:
        raise Refused(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )


def _texts(blocks: Sequence[Block], place: str) -> None:
    for position, block in enumerate(blocks):
        if isinstance(block, Text) and not block.text:
            raise Refused(f"{place}.{position}: text content blocks must be non-empty")
        if isinstance(block, Text) and not block.text.strip():
            raise Refused(f"{place}.{position}: text content blocks must contain non-whitespace text")


def _pairs(request: Request, facts: Facts, headers: Mapping[str, str]) -> None:
    """Each call's result stands in the next message, each result's call in the one before (pitfalls 4.5, 4.6)."""
    merged = _merged(request.messages)
    for index, message in enumerate(merged):
        uses = [block for block in message.blocks() if isinstance(block, ToolUse)]
        results = [block for block in message.blocks() if isinstance(block, ToolResult)]
        for use in uses:
            if not _ID.fullmatch(use.id):
                raise Refused(f"messages.{index}.content: tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'")
        if len({use.id for use in uses}) < len(uses):
            raise Refused("messages: `tool_use` ids must be unique")
        if (uses and message.role == "user") or (results and message.role == "assistant"):
            raise Refused(f"messages.{index}: tool_use belongs to the assistant, tool_result to the user")
        following = merged[index + 1] if index + 1 < len(merged) else None
        answered = (
            [block.tool_use_id for block in following.blocks() if isinstance(block, ToolResult)] if following else []
        )
        missing = [use.id for use in uses if use.id not in answered]
        if missing:
            raise Refused(
                f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                f"{', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` block in the next message."
            )
        before = merged[index - 1].blocks() if index else []
        known = {block.id for block in before if isinstance(block, ToolUse)}
        for result in results:
            if result.tool_use_id not in known:
                raise Refused(
                    f"messages.{index}.content: unexpected `tool_use_id` found in `tool_result` blocks: "
                    f"{result.tool_use_id}. Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
                )
        if results and not isinstance(message.blocks()[0], ToolResult):
            raise Refused(f"messages.{index}: `tool_result` blocks must come before other content")


def _merged(messages: list[Message]) -> list[Message]:
    """The conversation with turns of the same role that follow one another put together, as the provider does."""
    merged: list[Message] = []
    for message in messages:
        if merged and merged[-1].role == message.role:
            merged[-1] = Message(message.role, [*merged[-1].blocks(), *message.blocks()])
        else:
            merged.append(message)
    return merged


def _thinking(request: Request, facts: Facts, headers: Mapping[str, str]) -> None:
    thinking = request.thinking
    if thinking is None:
        return
    if thinking.type not in facts.thinking:
        raise Refused(f"thinking.type.{thinking.type} is not supported for this model")
    if thinking.type == "adaptive" and thinking.budget_tokens is not None:
        raise Refused("thinking.adaptive.budget_tokens: Extra inputs are not permitted")
    if thinking.type == "disabled":
        return
    if thinking.type == "enabled":
        _budget(thinking, request.max_tokens)
    if request.temperature not in (None, 1):
        raise Refused("`temperature` may only be set to 1 when thinking is enabled")
    if request.tool_choice is not None and request.tool_choice.type in ("any", "tool"):
        raise Refused("Thinking may not be enabled when tool_choice forces tool use.")


def _budget(thinking: ThinkingConfig, max_tokens: int) -> None:
    if thinking.budget_tokens is None:
        raise Refused("thinking.enabled.budget_tokens: Field required")
    if thinking.budget_tokens < 1024:
        raise Refused("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
    if thinking.budget_tokens >= max_tokens:
        raise Refused("`max_tokens` must be greater than `thinking.budget_tokens`")


def _sampling(request: Request, facts: Facts, headers: Mapping[str, str]) -> None:
    given = [name for name in ("temperature", "top_p") if getattr(request, name) is not None]
    if facts.sampling == "none" and given:
        raise Refused(f"`{given[0]}` is deprecated for this model")
    if facts.sampling == "one" and len(given) == 2:
        raise Refused("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")
    if request.temperature is not None and not 0 <= request.temperature <= 1:
        raise Refused("temperature: range: 0..1")


def _output(request: Request, facts: Facts, headers: Mapping[str, str]) -> None:
    if request.max_tokens < 1:
        raise Refused("max_tokens: must be greater than or equal to 1")
    if request.max_tokens > facts.max_output:
        raise Refused(
            f"max_tokens: {request.max_tokens} > {facts.max_output}, which is the maximum allowed number of output tokens "
            f"for {request.model}"
        )
    effort = request.output_config.effort if request.output_config else None
    if effort is not None and effort not in facts.efforts:
        raise Refused(f"output_config.effort: '{effort}' is not supported for this model")
    for sequence in request.stop_sequences or []:
        if not sequence.strip():
            raise Refused("stop_sequences: each stop sequence must contain non-whitespace")


def _tools(request: Request, facts: Facts, headers: Mapping[str, str]) -> None:
    tools = request.tools or []
    if request.tool_choice is not None and not tools:
        raise Refused("tool_choice: may only be specified while providing tools")
    names = [tool.name for tool in tools]
    for index, tool in enumerate(tools):
        if not _NAME.fullmatch(tool.name):
            raise Refused(f"tools.{index}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
        if tool.type in (None, "custom"):
            if tool.input_schema is None:
                raise Refused(f"tools.{index}.custom.input_schema: Field required")
            check_top(tool.input_schema, f"tools.{index}.custom.input_schema")
        elif not re.search(r"_\d{8}$", tool.type):
            raise Refused(
                f"tools.{index}: Input tag '{tool.type}' found using 'type' does not match any of the expected tags"
            )
    if len(set(names)) < len(names):
        raise Refused("tools: Tool names must be unique.")
    choice = request.tool_choice
    if choice is not None and choice.type == "tool" and choice.name not in names:
        raise Refused(f"tool_choice.name: Tool '{choice.name}' not found in provided tools")


def _caching(request: Request, facts: Facts, headers: Mapping[str, str]) -> None:
    marked = [tool.cache_control for tool in request.tools or []]
    system = request.system if isinstance(request.system, list) else []
    marked += [block.cache_control for block in system]
    marked += [block.cache_control for message in request.messages for block in message.blocks()]
    count = sum(1 for mark in marked if mark is not None)
    if count > 4:
        raise Refused(f"A maximum of 4 blocks with cache_control may be provided. Found {count}.")


def _signatures(request: Request, facts: Facts, headers: Mapping[str, str]) -> None:
    """Thinking that comes back must be what the model thought (pitfalls 5.5, 5.9)."""
    for index, message in enumerate(request.messages):
        for position, block in enumerate(message.blocks()):
            if isinstance(block, Thinking) and not is_signed(block.thinking, block.signature):
                raise Refused(f"messages.{index}.content.{position}: Invalid `signature` in `thinking` block")
    thinks = request.thinking is not None and request.thinking.type == "enabled"
    merged = _merged(request.messages)
    in_loop = any(isinstance(block, ToolResult) for block in merged[-1].blocks())
    turn = next((message for message in reversed(merged) if message.role == "assistant"), None)
    if thinks and in_loop and turn is not None and not isinstance(turn.blocks()[0], Thinking | RedactedThinking):
        raise Refused(
            f"messages.{len(merged) - 2}.content.0.type: Expected `thinking` or `redacted_thinking`, but found "
            "`tool_use`. When `thinking` is enabled, a final `assistant` message must start with a thinking block."
        )
