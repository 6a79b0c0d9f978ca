"""Tools that take free text, as OpenAI has them, for models that know tools with a schema only (pitfalls 1.16)."""

from __future__ import annotations

import re

import msgspec

from ...ir.parts import ToolCallPart


class _FreeText(msgspec.Struct):
    input: str | None = None
    patch: str | None = None


_BEGUN = re.compile(
    r'\s*\{\s*"(?:input|patch)"\s*:\s*"(?P<text>(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)'
)
_FREE_TEXT = msgspec.json.Decoder(_FreeText)


def free_text(part: ToolCallPart) -> str:
    """What a tool that takes free text is called with (pitfalls 1.16)."""
    if part.custom:
        return part.arguments
    try:
        found = _FREE_TEXT.decode(part.arguments)
    except msgspec.MsgspecError:
        return _as_far_as_it_came(part.arguments)
    return next((text for text in (found.input, found.patch) if text is not None), part.arguments)


def _as_far_as_it_came(arguments: str) -> str:
    """The text in arguments that were cut off; other arguments as they are."""
    begun = _BEGUN.match(arguments)
    return arguments if begun is None else msgspec.json.decode(f'"{begun["text"]}"', type=str)


def with_grammar(description: str | None, syntax: str, definition: str) -> str | None:
    """A tool's description, with the grammar that its text must follow."""
    if not definition:
        return description
    grammar = f"The input must follow this {syntax} grammar:\n{definition}"
    return f"{description}\n\n{grammar}" if description else grammar
