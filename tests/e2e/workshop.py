"""Where a coding tool runs: an empty home, an empty work folder and no way to the outside. Knows no tool by name."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from .processes import ROOT, clean_environment

SECONDS = 120
NO_WAY_OUT = {
    # Nothing listens on the discard port: a tool that tries the outside is refused at once and does not wait for it.
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9"),
    **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost"),
}


def executable(name: str, package: str) -> Path:
    """The executable of a tool. Without it the test is skipped, and says what to do."""
    folder = Path(os.environ.get("ARGO_PROXY_TOOLS") or ROOT / ".cache" / "tools").absolute()
    path = folder / "node_modules" / ".bin" / name
    if path.exists():
        return path
    if shutil.which("npm") is None:
        pytest.skip(
            f"npm is not on the PATH, so {name} could not be installed; install Node.js with npm, then `make e2e`"
        )
    pytest.skip(f"{name} is not in {folder}; install it there: npm install --prefix {folder} {package}")


class Run:
    """A tool at work, in a process group of its own. What it writes goes to files, so nothing waits for a pipe."""

    def __init__(self, command: Sequence[str | Path], folder: Path, cwd: Path, env: Mapping[str, str]) -> None:
        self._command = [str(word) for word in command]
        self._out, self._err = folder / "stdout", folder / "stderr"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._process = subprocess.Popen(
                self._command,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    def __str__(self) -> str:
        out, err = (path.read_text("utf-8", "replace") for path in (self._out, self._err))
        return f"$ {' '.join(self._command)}\nexit code {self._process.poll()}\n--- stdout\n{out}\n--- stderr\n{err}"

    def finish(self) -> str:
        """What the tool wrote on stdout. Fails, and shows all of it, where it takes too long or ends with an error."""
        try:
            code = self._process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"not done after {SECONDS} s:\n{self}") from None
        assert code == 0, str(self)
        return self._out.read_text("utf-8")

    def wait_until(self, reached: Callable[[], bool], what: str) -> None:
        """Waits while it works. Fails where it ends before, or takes too long."""
        end = time.monotonic() + SECONDS
        while not reached():
            assert self._process.poll() is None, f"ended before {what}:\n{self}"
            assert time.monotonic() < end, f"{what}: not within {SECONDS} s:\n{self}"
            time.sleep(0.02)

    def interrupt(self, number: signal.Signals) -> None:
        """Ends it: as Ctrl-C does, or SIGKILL for the whole group. Fails where it does not end."""
        assert self._process.poll() is None, f"ended before it was interrupted:\n{self}"
        if number is signal.SIGKILL:
            self.kill()
            return
        self._process.send_signal(number)
        try:
            self._process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not end within {SECONDS} s of {number.name}:\n{self}") from None

    def kill(self) -> None:
        """Ends the whole group, if it is there."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


class Workshop:
    """An empty home and an empty work folder for the runs of a tool."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.home = folder / "home"
        self.work = folder / "work"
        self.home.mkdir()
        self.work.mkdir()
        self._runs: list[Run] = []

    def start(self, command: Sequence[str | Path], settings: Mapping[str, str]) -> Run:
        """A tool, set to work."""
        folder = self._folder / f"run{len(self._runs)}"
        folder.mkdir()
        env = clean_environment(self.home, TERM="dumb", **NO_WAY_OUT, **settings)
        self._runs.append(Run(command, folder, self.work, env))
        return self._runs[-1]

    def shell(self) -> int | None:
        """The process that wrote its id to `shell.pid`, if one did."""
        path = self.work / "shell.pid"
        text = path.read_text() if path.exists() else ""
        return int(text) if text.endswith("\n") else None

    def close(self) -> None:
        """Ends what is left of the runs. A tool's shell has a group of its own and may outlive it."""
        for run in self._runs:
            run.kill()
        if (shell := self.shell()) is not None:
            with suppress(ProcessLookupError):
                os.kill(shell, signal.SIGKILL)
