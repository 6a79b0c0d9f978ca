"""What tells a process from a later one of the same number, and how it was started. It loads little: `status` waits."""

from __future__ import annotations

import os
from contextlib import suppress


def of(pid: int) -> str | None:
    """When a process was born: the boot's id and the ticks since, which no step of the clock changes (proc(5)).

    None where the system does not tell, as a Linux without /proc. Raises ProcessLookupError where the process is gone,
    or is only waited for by its parent.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read()
    except FileNotFoundError:
        if os.path.exists("/proc/self/stat"):
            raise ProcessLookupError(pid) from None
        return _without_proc(pid)
    except OSError:
        return _without_proc(pid)
    state, *others = text[text.rindex(b")") + 1 :].split()  # a program's name may have brackets and blanks in it
    if state in (b"Z", b"X"):
        raise ProcessLookupError(pid)
    return f"{_boot()}:{others[_START].decode()}"


_START = 18
"""Where `starttime`, field 22, is behind the state, field 3."""


def is_there(pid: int, born: str | None) -> bool:
    """Whether a process of this number is there, and is the one that was born then."""
    try:
        return of(pid) == born
    except ProcessLookupError:
        return False


def _boot() -> str:
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def _without_proc(pid: int) -> str | None:
    if os.uname().sysname == "Linux":
        with suppress(PermissionError):
            os.kill(pid, 0)
        return None
    import psutil  # not at the top: it takes long to load

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            raise ProcessLookupError(pid)
        return f"born {process.create_time():.2f}"  # the kernels of macOS and BSD keep the moment itself
    except psutil.NoSuchProcess as error:
        raise ProcessLookupError(pid) from error
    except psutil.Error:
        return None


def command_line(pid: int) -> list[str]:
    """The words that a process was started with; none where they cannot be seen."""
    if (words := _words(pid, "cmdline")) is not None:
        return words
    import psutil  # as above

    try:
        return psutil.Process(pid).cmdline()
    except (psutil.Error, OSError):
        return []


def shown(words: list[str]) -> str:
    """A command line for people and the log: in one line, short, and without the credentials that may be in it."""
    from argo_addon.redaction import redacted  # not at the top: hardly ever needed

    return redacted(" ".join(" ".join(words).split()))[:_SHOWN]


_SHOWN = 120


def own() -> list[int]:
    """The processes of this user, as far as /proc tells; the youngest first."""
    found = []
    for name in reversed(os.listdir("/proc") if os.path.exists("/proc/self/stat") else []):
        with suppress(OSError):
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == os.geteuid():
                found.append(int(name))
    return found


def environ(pid: int) -> dict[str, str]:
    """The variables that a process was started with; none where they cannot be seen."""
    if (words := _words(pid, "environ")) is not None:
        return {name: value for name, _, value in (word.partition("=") for word in words)}
    import psutil  # as above

    try:
        return psutil.Process(pid).environ()
    except (psutil.Error, OSError):
        return {}


def _words(pid: int, what: str) -> list[str] | None:
    """What /proc has of a process, as words; None where there is no /proc."""
    try:
        with open(f"/proc/{pid}/{what}", "rb") as file:
            return os.fsdecode(file.read()).rstrip("\0").split("\0")
    except OSError:
        return [] if os.path.exists("/proc/self/stat") else None
