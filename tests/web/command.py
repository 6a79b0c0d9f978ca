"""`argo-proxy web` as a person runs it: the real process in a home of its own, and recordings in its folder."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
from mitmproxy import http
from mitmproxy.io import FlowWriter

from ..transcript.bodies import WAYS, stream_for, written
from .recorded import flow_of

ROOT = Path(__file__).parents[2]
_MAIN = "from shell.cli import main; main()"
_URL = re.compile(
    r"^argo-proxy: recordings at (http://127\.0\.0\.1:\d+/\?token=[\w-]{20,}(?:#/flows/[\w-]+/request)?)\n\Z"
)


class Shown:
    """A running `argo-proxy web`."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
        self.process, self.url, self._log = process, url, log
        self.base, _, self.token = url.partition("#")[0].partition("?token=")

    def get(self, path: str, **more: Any) -> httpx.Response:
        """An answer to who has the token; the first comes once mitmweb is loaded."""
        return httpx.get(f"{self.base}{path}?token={self.token}", trust_env=False, **{"timeout": 30, **more})

    def comments(self) -> list[str]:
        """The comments of what is shown, in its order."""
        return [flow["comment"] for flow in self.get("flows").json()]

    @property
    def said(self) -> str:
        """What it said on stderr."""
        return self._log.read_text()

    def end(self, number: int = signal.SIGINT) -> int:
        """Ends it by a signal; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(10)


def call(home: Path, *words: str) -> tuple[list[str], dict[str, Any]]:
    """How the command is started, for subprocess."""
    env = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    return [sys.executable, "-c", _MAIN, *words], {"env": env, "cwd": home, "stdin": subprocess.DEVNULL}


def run(home: Path, *words: str) -> str:
    """What any command prints that does what it is to do."""
    command, how = call(home, *words)
    return str(subprocess.run(command, capture_output=True, text=True, timeout=30, check=True, **how).stdout)


def refusal(home: Path, *words: str) -> str:
    """What it says where it cannot show anything."""
    command, how = call(home, "web", *words)
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, **how)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    return str(done.stderr)


@contextmanager
def shown(home: Path, *words: str) -> Iterator[Shown]:
    """The command, once it has printed its URL."""
    command, how = call(home, "web", *words)
    log = home / "said.txt"
    with log.open("w") as written_to:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=written_to, **how)
        try:
            assert process.stdout is not None
            line = process.stdout.readline().decode()
            found = _URL.match(line)
            assert found is not None, (line, log.read_text())
            running = Shown(process, found[1], log)
            running.get("")  # its address is there before mitmweb is
            yield running
            process.terminate()
            assert process.wait(10) == 0
            assert process.stdout.read() == b""
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
    assert "Traceback" not in log.read_text()


def recordings(home: Path) -> Path:
    """The folder of this machine's recordings in a home."""
    machine = os.uname().nodename.split(".", 1)[0]
    folder = home / ".local" / "state" / "argoproxy" / f"flows.{machine}"
    (folder / "failures").mkdir(parents=True)
    return folder


def one(comment: str, number: int) -> http.HTTPFlow:
    """A flow of a call, the `number`th in time."""
    way = WAYS["anthropic"]
    flow = flow_of("127.0.0.1", 44497, way.path, written(way.body), stream_for("anthropic"), way.type)
    flow.comment = comment
    flow.timestamp_created = flow.request.timestamp_start = 1_800_000_000 + number
    flow.metadata["argo-proxy"] = {"exchange": comment, "number": number, "side": "client"}
    return flow


def record(*flows: http.HTTPFlow) -> bytes:
    """What a flow file has of flows."""
    file = BytesIO()
    for flow in flows:
        FlowWriter(file).add(flow)
    return file.getvalue()


def append(path: Path, parts: Iterable[bytes]) -> None:
    """Adds to a file."""
    with path.open("ab") as file:
        file.writelines(parts)


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Waits until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
