"""A newcomer with nothing but the README: types its lines into a terminal in an empty home, up to Claude Code's answer.

    python -m tests.newcomer [pipx|uv|python3 ...]

For each way to install that the README names, or for those that are named here: clones the last commit, installs,
takes the hint where the command is not found, starts the demo, and asks the real Claude Code in its own window. Prints
how long each step took. The exit code is 1 where one fails or all of it takes longer than the README says.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from tests.ports import free_port

ROOT = Path(__file__).parent.parent
TOOLS = ROOT / ".cache" / "tools" / "node_modules" / ".bin"
INSTALLERS = ROOT / ".cache" / "newcomer" / "bin"
PATIENCE = 150.0
"""Seconds that a step may take before it is given up."""
NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5}
QUESTIONS = (
    ("Choosethetextstyle", "\r"),
    ("PressEntertocontinue", "\r"),
    ("Yes,Itrustthisfolder", "\r"),
    ("forshortcuts", "Hello!"),
    ("Hello!", "\r"),
)
"""What Claude Code asks at its first start, without blanks, in this order, and what a newcomer answers."""
ANSWER = re.compile(r"Thisisclaude\w+,simulated\.Yousaid:“Hello!”")


class Said(NamedTuple):
    """What the README has a newcomer type."""

    minutes: int
    installs: dict[str, str]
    """By the program that installs."""
    hints: dict[str, str]
    """Where the command is not found, by the same."""
    demo: str
    tool: str


def said(readme: str) -> Said:
    """Raises AssertionError where the README no longer says what this script is to type."""
    minutes = re.search(r"in (\w+) minutes[^.]*`make newcomer`", readme)
    install = re.search(r"^## Install$.*?```console\n(.*?)```(.*?)^## ", readme, re.MULTILINE | re.DOTALL)
    start = re.search(r"^## Claude Code in three commands$.*?```console\n(.*?)```(.*?)^## ", readme, re.M | re.DOTALL)
    assert minutes, "README.md says nowhere how many minutes `make newcomer` may take"
    assert install, "README.md has no section on how to install"
    assert start, "README.md has no section on Claude Code"
    lines = {line.split()[0]: line for line in _typed(install[1])}
    hints = {hint.split()[0]: hint for hint in re.findall(r"`((?:pipx|uv) [^`]+)`", install[2])}
    demo = re.search(r"Instead of the first two, `([^`]+)`", start[2])
    assert demo, "README.md does not say what to type without ARGO"
    return Said(NUMBERS[minutes[1]], lines, hints, demo[1], _typed(start[1])[-1])


def _typed(block: str) -> list[str]:
    return [line[2:].partition("    #")[0] for line in block.splitlines() if line.startswith("$ ")]


class Terminal:
    """An interactive shell in an empty home, in a terminal of 100 columns and 40 rows."""

    def __init__(self, home: Path, cwd: Path) -> None:
        kept = ("LANG", "NODE_EXTRA_CA_CERTS", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE")
        env = {name: value for name, value in os.environ.items() if name in kept or name.startswith(("PIP_", "UV_"))}
        env |= {"HOME": str(home), "TERM": "xterm-256color", "LANG": env.get("LANG", "C.UTF-8")}
        env["ARGO_PROXY_PORT"] = str(free_port())  # the usual one may be taken here
        env["PATH"] = os.pathsep.join([str(INSTALLERS), str(TOOLS), "/usr/local/bin:/usr/bin:/bin", _python()])
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.chdir(cwd)
            os.execvpe("bash", ["bash", "-i"], env)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        self._seen = ""

    def type(self, keys: str) -> None:
        """Presses these keys."""
        os.write(self._terminal, keys.encode())

    def run(self, line: str) -> float:
        """Types a line and waits until it is done: how long it took, in seconds. Raises SystemExit where it fails."""
        began, self._seen = time.monotonic(), ""
        self.type(f'{line}; echo "done=$?".\n')
        found = self.wait(r"done=(\d+)\.")
        if found[1] != "0":
            raise SystemExit(f"{line!r} ended with {found[1]}:\n{self._seen}")
        return time.monotonic() - began

    def wait(self, pattern: str, *, blanks: bool = True) -> re.Match[str]:
        """Reads until this is shown since the last answer. Raises SystemExit where it never is."""
        end = time.monotonic() + PATIENCE
        while True:
            text = re.sub(r"\x1b(\[[0-9;?>]*[A-Za-z]|\][^\x07]*\x07|[=>()78][B0]?)", "", self._seen)
            if found := re.search(pattern, text if blanks else re.sub(r"[\s\xa0]+", "", text)):
                return found
            if not select.select([self._terminal], [], [], max(0.0, end - time.monotonic()))[0]:
                raise SystemExit(f"{pattern!r} was not shown in {PATIENCE:.0f} s:\n{text}")
            with suppress(OSError):  # the shell's end
                self._seen += os.read(self._terminal, 65536).decode("utf-8", "replace")

    def answered(self) -> None:
        """Looks no longer at what was shown before."""
        self._seen = ""

    def close(self) -> None:
        """Ends the shell, and what it waits for."""
        with suppress(ProcessLookupError):
            os.killpg(os.tcgetpgrp(self._terminal), signal.SIGKILL)
            os.kill(self._pid, signal.SIGKILL)
        os.close(self._terminal)
        os.waitpid(self._pid, 0)


def _python() -> str:
    return str(Path(shutil.which("python3") or sys.executable).parent)


@contextmanager
def opened(home: Path, cwd: Path) -> Iterator[Terminal]:
    """A terminal that is closed in the end."""
    terminal = Terminal(home, cwd)
    try:
        yield terminal
    finally:
        terminal.close()


def tried(what: Said, way: str) -> dict[str, float]:
    """From the clone to the answer by one way to install: seconds by step."""
    with tempfile.TemporaryDirectory(prefix="newcomer-", ignore_cleanup_errors=True) as folder:
        home, clone = Path(folder, "home"), Path(folder, "argo-proxy")
        home.mkdir()
        took: dict[str, float] = {}
        began = time.monotonic()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        took["clone"] = time.monotonic() - began
        try:
            _typed_through(what, way, home, clone, took)
        finally:
            stop = "export PATH=~/.local/bin:~/argo/bin:$PATH; argo-proxy stop --timeout 0"
            subprocess.run(["bash", "-c", stop], env={**os.environ, "HOME": str(home)}, capture_output=True)
        return took


def _typed_through(what: Said, way: str, home: Path, clone: Path, took: dict[str, float]) -> None:
    with opened(home, clone) as terminal:
        terminal.run(":")
        took["install"] = terminal.run(what.installs[way])
        if way in what.hints:
            took["hint"] = terminal.run(what.hints[way])
        else:
            _asked(terminal, what, took)
            return
    with opened(home, clone) as terminal:  # a new one, as the hint says
        terminal.run(":")
        _asked(terminal, what, took)


def _asked(terminal: Terminal, what: Said, took: dict[str, float]) -> None:
    took["start"] = terminal.run(what.demo)
    began = time.monotonic()
    terminal.answered()
    terminal.type(f"{what.tool}\n")
    for question, answer in QUESTIONS:
        terminal.wait(re.escape(question), blanks=False)
        terminal.answered()
        terminal.type(answer)
    terminal.wait(ANSWER.pattern, blanks=False)
    took["Claude Code"] = time.monotonic() - began


def main() -> None:
    """Tries the ways that are named, or all, and prints what each step took."""
    what = said((ROOT / "README.md").read_text("utf-8"))
    if not (TOOLS / "claude").exists():
        raise SystemExit(f"Claude Code is not in {TOOLS}; `make newcomer` installs it there, with npm")
    late = []
    for way in sys.argv[1:] or what.installs:
        took = tried(what, way)
        whole = sum(took.values())
        steps = ", ".join(f"{step} {seconds:.0f} s" for step, seconds in took.items())
        print(f"{shlex.quote(way)}: {whole:.0f} s from the clone to Claude Code's answer ({steps})", flush=True)
        if whole > what.minutes * 60:
            late.append(way)
    if late:
        raise SystemExit(f"README.md says {what.minutes} minutes; longer by: {', '.join(late)}")


if __name__ == "__main__":
    main()
