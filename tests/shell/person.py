"""A person at a terminal, in a home of their own: runs argo-proxy's commands as they would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

COMMAND = str(Path(sys.executable).with_name("argo-proxy"))
LONGEST = 60


class Person:
    """Whose home is `home`; nothing of the tests' own environment gets in but the path."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.env = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}

    def run(self, *words: str, cwd: Path | None = None, code: int | None = 0, **variables: str) -> str:
        """Runs a command, which is to end with this exit code; returns all that it said."""
        done = subprocess.run(
            [COMMAND, *words],
            capture_output=True,
            text=True,
            cwd=cwd or self.home,
            env={**self.env, **variables},
            timeout=LONGEST,
            stdin=subprocess.DEVNULL,
        )
        said = done.stdout + done.stderr
        assert code is None or done.returncode == code, (words, done.returncode, said)
        assert "Traceback" not in said, said
        return said

    def data(self, *words: str, code: int | None = 0) -> Any:
        """What a command prints as JSON on stdout."""
        done = subprocess.run(
            [COMMAND, *words], capture_output=True, text=True, cwd=self.home, env=self.env, timeout=LONGEST
        )
        assert code is None or done.returncode == code, done
        return json.loads(done.stdout)

    @property
    def status(self) -> Any:
        return self.data("status", "--json", code=None)

    def config(self, **settings: object) -> Path:
        """Writes a configuration where it is found."""
        path = self.home / ".config" / "argoproxy" / "config.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"config_version": "3", "user": "jdoe", "host": "127.0.0.1", "port": 0, **settings}))
        return path

    def until(self, condition: Any, seconds: float = 10) -> None:
        """Waits until something holds."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.status
            time.sleep(0.05)
