"""A Messages body that has its shape, as typed objects for the rules and the agent to read. Knows no rule."""

from __future__ import annotations

import msgspec

from argo_addon.simulator.jsons import JsonObject


class Block(msgspec.Struct, frozen=True):
    """A content block of any kind."""

    type: str = ""
    text: str = ""
    id: str = ""
    name: str = ""
    input: JsonObject | None = None
    tool_use_id: str = ""
    content: object = None
    thinking: str = ""
    signature: str = ""
    data: str = ""
    source: JsonObject | None = None
    cache_control: JsonObject | None = None

    @property
    def inner(self) -> tuple[Block, ...]:
        """The blocks of a tool's result."""
        return blocks(self.content)


class Message(msgspec.Struct, frozen=True):
    """A message. `content` is text or blocks."""

    role: str
    content: object

    @property
    def blocks(self) -> tuple[Block, ...]:
        return blocks(self.content)


class Tool(msgspec.Struct, frozen=True):
    """A tool. Typed tools have no schema."""

    name: str
    type: str | None = None
    input_schema: JsonObject | None = None
    cache_control: JsonObject | None = None


class ToolChoice(msgspec.Struct, frozen=True):
    """What may be called."""

    type: str
    name: str = ""
    disable_parallel_tool_use: bool = False


class Thinking(msgspec.Struct, frozen=True):
    """How to think."""

    type: str
    budget_tokens: int | None = None
    display: str | None = None


class Format(msgspec.Struct, frozen=True):
    """The form of the answer."""

    schema: JsonObject


class OutputConfig(msgspec.Struct, frozen=True):
    """Effort and form."""

    effort: str | None = None
    format: Format | None = None
    task_budget: JsonObject | None = None


class Metadata(msgspec.Struct, frozen=True):
    """Who asks."""

    user_id: str | None = None


class Body(msgspec.Struct, frozen=True):
    """The request."""

    model: str
    messages: tuple[Message, ...]
    max_tokens: int
    user: str | None = None
    metadata: Metadata | None = None
    system: object = None
    stream: bool = False
    stop_sequences: tuple[str, ...] = ()
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    thinking: Thinking | None = None
    output_config: OutputConfig | None = None
    output_format: Format | None = None
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    cache_control: JsonObject | None = None

    @property
    def thinks(self) -> bool:
        return self.thinking is not None and self.thinking.type != "disabled"


class Turn(msgspec.Struct, frozen=True):
    """Messages of one role in a row, which the vendor takes as one. `first` is the index of the first."""

    role: str
    first: int
    blocks: tuple[Block, ...]


def blocks(content: object) -> tuple[Block, ...]:
    """Content as blocks; text is one block, unless it is empty."""
    if isinstance(content, str):
        return (Block("text", content),) if content else ()
    return msgspec.convert(content, tuple[Block, ...]) if isinstance(content, list) else ()


def turns(messages: tuple[Message, ...]) -> list[Turn]:
    """The conversation with the messages of one role in a row put together."""
    found: list[Turn] = []
    for index, message in enumerate(messages):
        if found and found[-1].role == message.role:
            last = found[-1]
            found[-1] = Turn(last.role, last.first, last.blocks + message.blocks)
        else:
            found.append(Turn(message.role, index, message.blocks))
    return found
