"""Where the pages' commands are typed: homes, the installed command, stand-ins for what is not to run in a test.

With ARGO_PROXY_HOWTOS=real the coding tools are the real ones, asked headless (`make howtos`).
"""

from __future__ import annotations

import os
import re
import shlex
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from tests.ports import free_port

from ..e2e.processes import Simulator
from ..e2e.shells import TOOLS, aider
from ..e2e.workshop import executable

REAL = os.environ.get("ARGO_PROXY_HOWTOS") == "real"
NOT_HERE = ("pipx", "pip")
"""What would change more than a home: stand-ins that only note what was asked of them."""
FOREVER = (
    (re.compile(r"^argo-proxy logs -f\b"), "NOTICE|INFO"),
    (re.compile(r"^argo-proxy web\b"), r"recordings at http|every call is recorded|token="),
    (re.compile(r"^argo-proxy mitmproxy\b"), "listening at"),
)
"""What goes on until Ctrl-C, and what it has said by then."""
ASKING = re.compile(r"^argo-proxy config init(?! --user)\b")
ANSWERS = ("dev", "jdoe", "me")
_MARK, _START = "<end of a command>", "<a start>"
_HERE = Path(__file__).parent


class Person:
    """In an empty home, with the installed command and one port instead of the usual one."""

    def __init__(self, folder: Path, command: Path, simulator: Simulator) -> None:
        self.home, self._bin = folder / "home", folder / "bin"
        for made in (self.home, self._bin):
            made.mkdir()
        self.port = free_port()
        self._folder = folder
        (self._bin / "argo-proxy").symlink_to(command)
        for name in (*TOOLS, *NOT_HERE):
            self._stand_in(name)
        self.env = {
            "PATH": f"{self._bin}{os.pathsep}{os.environ['PATH']}", "HOME": str(self.home), "LANG": "C.UTF-8",
            "COLUMNS": "120", "TERM": "dumb",
            "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "localhost,127.0.0.1,::1",
            "ARGO_PROXY_ARGO_BASE_URL": simulator.base_url, "ARGO_PROXY_SKIP_URL_VALIDATION": "true",
        }  # fmt: skip

    @property
    def url(self) -> str:
        """Where the gateway is, or will be."""
        return f"http://127.0.0.1:{self.port}"

    def _stand_in(self, name: str) -> None:
        noted = shlex.quote(str(self._folder / name))
        self._write(name, f"{{ echo '{_START}'; printf '%s\\n' \"$@\"; env; }} >> {noted}")

    def _write(self, name: str, script: str) -> None:
        path = self._bin / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def noted(self, name: str) -> str:
        """How a stand-in was called: its arguments and all variables, of all its calls."""
        path = self._folder / name
        return path.read_text() if path.exists() else ""

    def starts(self, name: str) -> list[str]:
        """How each call of a stand-in was made."""
        return self.noted(name).split(_START)[1:]

    def with_real(self, program: str) -> None:
        """Has the real tool behind its name, asked headless, where that is what is tried."""
        if REAL:
            tool = TOOLS[program]
            path = aider() if program == "aider" else executable(tool.program, tool.package)
            self._write(program, f'exec {shlex.quote(str(path.absolute()))} "$@" {shlex.join(tool.arguments)}')

    def until_it_works(self, *words: str) -> None:
        """Runs argo-proxy until it does not fail. AssertionError where it always does."""
        end = time.monotonic() + 20
        while True:
            try:
                return self.own(*words)
            except AssertionError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)

    def type(self, commands: list[str]) -> list[str]:
        """What each command prints, typed into one shell. AssertionError where one fails."""
        lines = [f"{self._line(command)}\nprintf {_MARK!r}" for command in commands]
        with tempfile.TemporaryFile() as out:
            done = subprocess.run(
                ["bash", "-e", "-o", "pipefail", "-c", "\n".join(lines)],
                env=self.env, cwd=self.home, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                timeout=300,
            )  # fmt: skip
            out.seek(0)
            said = out.read().decode().replace(f":{self.port}", ":44497")
        parts = said.split(_MARK)
        assert done.returncode == 0, f"{commands[len(parts) - 1]!r} ended with {done.returncode}:\n{parts[-1]}"
        return parts[:-1]

    def _line(self, command: str) -> str:
        command = command.replace("44497", str(self.port))
        here = shlex.join([sys.executable, str(_HERE / "at_a_terminal.py")])
        for pattern, until in FOREVER:
            if pattern.match(command):
                return f"{here} {shlex.quote(command)} --until {shlex.quote(until)}"
        if ASKING.match(command):
            return f"{here} {shlex.quote(command)} {shlex.join([*ANSWERS, str(self.port)])}"
        return command

    def config(self, text: str) -> None:
        """A configuration where it is found, for this machine alone and this port."""
        text = f"host: 127.0.0.1\nport: {self.port}\n{text}"
        path = self.home / ".config" / "argoproxy" / "config.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def own(self, *words: str) -> None:
        """Runs argo-proxy outside of what a page says. AssertionError where it fails."""
        done = subprocess.run(
            ["argo-proxy", *words], env=self.env, cwd=self.home, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def close(self) -> None:
        """Ends what was started here."""
        for name in ("", "play", "prod"):
            more = ["--name", name] if name else []
            stop = ["argo-proxy", "stop", "--timeout", "0", *more]
            subprocess.run(stop, env=self.env, cwd=self.home, capture_output=True, timeout=60)


def fail_calls(url: str, argo: Simulator, count: int) -> None:
    """As many calls of a tool's that ARGO refuses, each another one; the last of four messages can be changed."""
    for number in range(count):
        argo.behave(status=400, message=f"The weather {number} is not to be had.")
        words = f"What is the weather in {number}?"
        messages = [{"role": role, "content": words} for role in ("user", "assistant") * 2]
        answer = httpx.post(
            f"{url}/v1/chat/completions", json={"model": "gpt-5.4", "messages": messages},
            headers={"user-agent": "codex_cli/1"}, trust_env=False, timeout=30,
        )  # fmt: skip
        assert answer.status_code == 400, answer.text
