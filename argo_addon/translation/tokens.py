"""How many tokens a prompt has, estimated: ARGO counts none, and clients shorten their conversations by it.

Rather too many than too few, or a client shortens too late (pitfalls 8.1). Tokenizers take a text apart into words,
numbers, punctuation and blanks first; what each of these costs was fitted to three of them over prose, code and JSON,
with a margin (docs/decisions/0009-token-counts-are-estimates.md).
"""

from __future__ import annotations

import math
import re
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

_PIECE = re.compile(
    r"(?P<word>[A-Z]?[a-z]+|[A-Z]+(?![a-z]))|(?P<number>[0-9]+)|(?P<line>[ \t]*[\r\n]\s*)|(?P<blanks>[ \t]{2,})"
    r"|(?P<signs>[!-/:-@\[-`{-~]+)|(?P<other>[^\x00-\x7f]+)"
)
_WORD = (1.14, 1.2, 1.48)  # of up to 4, up to 8 and more letters
_LONG_WORD, _LETTER, _CAPITAL = 14, 0.4, 0.6
"""Letters beyond which a word is put together of pieces: then each costs that much, and each capital more."""
_NUMBER = 1.91  # for three digits
_LINE = 1.25  # a line's end and the next one's indent
_BLANKS = 2.37
_SIGNS, _SIGN = 0.96, 0.12  # a run of punctuation, and each sign behind the first
_LONG_RUN, _FEW_SIGNS, _MIXED_SIGN = 8, 3, 0.6  # a long run of many different signs is no rule or ornament
_OTHER = 0.55  # for a byte of UTF-8
_LOOKED_THROUGH = 1_000_000
"""Characters of a text that are looked at; the rest is taken to be like them."""
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
    looked = text[:_LOOKED_THROUGH]
    total = 0.0
    for piece in _PIECE.finditer(looked):
        length = piece.end() - piece.start()
        match piece.lastgroup:
            case "word":
                total += _WORD[(length > 4) + (length > 8)]
                if length > _LONG_WORD:
                    total += (_CAPITAL if piece[0].isupper() else _LETTER) * (length - _LONG_WORD)
            case "signs":
                mixed = length > _LONG_RUN and len(set(piece[0])) > _FEW_SIGNS
                total += _SIGNS + (_MIXED_SIGN if mixed else _SIGN) * (length - 1)
            case "line":
                total += _LINE
            case "number":
                total += _NUMBER * math.ceil(length / 3)
            case "blanks":
                total += _BLANKS
            case _:
                total += _OTHER * len(piece[0].encode())
    return total * len(text) / len(looked) if looked else 0.0
