"""Real coding tools, recorded: seen in mitmweb by a real browser, replayed, and free of credentials.

With ARGO_PROXY_PICTURES=docs/images the pictures of the documentation are taken anew.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .processes import ROOT, command
from .shells import Desk

TOOLS = {"claude": "claude-cli", "codex": "codex", "gemini": "geminicli"}
"""The tools, and how the user agents of their calls of models begin."""


def generations() -> list[Path]:
    """A Python for each generation of mitmproxy that is here: the product's own, and one of nox' (`make pythons`)."""
    own = command().parent / "python"
    others = sorted(ROOT.glob(".nox/one-*/bin/python"))
    found = {generation_of(python): python for python in (*others, own)}
    return list(found.values())


def generation_of(python: Path) -> str:
    code = "from importlib.metadata import version; print(version('mitmproxy').split('.')[0])"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def recording(desk: Desk) -> Path:
    """What three tools did, in one file."""
    desk.own("start", "--dump-requests", str(desk.home / "recorded"))
    for tool in TOOLS:
        desk.ask_by_run(tool)
    desk.own("stop")
    [part] = (desk.home / "recorded").glob("*.flow")
    return part


def test_recorded_tools_are_seen_in_the_browser_and_replayed(recording: Path, desk: Desk, tmp_path: Path) -> None:
    listed = json.loads(own(desk, "flows", "list", str(recording), "-n", "500", "--json"))
    assert {entry["status"] for entry in listed} == {200}
    replayed = own(desk, "replay", str(recording), "--all", "--to", "demo")  # as fresh as the one was
    assert replayed.count("the same as then") == len([entry for entry in listed if entry["upstream"]]), replayed
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        pytest.skip("no Chromium on the path: apt-get install chromium")
    pictures = Path(os.environ.get("ARGO_PROXY_PICTURES") or tmp_path).absolute()
    for python in generations():
        words = [str(python), "-m", "tests.web.tools_seen", str(recording), str(pictures), *TOOLS.values()]
        seen = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=200)
        assert seen.returncode == 0, seen.stdout + seen.stderr


def own(desk: Desk, *words: str) -> str:
    """What argo-proxy prints on stdout."""
    env = {"HOME": str(desk.home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    done = subprocess.run([command(), *words], cwd=desk.home, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
