"""Texts that were looked through and hold no secret: a tool sends all that was said before with each turn.

A text is kept as its digest, unless it is short. What is known to be secret differs from user to user, and so does what
is clean; both are forgotten after a while.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from threading import Lock

_LONG = 64
_MOST = 10_000
"""Texts after which those that were not met since the last so many are forgotten."""
_MOST_USERS = 8


class Clean:
    """The clean texts of one set of known secrets."""

    def __init__(self) -> None:
        self._new: set[str | bytes] = set()
        self._old: set[str | bytes] = set()

    def has(self, text: str) -> bool:
        """Whether it was found to be clean."""
        key = _key(text)
        if key in self._new:
            return True
        if key in self._old:
            self._add(key)
            return True
        return False

    def add(self, text: str) -> None:
        """It was looked through."""
        self._add(_key(text))

    def _add(self, key: str | bytes) -> None:
        if len(self._new) >= _MOST:
            self._old, self._new = self._new, set()
        self._new.add(key)


def _key(text: str) -> str | bytes:
    if len(text) < _LONG:
        return text
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


_users: OrderedDict[bytes, Clean] = OrderedDict()
_lock = Lock()


def clean_of(known: str) -> Clean:
    """The texts that are clean where these words are secret."""
    key = hashlib.blake2b(known.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    with _lock:
        found = _users.pop(key, None) or Clean()
        _users[key] = found
        if len(_users) > _MOST_USERS:
            _users.popitem(last=False)
    return found
