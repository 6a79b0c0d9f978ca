"""What OpenAI's two APIs say alike about which tools are called. It knows neither of them."""

from __future__ import annotations

from typing import Literal

from ...errors import ClientError
from ...ir.request import ToolChoice

_MODES: dict[str, Literal["auto", "required", "none"]] = {"auto": "auto", "required": "required", "none": "none"}


def choice_in_a_word(word: str) -> ToolChoice:
    """A `tool_choice` that is a word. Raises ClientError if it is another than those that are known."""
    if word in _MODES:
        return ToolChoice(_MODES[word])
    message = f"tool_choice: expected auto, required, none or an object, found '{word}'"
    raise ClientError(400, message, param="tool_choice")
