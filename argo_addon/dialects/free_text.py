"""Tools that take free text, as OpenAI has them, for models that know tools with a schema only (pitfalls 1.16)."""

from __future__ import annotations

import msgspec

from ..ir.parts import ToolCallPart


class _FreeText(msgspec.Struct):
    input: str | None = None
    patch: str | None = None


_FREE_TEXT = msgspec.json.Decoder(_FreeText)


def free_text(part: ToolCallPart) -> str:
    """What a tool that takes free text is called with (pitfalls 1.16)."""
    if part.custom:
        return part.arguments
    try:
        found = _FREE_TEXT.decode(part.arguments)
    except msgspec.MsgspecError:
        return part.arguments
    return next((text for text in (found.input, found.patch) if text is not None), part.arguments)


def with_grammar(description: str | None, syntax: str, definition: str) -> str | None:
    """A tool's description, with the grammar that its text must follow."""
    if not definition:
        return description
    grammar = f"The input must follow this {syntax} grammar:\n{definition}"
    return f"{description}\n\n{grammar}" if description else grammar
