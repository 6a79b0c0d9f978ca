"""How many tokens of OpenAI's `o200k_base` a text is, to some per cent, without a tokenizer.

The tokenizer takes a text apart into words with the blank before them, numbers and signs, and each of those into the
pieces of its vocabulary. Here the vocabulary is a Bloom filter of half a megabyte: it says whether a piece is in it,
wrongly so once in 1500 times. A word that is not is taken apart by the longest pieces from its beginning on, which are
nearly those that the tokenizer finds. It is loaded when something is counted for the first time.

Source: the vocabulary and its pattern are those of tiktoken (OpenAI, MIT); `python -m tests.translation.vocabulary`
makes the file of it (docs/decisions/0009-token-counts-are-estimates.md).
"""

from __future__ import annotations

import re
import zlib
from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).parent / "o200k_base.filter"
BITS, HASHES = 1 << 22, 5
_MIX, _SHIFT = 0x9E3779B1, 9
_LONGEST, _LONGEST_OTHER = 24, 16
"""Characters of the longest pieces that are looked for: of ASCII, and of other scripts."""
_SEQUENCE = 24
"""Characters beyond which a word is a gene, a protein or a row of signs: there the tokenizer finds shorter pieces."""
_MOST_WORDS, _LONG_WORD = 20_000, 40

_SIGNS = r"!-/:-@\[-`{-~\u00a1-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7\u2000-\u2bff\u3000-\u3004\u3007-\u3030\u303d-\u303f\u30fb\ufe00-\ufe6f\uff01-\uff20\uff3b-\uff40\uff5b-\uff65\U0001f000-\U0001faff"  # noqa: E501
_CAPITALS = r"A-Z\u00c0-\u00d6\u00d8-\u00de\u0391-\u03ab\u0400-\u042f\u0531-\u0556"
_PIECE = (
    rf"[{_SIGNS} \t]?(?:[{_CAPITALS}]*[^\s\d{_SIGNS}{_CAPITALS}]+|[{_CAPITALS}]+)"
    r"(?:'(?:[sStTdDmM]|[rR][eE]|[vV][eE]|[lL][lL]))?"
    rf"|\d{{1,3}}| ?[{_SIGNS}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s"
)


def places(piece: bytes) -> list[int]:
    """The bits of the filter that stand for a piece."""
    first = zlib.crc32(piece)
    step = (first * _MIX >> _SHIFT) % BITS | 1
    return [(first + number * step) % BITS for number in range(HASHES)]


class Vocabulary:
    """The pieces that there are."""

    def __init__(self, bits: bytes) -> None:
        self._bits = bits
        self._split = re.compile(_PIECE).findall
        self._known: dict[str, int] = {}

    def count(self, text: str) -> int:
        """How many tokens a text is."""
        total, known = 0, self._known
        for word in self._split(text):
            tokens = known.get(word)
            if tokens is None:
                tokens = self._tokens(word)
                if len(word) <= _LONG_WORD:
                    if len(known) >= _MOST_WORDS:
                        known.clear()
                    known[word] = tokens
            total += tokens
        return total

    def _has(self, piece: str) -> bool:
        bits = self._bits
        first = zlib.crc32(piece.encode("utf-8", "replace"))
        step = (first * _MIX >> _SHIFT) % BITS | 1
        for _ in range(HASHES):
            place = first % BITS
            if not bits[place >> 3] >> (place & 7) & 1:
                return False
            first += step
        return True

    def _tokens(self, word: str) -> int:
        longest = _LONGEST if word.isascii() else _LONGEST_OTHER
        total, place, end = 0, 0, len(word)
        while place < end:
            lengths = range(min(longest, end - place), 0, -1)
            length = next((one for one in lengths if self._has(word[place : place + one])), 0)
            if length:
                total += 1
            else:  # a character that is itself put together of bytes
                total += max(len(word[place].encode("utf-8", "replace")) - 1, 1)
            place += max(length, 1)
        return total + total * 3 // 20 if end > _SEQUENCE and word.isascii() else total


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The vocabulary of o200k_base."""
    return Vocabulary(FILE.read_bytes())
