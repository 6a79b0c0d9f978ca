"""The doctor's look at coding tools: what `env` would set is compared with what is there. It changes nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from daemon import keys, status

from . import doctor_files, way_back
from .env import NoGateway, place
from .findings import FAILS, OK, WARNING, Finding
from .installing import INSTALL
from .tools import TOOLS, Setup, SetupError, Where, setup_of

_LONGEST_VERSION = 10.0
_NOWHERE = "http://127.0.0.1:0"
_URL = re.compile(r"https?://[^\s\"'\\\\,}]+")
_LOCAL = re.compile(r"//(localhost|127\.0\.0\.1|\[::1\])(?=[:/]|$)")
_SETTINGS_BEAT = ("claude", "gemini", "aider")
"""The tools whose notes tell of files that beat the environment."""
_SDKS = ("openai", "anthropic", "genai")
_OLDEST = {
    **{"claude": "2.1.154", "codex": "0.144", "gemini": "0.61", "opencode": "1.18", "kilo": "7.7", "aider": "0.86"},
}
"""The oldest versions that were tried, or that speak as is known here (pitfalls 10.12)."""


class _Shell:
    """What `env` would set in this shell, and what is there."""

    def __init__(self, record: status.Record | None) -> None:
        self.environ = dict(os.environ)
        self.set_up = way_back.set_up(self.environ)
        self.record = record
        former = way_back.former(self.environ)
        try:
            self.where = place(None, former)
        except NoGateway:
            self.record = None
            self.where = Where(_NOWHERE, "argo", (), None, former, os.path.expanduser("~"))

    def addresses(self, setup: Setup) -> list[str]:
        """The variables that are to hold the gateway's address."""
        return [name for name, value in setup.variables.items() if self.where.url in value]

    def keys(self, setup: Setup) -> list[str]:
        """The variables that are to hold the gateway's key."""
        return [name for name, value in setup.variables.items() if value == self.where.key]


def tools(record: status.Record | None) -> Iterator[Finding]:
    """A finding or more for each tool that is installed, and each that this shell is set up for."""
    shell = _Shell(record)
    told: set[str] = set()
    for name, tool in TOOLS.items():
        path = shutil.which(tool.program) if tool.program else None
        if path is None and tool.program is not None and name not in shell.set_up:
            continue
        try:
            setup = setup_of(name, shell.where)
        except SetupError as error:
            yield Finding(name, WARNING, str(error), "see the documentation of its set-up")
            continue
        problems = [one for one in _problems(name, setup, shell, path) if one[0] not in told]
        told |= {problem for problem, _ in problems}
        version = _version(path) if path is not None else "set up in this shell"
        here = path is not None and any(shell.environ.get(one) for one in shell.addresses(setup)[:1])
        version += ", set up in this shell" if here else ""
        if old := _too_old(name, version) if path is not None else "":
            problems.append((old, INSTALL[name]))
        for problem, remedy in problems:
            yield Finding(name, FAILS if shell.record is None else WARNING, f"{version}; {problem}", remedy)
        if not problems and (path is not None or name in shell.set_up):
            yield Finding(name, OK, version)


def _problems(name: str, setup: Setup, shell: _Shell, path: str | None) -> Iterator[tuple[str, str]]:
    """What is wrong with a tool's set-up, and what to do."""
    remedy = f"eval $(argo-proxy env {name})"
    addresses = shell.addresses(setup)
    there = [one for one in addresses if shell.environ.get(one) and (path or _is_local(shell.environ[one]))]
    if TOOLS[name].program is None and name not in shell.set_up and name not in _SDKS:
        return  # the others share variables with these; Ollama's is that of Ollama itself, which listens here as well
    if shell.record is None:
        for one in (one for one in there if _is_local(shell.environ[one]) or name in shell.set_up):
            back = f"argo-proxy start, or the way back: eval $(argo-proxy env {name} --unset)"
            yield f"{one} names {_shown(shell.environ[one])} here, and no gateway runs", back
        return
    stale = [one for one in there if _urls(shell.environ[one]) != _urls(setup.variables[one])]
    for one in stale:
        yield f"{one} names {_shown(shell.environ[one])} here, and not {_shown(setup.variables[one])}", remedy
    if not stale and (name in shell.set_up or (path is not None and addresses and addresses[0] in there)):
        for problem in _beside(setup, shell, addresses):
            yield problem, remedy
    for problem in _stale_files(setup, shell):
        yield problem, remedy
    for problem in doctor_files.stale(name, shell.where.url, shell.environ, shell.where.home):
        yield problem, f"have it say {shell.where.url}, or take it out: {remedy} needs no file of yours"
    if path is not None and name in _SETTINGS_BEAT:
        yield from ((note, "take that out, or have it say the same") for note in setup.notes)


def _beside(setup: Setup, shell: _Shell, addresses: list[str]) -> Iterator[str]:
    """What is missing beside the address, what wins over it, and a key that is another."""
    assert shell.record is not None
    for one in (*addresses, *shell.keys(setup)):
        if one not in shell.environ:
            yield f"{one} is not set beside it"
    if wins := [one for one in setup.unset if shell.environ.get(one)]:
        yield f"{', '.join(wins)} is set beside it, and wins"
    if shell.record.auth != "open":
        for one in shell.keys(setup):
            if shell.environ.get(one, shell.where.key) != keys.key_of(shell.record):
                yield f"{one} is not the key that the gateway takes now"


def _stale_files(setup: Setup, shell: _Shell) -> Iterator[str]:
    """Files of ours that name another gateway."""
    for path, text in setup.files:
        try:
            written = Path(path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if _urls(written) != _urls(text):
            yield f"{path} names {_shown(written)}, and not {shell.where.url}"


def _urls(text: str) -> set[str]:
    """The addresses in a text, each written in one way."""
    return {_LOCAL.sub("//127.0.0.1", found.lower()).rstrip("/") for found in _URL.findall(text)}


def _shown(text: str) -> str:
    return ", ".join(sorted(_urls(text))) or (text[:80] or "nothing")


def _is_local(value: str) -> bool:
    return _LOCAL.search(value) is not None


def _version(path: str) -> str:
    try:
        done = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=_LONGEST_VERSION, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return f"{path} does not tell its version"
    said = (done.stdout or done.stderr).strip().splitlines()
    return said[-1][:80] if said else f"{path} does not tell its version"


def _too_old(name: str, version: str) -> str:
    if name not in _OLDEST:
        return ""
    found = re.search(r"\d+(\.\d+)+", version)
    oldest = _OLDEST[name]
    if found is None or _numbers(found[0]) >= _numbers(oldest):
        return ""
    return f"it is older than {oldest}, the oldest that is known to come here by this set-up"


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]
