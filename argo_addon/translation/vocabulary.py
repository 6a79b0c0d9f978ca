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
_LONGEST, _LONGEST_OTHER, _LONGEST_EAST_ASIAN = 24, 16, 5
"""Characters of the longest pieces that are looked for: of ASCII, of other scripts, and of those that have no blanks
between words, where one piece in twenty is longer and each length that is tried is one more to be wrong about."""
_EAST_ASIAN = "\u2e80"
"""From here on: Chinese, Japanese, Korean; what is rarer behind them is mostly a piece of its own."""
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

    def _has(self, checksum: int) -> bool:
        """Whether the bytes of this CRC-32 are a piece."""
        bits, step = self._bits, (checksum * _MIX >> _SHIFT) % BITS | 1
        for number in range(1, HASHES):  # the first place was looked at
            place = (checksum + number * step) % BITS
            if not bits[place >> 3] >> (place & 7) & 1:
                return False
        return True

    def _longest(self, units: list[bytes], place: int, most: int) -> int:
        """How many of these, from this one on, are the longest piece; 0 where there is none."""
        bits, found, checksum = self._bits, 0, 0
        for length, unit in enumerate(units[place : place + most], 1):
            checksum = zlib.crc32(unit, checksum)  # that of all so far
            at = checksum % BITS
            if bits[at >> 3] >> (at & 7) & 1 and self._has(checksum):
                found = length
        return found

    def _tokens(self, word: str) -> int:
        whole = word.encode("utf-8", "replace")
        if word.isascii():
            units, most = [whole[place : place + 1] for place in range(len(whole))], _LONGEST
        else:
            units = [one.encode("utf-8", "replace") for one in word]
            most = _LONGEST_EAST_ASIAN if max(word) >= _EAST_ASIAN else _LONGEST_OTHER
        if len(units) <= most and self._longest([whole], 0, 1):
            return 1
        total, place, end = 0, 0, len(units)
        while place < end:
            length = self._longest(units, place, most)
            total += 1 if length else self._of_bytes(units[place])
            place += length or 1
        return total + total * 3 // 20 if end > _SEQUENCE and word.isascii() else total

    def _of_bytes(self, character: bytes) -> int:
        """The tokens of a character that is no piece: it is put together of its bytes."""
        units, total, place = [character[number : number + 1] for number in range(len(character))], 0, 0
        while place < len(units):
            place += self._longest(units, place, len(units)) or 1
            total += 1
        return total


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The vocabulary of o200k_base."""
    return Vocabulary(FILE.read_bytes())
