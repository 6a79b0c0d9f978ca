"""The token: a secret in a file of the user's own, which tools give as their key where `client_auth` is `token`.

It is read by the gateway that runs, by `argo-proxy env` and by `argo-proxy token`, which may renew it at any time:
those before it are taken for an hour more, so that tools that run go on. It loads little: shells wait for `env`.

The file is JSON, mode 0600: {"token": text, "former": [{"token": text, "until": seconds since 1970}, …]}.
"""

from __future__ import annotations

import json
import os
import time

GRACE = 3600.0
"""Seconds for which a token is taken after it was renewed."""
PREFIX = "sk-argo-"
"""How it begins: so it is taken for a key by tools that look, and out of logs and recordings by its form."""
_LOOK = 1.0
"""Seconds after which the file is looked at again."""


class TokenProblem(Exception):
    """The file of the token cannot be used. Its text says why and what to do, and is meant for a terminal."""


def made(path: str) -> str:
    """The token that is in force, which is made if there is none yet. Raises TokenProblem."""
    try:
        return _read(path)[0][0]
    except FileNotFoundError:
        return _write(path, _new(), [], replace=False)


def current(path: str) -> str | None:
    """The token that is in force; None where there is none. Raises TokenProblem."""
    try:
        return _read(path)[0][0]
    except FileNotFoundError:
        return None


def renewed(path: str, *, at_once: bool) -> str:
    """A new token in place of the one before, which is taken for `GRACE` seconds more unless it is to end at once.

    Raises TokenProblem where the file cannot be written; one that is damaged is replaced.
    """
    former: list[tuple[str, float]] = []
    if not at_once:
        now = time.time()
        try:
            known = _read(path)
        except (FileNotFoundError, TokenProblem):
            known = []
        former = [(token, min(until, now + GRACE)) for token, until in known if until > now]
    return _write(path, _new(), former, replace=True)


class Tokens:
    """The tokens that are taken, as the file has them now."""

    def __init__(self, path: str) -> None:
        """Makes the file if there is none. Raises TokenProblem."""
        self._path = path
        made(path)
        self._stamp: tuple[int, int] | None = None
        self._known: list[tuple[bytes, float]] = []
        self._looked = 0.0
        self._look()

    def accept(self, key: str) -> bool:
        """Whether a key is a token that is taken now; how long that takes tells nothing of one."""
        if time.monotonic() - self._looked > _LOOK:
            self._look()
        return self._is_known(key) or (self._look() and self._is_known(key))

    def page_cookies(self) -> set[tuple[str, str]]:
        """Name and value of the cookie by which a browser that gave a token sees the page at `/`, for each token.

        The value is made of the token and of no use elsewhere: browsers send cookies to all ports of a host, and on a
        machine that many use those are other users'.
        """
        from hmac import digest

        if time.monotonic() - self._looked > _LOOK:
            self._look()
        now = time.time()
        values = [digest(token, b"the page at /", "sha256").hex() for token, until in self._known if now < until]
        return {(f"argo-proxy-{value[:8]}", value[8:]) for value in values}

    def _is_known(self, key: str) -> bool:
        from hmac import compare_digest  # the gateway's alone; `env` does without

        given, now, found = key.encode("utf-8", "surrogateescape"), time.time(), False
        for token, until in self._known:
            found |= compare_digest(token, given) and now < until
        return found

    def _look(self) -> bool:
        """Reads the file if it is another; returns whether it was. What was known stays where it cannot be read."""
        self._looked = time.monotonic()
        try:
            told = os.stat(self._path)
            stamp = (told.st_mtime_ns, told.st_ino)
            if stamp == self._stamp:
                return False
            self._known = [(token.encode(), until) for token, until in _read(self._path)]
        except (OSError, TokenProblem):
            return False
        self._stamp = stamp
        return True


def _new() -> str:
    from secrets import token_urlsafe

    return PREFIX + token_urlsafe(32)


def _read(path: str) -> list[tuple[str, float]]:
    """The token in force, which has no end, and those before it, each with its end. A file of ours is kept to us.

    Raises FileNotFoundError, TokenProblem.
    """
    remedy = "`argo-proxy token --new` makes another"
    try:
        with open(path, "rb") as file:
            told = os.fstat(file.fileno())
            text = file.read(100_000)
        if told.st_mode & 0o077 and told.st_uid == os.geteuid():
            os.chmod(path, 0o600)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise TokenProblem(f"the token in {path} cannot be read: {error.strerror}") from error
    try:
        found = json.loads(text)
        known = [(found["token"], float("inf")), *((one["token"], float(one["until"])) for one in found["former"])]
    except (ValueError, KeyError, TypeError):
        raise TokenProblem(f"{path} is damaged and holds no token: {remedy}") from None
    if not all(isinstance(token, str) and token.isascii() and len(token) >= len(PREFIX) for token, _ in known):
        raise TokenProblem(f"{path} holds something else than a token: {remedy}")
    return known


def _write(path: str, token: str, former: list[tuple[str, float]], *, replace: bool) -> str:
    """Puts the file there, whole; returns the token that it then has. Raises TokenProblem."""
    text = json.dumps({"token": token, "former": [{"token": one, "until": until} for one, until in former]})
    draft = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        try:
            with open(descriptor, "w") as file:
                os.fchmod(descriptor, 0o600)
                file.write(text)
            if replace:
                os.replace(draft, path)
                return token
            try:
                os.link(draft, path)  # and not rename: another process may have made one in between
            except FileExistsError:
                return _read(path)[0][0]
        finally:
            if os.path.lexists(draft):
                os.unlink(draft)
    except OSError as error:
        raise TokenProblem(f"the token cannot be kept in {path}: {error.strerror}") from error
    return token
