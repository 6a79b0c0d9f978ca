"""Text sealed with a key of the gateway's, for safe keeping with a client: nobody else can read or change it.

A seal is base64 of `argo-proxy:` and a Fernet token (https://github.com/fernet/spec). What was sealed for one user is
not opened for another. It knows neither requests nor settings.
"""

from __future__ import annotations

import base64
import os
import re
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

_PREFIX = b"argo-proxy:"
_SEALS = re.compile(r"YXJnby1wcm94eT[A-Za-z0-9+/]{40,}={0,2}")
"""What is sealed as it stands in a text: the prefix in base64, and what follows."""


class NotOurs(ValueError):
    """Another service has sealed it, or it is sealed by nobody."""


class CannotOpen(ValueError):
    """It was sealed here, but with another key or for somebody else, or has been changed."""


class NoKey(Exception):
    """The file of keys cannot be used. Its text names the file and what to do."""


class _Sealed(msgspec.Struct):
    text: str
    owner: str


_SEALED = msgspec.json.Decoder(_Sealed)
_KEY_SIZE = 32
"""Bytes of a Fernet key."""


def _new_key() -> bytes:
    return base64.urlsafe_b64encode(os.urandom(_KEY_SIZE))


class Sealer:
    """Seals and opens text. The first key seals, each opens: a new key goes before the old one."""

    def __init__(self, *keys: bytes) -> None:
        """Without a key: with one of its own, which nobody has after it. Raises ValueError for what is no key."""
        self._keys = keys or (_new_key(),)
        for key in self._keys:
            if len(base64.urlsafe_b64decode(key)) != _KEY_SIZE:
                raise ValueError("a key has 32 bytes")

    @cached_property
    def _fernet(self) -> MultiFernet:
        from cryptography.fernet import Fernet, MultiFernet  # not at the top: most gateways never seal anything

        return MultiFernet([Fernet(key) for key in self._keys])

    @classmethod
    def of_file(cls, path: Path) -> Sealer:
        """With the keys in a file, one a line, which is made with a new key if it is not there. Raises NoKey."""
        try:
            written = path.read_bytes() if path.exists() else _made(path)
            return cls(*written.split())
        except OSError as problem:
            raise NoKey(f"the key file {path} cannot be read or made: {problem.strerror}") from problem
        except ValueError as problem:
            remedy = "a line for each key, 32 bytes in URL-safe base64; to have a new one made, remove the file"
            raise NoKey(f"the key file {path} holds what is no key; it wants {remedy}") from problem

    def seal(self, text: str, owner: str) -> str:
        """The text sealed, for this owner."""
        token = self._fernet.encrypt(msgspec.json.encode(_Sealed(text, owner)))
        return base64.b64encode(_PREFIX + token).decode()

    @staticmethod
    def is_sealed(text: str) -> bool:
        """Whether a text looks sealed by a gateway, with whatever key."""
        try:
            return base64.b64decode(text, validate=True).startswith(_PREFIX)
        except ValueError:
            return False

    def open(self, sealed: str, owner: str) -> str:
        """The text within. Raises NotOurs, or CannotOpen."""
        opened = self._opened(sealed)
        if opened.owner != owner:
            raise CannotOpen
        return opened.text

    def texts_in(self, text: str) -> list[str]:
        """All that is sealed in a text with these keys, for whomever, each once."""
        found = list[str]()
        for sealed in dict.fromkeys(_SEALS.findall(text)):
            try:
                found.append(self._opened(sealed).text)
            except (NotOurs, CannotOpen):
                continue
        return found

    @staticmethod
    def seals_in(text: str) -> bool:
        """Whether something in a text looks sealed by a gateway."""
        return _SEALS.search(text) is not None

    def _opened(self, sealed: str) -> _Sealed:
        from cryptography.fernet import InvalidToken

        if not self.is_sealed(sealed):
            raise NotOurs
        content = base64.b64decode(sealed)
        try:
            return _SEALED.decode(self._fernet.decrypt(content.removeprefix(_PREFIX)))
        except (InvalidToken, msgspec.MsgspecError) as problem:
            raise CannotOpen from problem


def _made(path: Path) -> bytes:
    """A new key in a new file that only its owner can read; where another process was quicker, that one's."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = _new_key() + b"\n"
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(file, "wb") as new:
            new.write(key)
        os.link(beside, path)
    except FileExistsError:
        return path.read_bytes()
    finally:
        os.unlink(beside)
    return key
