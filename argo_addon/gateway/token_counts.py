"""The tokens that an answer tells, read off its two ends: what recordings, /metrics and the log count alike.

It knows no dialect: the members that count tokens are looked for wherever they stand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_COUNTS = {
    name: re.compile(rb'"(?:%b)"\s*:\s*(\d{1,12})\b' % members)
    for name, members in (
        ("input_tokens", b"prompt_tokens|input_tokens|promptTokenCount"),
        ("output_tokens", b"completion_tokens|output_tokens|candidatesTokenCount"),
        ("cache_read", b"cache_read_input_tokens|cached_tokens|cachedContentTokenCount"),
        ("cache_write", b"cache_creation_input_tokens"),
    )
}
_BESIDES = (b"cache_read_input_tokens", b"cache_creation_input_tokens")
"""What Anthropic counts beside the input; the others count it within."""
_BEGINNING, _END = 4000, 8000
"""Bytes in which an answer tells what it has used."""


class AnswerEnds:
    """The beginning and the end of an answer that passes; what is between them is not kept."""

    __slots__ = ("_before", "_beginning", "_last", "_size", "total")

    def __init__(self) -> None:
        self.total = 0
        self._beginning = b""
        self._before: list[bytes] = []
        self._last: list[bytes] = []
        self._size = 0  # of `_last`

    def add(self, data: bytes) -> None:
        """The next bytes."""
        self.total += len(data)
        if len(self._beginning) < _BEGINNING:
            missing = _BEGINNING - len(self._beginning)
            self._beginning += data[:missing]
            data = data[missing:]
        if len(data) > _END:
            data = data[-_END:]
        self._last.append(data)
        self._size += len(data)
        if self._size > _END:
            self._before, self._last, self._size = self._last, [], 0

    @property
    def bytes(self) -> bytes:
        """Both ends, or all where that is no more."""
        return self._beginning + b"".join((*self._before, *self._last))[-_END:]


def tokens_in(answer: bytes) -> dict[str, int | None]:
    """`input_tokens` (with those of the cache), `output_tokens`, `cache_read` and `cache_write`; None: not told."""
    parts = answer if len(answer) <= _BEGINNING + _END else answer[:_BEGINNING] + answer[-_END:]
    told = {name: [int(number) for number in form.findall(parts)] for name, form in _COUNTS.items()}
    made: dict[str, int | None] = {name: max(numbers) if numbers else None for name, numbers in told.items()}
    made["output_tokens"] = told["output_tokens"][-1] if told["output_tokens"] else None
    if made["input_tokens"] is not None and any(member in parts for member in _BESIDES):
        made["input_tokens"] += (made["cache_read"] or 0) + (made["cache_write"] or 0)
    return made


def added_tokens(one: Mapping[str, int | None], other: Mapping[str, int | None]) -> dict[str, int | None]:
    """What two answers tell together; None: neither does."""
    sums: dict[str, int | None] = dict(other)
    for name, count in one.items():
        if count is not None:
            sums[name] = count + (sums.get(name) or 0)
    return sums
