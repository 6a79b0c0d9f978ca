"""Text of others made fit for a terminal. It loads nothing: `argo-proxy status` waits for it."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text with what would command a terminal, or turn the direction of words, shown as an escape."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in "\n\t" else ascii(char)[1:-1] for char in text)
