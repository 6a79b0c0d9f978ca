"""Who else uses this machine: 127.0.0.1 is open to them all (pitfalls 9.9)."""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Iterator

_FIRST_PERSON = 500 if sys.platform == "darwin" else 1000
_NOBODY = 60000


def neighbours(most: int = 3) -> list[str]:
    """The names of other people who are logged in, run programs, or have their home beside this user's; some of them.

    An account alone is none: systems come with accounts that nobody uses.
    """
    found: dict[str, None] = {}
    try:
        for name in _names():
            found[name] = None
            if len(found) >= most:
                break
    except (OSError, IndexError):  # IndexError is psutil's without /proc
        return list(found)
    return list(found)


def _names() -> Iterator[str]:
    import psutil  # not at the top: it takes long to load, and a start on 127.0.0.1 asks nobody

    me = os.getuid()
    for session in psutil.users():
        if (uid := _uid(session.name)) is not None and _is_person(uid) and uid != me:
            yield session.name
    for process in psutil.process_iter():
        try:
            uid = process.uids().real
        except psutil.Error:
            continue
        if _is_person(uid) and uid != me:
            yield _name(uid)
    home = os.path.expanduser("~")
    try:
        beside = [entry.stat(follow_symlinks=False) for entry in os.scandir(os.path.dirname(home)) if entry.is_dir()]
    except OSError:
        return
    if os.path.dirname(home) in ("/home", "/Users"):
        yield from (_name(told.st_uid) for told in beside if _is_person(told.st_uid) and told.st_uid != me)


def _is_person(uid: int) -> bool:
    return uid >= _FIRST_PERSON and not _NOBODY <= uid <= 65535


def _uid(name: str) -> int | None:
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return None


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
