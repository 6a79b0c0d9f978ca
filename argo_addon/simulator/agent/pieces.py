"""Text in the pieces in which a model streams it. Knows no wire format."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle

_SIZES = (4, 7, 3, 11, 5, 2, 9, 1, 6)
_ARGUMENT_SIZES = (3, 1, 8, 2, 5)


def text_pieces(text: str) -> Iterator[str]:
    """Small pieces, many of them cut inside words."""
    return _pieces(text, _SIZES)


def argument_pieces(arguments: str) -> Iterator[str]:
    """Smaller ones, many of them cut inside escapes."""
    return _pieces(arguments, _ARGUMENT_SIZES)


def _pieces(text: str, sizes: tuple[int, ...]) -> Iterator[str]:
    start = 0
    for size in cycle(sizes):
        if start >= len(text):
            return
        yield text[start : start + size]
        start += size
