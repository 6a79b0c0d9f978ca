"""The outline of an Anthropic Messages body, read from the wire without a line of the gateway's code."""

from __future__ import annotations

from typing import Any

import msgspec

from .outline import DESCRIPTION, Called, File, Outline, Role, Schema, Tool, squeezed

_TYPED_RESULT = "_tool_result"


class _Source(msgspec.Struct, frozen=True):
    type: str
    media_type: str = ""
    data: str = ""
    url: str = ""


class _Block(msgspec.Struct, frozen=True):
    """A content block of any kind. `content` is left alone where its form depends on the kind."""

    type: str
    text: str = ""
    source: _Source | None = None
    id: str = ""
    name: str = ""
    input: Any = None
    tool_use_id: str = ""
    tool_name: str = ""
    content: msgspec.Raw = msgspec.Raw(b"[]")


class _Turn(msgspec.Struct, frozen=True):
    role: Role
    content: str | list[_Block]


class _Tool(msgspec.Struct, frozen=True):
    name: str = ""
    type: str | None = None
    description: str | None = None
    input_schema: Schema = Schema()


class _Choice(msgspec.Struct, frozen=True):
    type: str
    name: str = ""
    disable_parallel_tool_use: bool = False


class _Format(msgspec.Struct, frozen=True):
    schema: Schema


class _OutputConfig(msgspec.Struct, frozen=True):
    format: _Format | None = None


class _Thinking(msgspec.Struct, frozen=True):
    type: str


class _Body(msgspec.Struct, frozen=True):
    messages: list[_Turn]
    system: str | list[_Block] | None = None
    max_tokens: int | None = None
    tools: list[_Tool] = []
    tool_choice: _Choice | None = None
    thinking: _Thinking | None = None
    output_config: _OutputConfig = _OutputConfig()
    temperature: float | None = None
    top_p: float | None = None
    stop_sequences: list[str] | None = None


_BLOCKS = msgspec.json.Decoder(str | list[_Block])
_CHOICES = {"auto": "auto", "any": "required", "none": "none"}


def outline(body: bytes) -> Outline:
    """What the body says."""
    said = msgspec.json.decode(body, type=_Body)
    made = Outline(max_tokens=said.max_tokens)
    for block in _blocks(said.system or []):
        made.say("system", block.text)
    for turn in said.messages:
        for block in _blocks(turn.content):
            _block(made, turn.role, block)
    for tool in said.tools:
        if tool.type in (None, "custom"):
            description = squeezed((tool.description or "")[:DESCRIPTION])
            made.tools.append(Tool(tool.name, description, tool.input_schema.outline))
        else:
            made.built_in.append(tool.type)
            made.apart.append("tools")
    _options(made, said)
    return made


def _blocks(content: str | list[_Block]) -> list[_Block]:
    return [_Block("text", text=content)] if isinstance(content, str) else content


def _block(made: Outline, role: Role, block: _Block) -> None:
    if block.type == "text":
        made.say(role, block.text)
    elif block.type == "tool_use":
        made.calls[block.id] = Called(block.name, block.input)
    elif block.type == "tool_result":
        content = _blocks(_BLOCKS.decode(block.content))
        made.answer(block.tool_use_id, "".join(map(_said, content)))
        for part in content:
            if part.type not in ("text", "tool_reference"):
                _block(made, role, part)
    elif block.type in ("image", "document") and block.source is not None:
        _file(made, role, block, block.source)
    elif block.type not in ("thinking", "redacted_thinking"):
        made.built_in.append(block.type)
        made.apart.append("messages")


def _said(part: _Block) -> str:
    """What a part of a tool's result says, as whoever knows no references is to read it (11.1)."""
    found = f"The tool {part.tool_name} is loaded: it can be called now."
    return found if part.type == "tool_reference" else part.text


def _file(made: Outline, role: Role, block: _Block, source: _Source) -> None:
    if source.type == "text":
        made.say(role, source.data)
    elif block.type == "document" and source.type == "url":
        made.apart.append("messages")  # Chat takes no file by its URL
        made.built_in.append(f"document at {source.url}")
    else:
        kind = "image" if block.type == "image" else "file"
        made.files.append(File("image" if kind == "image" else "file", source.media_type, source.data or source.url))


def _options(made: Outline, said: _Body) -> None:
    choice = said.tool_choice
    if choice is not None:
        made.choice = f"tool {choice.name}" if choice.type == "tool" else _CHOICES[choice.type]
        made.one_call = choice.disable_parallel_tool_use
    sampling = {"temperature": said.temperature, "top_p": said.top_p, "stop": said.stop_sequences}
    made.sampling = {name: value for name, value in sampling.items() if value is not None}
    if said.output_config.format is not None:
        made.schema = said.output_config.format.schema.outline
    if said.thinking is not None:
        made.thinks = said.thinking.type != "disabled"
