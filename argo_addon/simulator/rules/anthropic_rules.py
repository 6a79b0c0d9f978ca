"""What Claude refuses in a conversation and its tools, beyond the shape of the body. A rule a function.

The list with the source of each: docs/reference/simulator.md.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator

from argo_addon.simulator.catalogue import Model
from argo_addon.simulator.refusals import Refusal
from argo_addon.simulator.rules import schemas
from argo_addon.simulator.rules.anthropic_view import Block, Body, Turn, blocks, turns
from argo_addon.simulator.signatures import is_redacted, is_signed

Rule = Callable[[Body, Model], None]

MOST_CACHE_POINTS = 4


def conversation(body: Body, model: Model) -> None:
    """Who speaks first and last, and that everyone says something."""
    if not body.messages:
        raise Refusal("messages: at least one message is required")
    if body.messages[0].role != "user":
        raise Refusal('messages: first message must use the "user" role')
    last = len(body.messages) - 1
    for index, message in enumerate(body.messages):
        if not message.content and not (index == last and message.role == "assistant"):
            raise Refusal(
                f"messages.{index}: all messages must have non-empty content except for the optional final assistant "
                "message"
            )
    if body.messages[last].role == "assistant":
        _final_words(body, model)


def _final_words(body: Body, model: Model) -> None:
    if not model.traits.prefill:
        raise Refusal(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )
    said = body.messages[-1].blocks
    if said and said[-1].type == "text" and said[-1].text != said[-1].text.rstrip():
        raise Refusal("messages: final assistant content cannot end with trailing whitespace")


def _texts(body: Body) -> Iterator[tuple[str, Block]]:
    yield from (("system", block) for block in blocks(body.system))
    for message in body.messages:
        for block in message.blocks:
            yield "messages", block
            yield from (("messages", inner) for inner in block.inner if block.type == "tool_result")


def empty_text(body: Body, model: Model) -> None:
    """No text block is empty or blank."""
    for place, block in _texts(body):
        if block.type == "text" and not block.text:
            raise Refusal(f"{place}: text content blocks must be non-empty")
        if block.type == "text" and not block.text.strip():
            raise Refusal(f"{place}: text content blocks must contain non-whitespace text")


_USERS = {"text", "image", "document", "search_result", "tool_result"}
_NOT_ASSISTANTS = {"image", "document", "search_result", "tool_result"}


def sides(body: Body, model: Model) -> None:
    """Each role has its own blocks."""
    for index, message in enumerate(body.messages):
        for block in message.blocks:
            if message.role == "user" and block.type not in _USERS:
                raise Refusal(f"messages.{index}: `{block.type}` blocks can only be in `assistant` messages")
            if message.role == "assistant" and block.type in _NOT_ASSISTANTS:
                raise Refusal(f"messages.{index}: `{block.type}` blocks can only be in `user` messages")


def pairs(body: Body, model: Model) -> None:
    """Each call has its one result at the head of the next turn, each result its call in the turn before."""
    conversation = turns(body.messages)
    seen: set[str] = set()
    for turn, following in zip(conversation, [*conversation[1:], None], strict=True):
        called = [block.id for block in turn.blocks if block.type == "tool_use"]
        if len(called) != len(set(called)) or seen & set(called):
            raise Refusal(f"messages.{turn.first}: `tool_use` ids must be unique")
        seen |= set(called)
        answered = _results_at_the_head(following)
        if missing := [name for name in called if name not in answered]:
            raise Refusal(
                f"messages.{turn.first}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                f"{', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` block in the "
                "next message."
            )
    before: Turn | None = None
    for turn in conversation:
        _orphans(turn, before)
        before = turn


def _results_at_the_head(turn: Turn | None) -> list[str]:
    found: list[str] = []
    for block in turn.blocks if turn is not None else ():
        if block.type != "tool_result":
            break
        found.append(block.tool_use_id)
    return found


def _orphans(turn: Turn, before: Turn | None) -> None:
    called = {block.id for block in before.blocks if block.type == "tool_use"} if before is not None else set()
    found: set[str] = set()
    for index, block in enumerate(turn.blocks):
        if block.type != "tool_result":
            continue
        place, name = f"messages.{turn.first}.content.{index}", block.tool_use_id
        if name not in called:
            raise Refusal(
                f"{place}: unexpected `tool_use_id` found in `tool_result` blocks: {name}. Each `tool_result` block "
                "must have a corresponding `tool_use` block in the previous message."
            )
        if name in found:
            raise Refusal(
                f"{place}: each tool_use must have a single result. Found multiple `tool_result` blocks with id: {name}"
            )
        found.add(name)


def thoughts(body: Body, model: Model) -> None:
    """Thinking in the history is the model's own, untouched, and nothing ends with it."""
    for index, message in enumerate(body.messages):
        for place, block in enumerate(message.blocks):
            if block.type == "thinking" and not is_signed(block.thinking, block.signature):
                raise Refusal(f"messages.{index}.content.{place}: Invalid `signature` in `thinking` block")
            if block.type == "redacted_thinking" and not is_redacted(block.data):
                raise Refusal(f"messages.{index}.content.{place}: Invalid `data` in `redacted_thinking` block")
        if message.blocks and message.blocks[-1].type in ("thinking", "redacted_thinking"):
            raise Refusal(f"messages.{index}: The final block in an assistant message cannot be `thinking`.")


def tools(body: Body, model: Model) -> None:
    """Names are unique, schemas are plain objects, a choice needs tools."""
    names = [tool.name for tool in body.tools]
    if len(names) != len(set(names)):
        raise Refusal("tools: Tool names must be unique.")
    for index, tool in enumerate(body.tools):
        if tool.input_schema is not None:
            schemas.claude(tool.input_schema, f"tools.{index}.custom.input_schema")
    choice = body.tool_choice
    if choice is None:
        return
    if not names:
        raise Refusal("tool_choice: tool_choice may only be specified while providing tools")
    if choice.type == "tool" and choice.name not in names:
        raise Refusal(f"tool_choice: Tool '{choice.name}' not found in provided tools")


def cache_points(body: Body, model: Model) -> None:
    """Four at most, and none on empty text."""
    marked = [tool.cache_control for tool in body.tools] + [block.cache_control for _, block in _texts(body)]
    count = sum(mark is not None for mark in [*marked, body.cache_control])
    if count > MOST_CACHE_POINTS:
        raise Refusal(f"A maximum of {MOST_CACHE_POINTS} blocks with cache_control may be provided. Found {count}.")


def media(body: Body, model: Model) -> None:
    """Images and PDFs are base64."""
    for _, block in _texts(body):
        data = block.source["data"] if block.source is not None and "data" in block.source else None
        if isinstance(data, str) and block.source is not None and block.source["type"] == "base64":
            try:
                base64.b64decode(data, validate=True)
            except binascii.Error:
                raise Refusal(f"messages: {block.type}.source.base64.data: Invalid base64 data") from None


RULES: tuple[Rule, ...] = (conversation, sides, empty_text, pairs, thoughts, tools, cache_points, media)
