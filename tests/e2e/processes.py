"""The two processes under test, seen from outside: the simulator with its control endpoint, and the proxy.

It knows how they are started, asked and stopped, and nothing of what the tests look at.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30
STOP_SECONDS = 20


def command() -> Path:
    """The `argo-proxy` under test: ARGO_PROXY_COMMAND, or the one of the project's own environment."""
    return Path(os.environ.get("ARGO_PROXY_COMMAND") or ROOT / ".venv" / "bin" / "argo-proxy").absolute()


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    """An environment with an empty home and none of the settings of whoever runs the tests."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT") if name in os.environ}
    return {**kept, "HOME": str(home), **more}


class Process:
    """A process whose output, both streams in one, is kept and can be waited for."""

    def __init__(self, args: Sequence[str | Path], cwd: Path, env: Mapping[str, str]) -> None:
        self.args = [str(arg) for arg in args]
        self._popen = subprocess.Popen(
            self.args, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self._chunks: list[bytes] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._popen.stdout is not None
        with self._popen.stdout as lines:
            for line in lines:
                self._chunks.append(line)

    @property
    def output(self) -> str:
        return b"".join(self._chunks).decode("utf-8", "replace")

    def __str__(self) -> str:
        return f"$ {' '.join(self.args)}\n{self.output}\n(exit code: {self._popen.poll()})"

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The first match in the output. Fails where the process ends or keeps silent."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            ended = self._popen.poll() is not None
            if ended:
                self._reader.join(5)
            if found := re.search(pattern, self.output):
                return found
            assert not ended, f"ended before it printed {pattern!r}:\n{self}"
            time.sleep(0.01)
        raise AssertionError(f"did not print {pattern!r} within {START_SECONDS} s:\n{self}")

    def stop(self) -> int:
        """Ends it as a user does, by SIGTERM; the exit code. Fails where it does not end."""
        if self._popen.poll() is None:
            self._popen.send_signal(signal.SIGTERM)
        try:
            code = self._popen.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
            raise AssertionError(f"did not end within {STOP_SECONDS} s of SIGTERM:\n{self}") from None
        self._reader.join(5)
        return code


class Simulator:
    """The stand-in for ARGO, as a process of its own, and what it saw."""

    def __init__(self, folder: Path) -> None:
        python = command().with_name("python")
        args: list[str | Path] = [python, "-m", "argo_addon.simulator", "--port", "0", "--pace", "0.002"]
        self.process = Process(args, folder, clean_environment(folder, PYTHONUNBUFFERED="1"))
        self.base_url = self.process.wait_for(r"simulator listening on (http://127\.0\.0\.1:\d+/argoapi)")[1]
        self._control = httpx.Client(base_url=urljoin(self.base_url, "/_simulator/"), timeout=10, trust_env=False)

    def log(self) -> list[dict[str, Any]]:
        """The calls since `clear`, oldest first, bodies parsed; `refusal` is ARGO's reason to say no, or null."""
        entries: list[dict[str, Any]] = self._control.get("log").raise_for_status().json()
        return [{**entry, "body": json.loads(entry["body"])} for entry in entries]

    def clear(self) -> None:
        """Forgets the calls, and the misbehaviour that is still to come."""
        for what in ("log", "behaviours"):
            self._control.delete(what).raise_for_status()

    def behave(self, **behaviour: object) -> None:
        """How the next call to a model goes wrong: a row of docs/reference/simulator.md. After it all is well again."""
        answer = self._control.post("behaviours", json=[behaviour])
        assert answer.status_code == 200, answer.text

    def stop(self) -> int:
        self._control.close()
        return self.process.stop()


class Proxy:
    """`argo-proxy serve CONFIG` in front of the simulator, ready to be called at `url`."""

    def __init__(self, folder: Path, settings: Mapping[str, object]) -> None:
        config = folder / "config.yaml"
        config.write_text("".join(f"{key}: {_yaml(value)}\n" for key, value in settings.items()), encoding="utf-8")
        self.process = Process([command(), "serve", config], folder, clean_environment(folder))
        upstream = re.escape(str(settings["argo_base_url"]).split("/argoapi")[0])
        self.url = self.process.wait_for(rf"(?!{upstream}\b)http://127\.0\.0\.1:\d+(?=\s|/\s)")[0]
        self._wait_until_healthy()

    def _wait_until_healthy(self) -> None:
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                if httpx.get(f"{self.url}/health", trust_env=False, timeout=10).status_code == 200:
                    return
            except httpx.TransportError:
                if time.monotonic() > end:
                    raise
            assert time.monotonic() < end, f"not healthy within {START_SECONDS} s:\n{self.process}"
            time.sleep(0.05)

    def stop(self) -> int:
        return self.process.stop()


def _yaml(value: object) -> str:
    """A scalar as YAML; text always in quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value}'" if isinstance(value, str) else str(value)
