"""How many tokens a prompt has, estimated: ARGO counts none, and clients shorten their conversations by it.

Text is counted nearly as OpenAI's `o200k_base` would, and a little more: too low a count makes a client shorten too
late (pitfalls 8.1, docs/decisions/0009-token-counts-are-estimates.md).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec

from ..ir.parts import (
    FilePart,
    ImagePart,
    OpaquePart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolReferencePart,
    ToolResultPart,
)
from ..ir.request import BuiltInTool, Message, Request, Tool
from ..pieces import in_pieces, pause
from .vocabulary import vocabulary

_MARGIN = 1.03
_LOOKED_THROUGH, _LOOKED_THROUGH_OTHER, _SLICES = 100_000, 40_000, 40
"""Characters of a text that are looked at, fewer of one that is not ASCII, where each may take ten times as long, and
in how many slices of it; the rest is taken to be like them."""
A_MESSAGE = 4
A_TOOL = 12
A_BUILT_IN_TOOL = 750
"""What the longest of Anthropic's own tools adds to a prompt (its guide to the computer tool and the text editor)."""
AN_IMAGE = 1600
"""What Claude counts at most for one image (Anthropic's guide to vision)."""
A_PAGE_BYTES = 20
"""Bytes of a base64 document for a token: a page of PDF is about 3000 of them."""


def estimate(request: Request) -> int:
    """Tokens of a request's prompt: the conversation and the tools."""
    total = sum(_message(message) for message in in_pieces(request.messages))
    total += sum(_tool(tool) for tool in request.tools)
    return math.ceil(total)


def of_parts(parts: Iterable[Part]) -> int:
    """Tokens of what is said, be it by the model: for answers that do not tell."""
    return math.ceil(sum(map(_part, parts)))


def of_json(body: bytes) -> int:
    """Tokens of a request that cannot be read: of all its JSON, which is more than of what it says."""
    return math.ceil(_raw(body))


def _message(message: Message) -> float:
    return A_MESSAGE + sum(_part(part) for part in message.parts)


def _part(part: Part) -> float:
    match part:
        case TextPart() | ReasoningPart():
            return _text(part.text)
        case ToolCallPart():
            return A_TOOL + _text(part.name) + _text(part.arguments)
        case ToolResultPart():
            return A_TOOL + sum(_part(inner) for inner in part.content)
        case ImagePart():
            return AN_IMAGE
        case FilePart():
            size = len(part.source.value)
            return _text(part.source.value) if part.source.kind == "text" else size / A_PAGE_BYTES
        case ToolReferencePart():
            return A_TOOL + _text(part.name)
        case OpaquePart():
            return max(sum(_text(said.text) for said in part.fallback), _raw(part.raw))


def _tool(tool: Tool | BuiltInTool) -> float:
    if isinstance(tool, BuiltInTool):
        return A_BUILT_IN_TOOL + _raw(tool.raw)
    return A_TOOL + _text(tool.name) + _text(tool.description or "") + _raw(tool.schema or b"")


def _raw(json: bytes | msgspec.Raw) -> float:
    return _text(bytes(json).decode())


def _text(text: str) -> float:
    most = _LOOKED_THROUGH if text.isascii() else _LOOKED_THROUGH_OTHER
    if len(text) <= most:
        return vocabulary().count(text) * _MARGIN
    pause()
    size, apart = most // _SLICES, len(text) // _SLICES
    looked = sum(vocabulary().count(text[number * apart : number * apart + size]) for number in range(_SLICES))
    return looked * _MARGIN * len(text) / (size * _SLICES)
