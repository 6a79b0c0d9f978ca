"""The recorded terminal at the top of the README: runs its commands, and says what they print.

    python -m tests.terminal [--write]

What differs from run to run (ports, process ids, times, this machine's names and folders) is put in one form.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.ports import free_port

README = Path(__file__).parent.parent / "README.md"
PORT = "44497"
_MARK = "<end of a command>"
BLOCK = re.compile(
    r"(?<=<!-- The next block is written by )(?P<how>[^\n]*\n\n)```console\n(?P<text>.*?)```\n", re.DOTALL
)


def kept() -> str:
    """The block as the README has it."""
    found = BLOCK.search(README.read_text("utf-8"))
    assert found is not None, "README.md has no recorded terminal"
    return found["text"]


def recorded(commands: list[str]) -> str:
    """What a terminal shows that is given these commands, in an empty home. CalledProcessError where one fails."""
    return "".join(f"$ {command}\n{said}" for command, said in typed(commands).items())


def typed(commands: list[str]) -> dict[str, str]:
    """What each of these commands prints, typed into one shell in an empty home. CalledProcessError where one fails."""
    with tempfile.TemporaryDirectory() as home:
        port = str(free_port())
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environ = {"PATH": path, "HOME": home, "LANG": "C.UTF-8", "ARGO_PROXY_PORT": port, "COLUMNS": "120"}
        environ["HTTPS_PROXY"] = "http://127.0.0.1:9"  # nothing is asked outside of this machine
        lines = "".join(f"{command.replace(PORT, port)}\nprintf '{_MARK}'\n" for command in commands)
        try:
            done = subprocess.run(
                ["bash", "-e", "-o", "pipefail", "-c", lines],
                env=environ, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True, timeout=120,
            )  # fmt: skip
        finally:
            subprocess.run(["argo-proxy", "stop", "--timeout", "0"], env=environ, cwd=home, capture_output=True)
        said = _steady(done.stdout.decode(), home, port).split(_MARK)
    return dict(zip(commands, said[:-1], strict=True))


def _steady(text: str, home: str, port: str) -> str:
    """What was printed, the same in each run."""
    text = text.replace(home, "~").replace(f":{port}", f":{PORT}").replace(socket.gethostname(), "MACHINE")
    text = re.sub(rf"127\.0\.0\.1:(?!{PORT})\d+", "127.0.0.1:40123", text)
    text = re.sub(r"\bpid \d+", "pid 4711", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}", "2026-11-28 09:30:00,000", text)
    return re.sub(r"\b\d+ ms", "12 ms", text)


def commands_of(block: str) -> list[str]:
    """The lines that a person types."""
    return [line[2:] for line in block.splitlines() if line.startswith("$ ")]


def main() -> None:
    """Prints the block, or writes it into the README."""
    text = recorded(commands_of(kept()))
    if "--write" in sys.argv[1:]:
        README.write_text(
            BLOCK.sub(lambda found: f"{found['how']}```console\n{text}```\n", README.read_text("utf-8")), "utf-8"
        )
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
