"""What was made of the last few values, for members that clients send again with every call: the tools on offer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

_T = TypeVar("_T")
_END = 48
LARGEST = 1024 * 1024
"""Bytes beyond which nothing is remembered."""


class Recent(Generic[_T]):
    """A function of bytes, and of what decides besides, that remembers its last results.

    Bytes are compared, not hashed: that is ten times as fast, and tools are 50 KB.
    """

    def __init__(self, make: Callable[..., _T], size: int = 16) -> None:
        """`make(written, *besides)` returns a value that nobody changes, or raises, which is not remembered."""
        self._make = make
        self._size = size
        self._kept: OrderedDict[tuple[Hashable, ...], tuple[bytes, _T]] = OrderedDict()

    def __call__(self, written: bytes, *besides: Hashable) -> _T:
        """What is made of these bytes."""
        key = (len(written), written[-_END:], *besides)
        kept = self._kept.get(key)
        if kept is not None and kept[0] == written:
            self._kept.move_to_end(key)
            return kept[1]
        made = self._make(written, *besides)
        if len(written) > LARGEST:
            return made
        self._kept[key] = (written, made)
        self._kept.move_to_end(key)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return made
