"""How many tokens a prompt has, estimated: ARGO counts none, and clients shorten their conversations by it.

Rather too many than too few, or a client shortens too late (pitfalls 8.1). English has about 4 characters a token, code
about 3.3; what is not ASCII counts by its UTF-8 bytes, which is about what tokenizers do with other scripts.
"""

from __future__ import annotations

import math

from .ir.parts import FilePart, ImagePart, OpaquePart, Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from .ir.request import BuiltInTool, Message, Request, Tool

BYTES_A_TOKEN = 3.3
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
    total = sum(_message(message) for message in request.messages)
    total += sum(_tool(tool) for tool in request.tools)
    return math.ceil(total)


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
        case OpaquePart():
            return max(sum(_text(said.text) for said in part.said), len(bytes(part.raw)) / BYTES_A_TOKEN)


def _tool(tool: Tool | BuiltInTool) -> float:
    if isinstance(tool, BuiltInTool):
        return A_BUILT_IN_TOOL + len(bytes(tool.raw)) / BYTES_A_TOKEN
    return A_TOOL + _text(tool.name) + _text(tool.description or "") + len(bytes(tool.schema or b"")) / BYTES_A_TOKEN


def _text(text: str) -> float:
    return len(text.encode()) / BYTES_A_TOKEN
