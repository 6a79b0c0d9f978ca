"""`eval $(argo-proxy env TOOL)` and `argo-proxy run TOOL` with the real tools, in a clean home and in real shells.

Each tool is asked what needs a call of its shell, so that an answer is an agent's loop through the gateway.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .processes import ROOT, clean_environment, command
from .workshop import NO_WAY_OUT, executable

PROMPT = "Run `printf 'alpha-%s\\n' 42 > one.txt; cat one.txt`, then tell me what it printed."
SECONDS = 120
# The program, its npm package, and the words by which it is asked without a terminal.
ASKING = {
    "claude": ("claude", "@anthropic-ai/claude-code", 'claude -p "$PROMPT" --allowedTools Bash,Read'),
    "codex": (
        "codex",
        "@openai/codex",
        'codex exec --skip-git-repo-check --dangerously-bypass-approvals-and-sandbox "$PROMPT"',
    ),
    "gemini": ("gemini", "@google/gemini-cli", 'gemini --skip-trust --yolo -p "$PROMPT"'),
    "opencode": ("opencode", "opencode-ai", 'opencode run "$PROMPT"'),
    "kilo": ("kilo", "@kilocode/cli", 'kilo run --auto "$PROMPT"'),
}
QUIET = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_AUTOUPDATER": "1",
    "OPENCODE_DISABLE_AUTOUPDATE": "1",
    "OPENCODE_DISABLE_MODELS_FETCH": "1",
    "OPENCODE_DISABLE_DEFAULT_PLUGINS": "1",
    "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
    "KILO_DISABLE_AUTOUPDATE": "1",
    "KILO_DISABLE_MODELS_FETCH": "1",
}
MINE = {
    # Files of the user's, which have to stay as they are, byte for byte.
    ".codex/config.toml": 'model = "mine"\n# my comment\n',
    ".config/opencode/opencode.json": '{"$schema": "https://opencode.ai/config.json", "autoupdate": false}\n',
    ".bashrc": "# mine\n",
}


class Home:
    """A clean home in which the demo runs as a daemon."""

    def __init__(self, folder: Path) -> None:
        self.home, self.work = folder / "home", folder / "work"
        self.work.mkdir(parents=True)
        for name, text in MINE.items():
            (self.home / name).parent.mkdir(parents=True, exist_ok=True)
            (self.home / name).write_text(text)
        for name in ("a1m", "x", "claude-opus-4-61"):  # what globs would match
            (self.work / name).touch()
        self.env = clean_environment(self.home, TERM="dumb", PROMPT=PROMPT, **NO_WAY_OUT, **QUIET)
        self.env["PATH"] = f"{command().parent}:{self.env['PATH']}"

    def with_tool(self, program: Path) -> None:
        self.env["PATH"] = f"{program.parent}:{self.env['PATH']}"

    def run(self, script: str, shell: str = "bash", **variables: str) -> str:
        """What a script prints on both streams. Fails where it does."""
        done = subprocess.run(
            [shell, "-c", script],
            cwd=self.work,
            env={**self.env, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=SECONDS,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    @property
    def status(self) -> Any:
        return json.loads(self.run("argo-proxy status --json"))

    def digests(self) -> dict[str, str]:
        return {name: hashlib.sha256((self.home / name).read_bytes()).hexdigest() for name in MINE}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    home.run("argo-proxy start --demo --port 0")
    yield home
    home.run("argo-proxy stop --timeout 0")


def answered(home: Home, said: str) -> None:
    made = home.work / "one.txt"
    assert made.exists(), said
    assert made.read_text() == "alpha-42\n", said
    assert "alpha-42" in said
    status = home.status
    assert status["requests"] >= 2
    assert status["errors"] == 0, home.run("argo-proxy logs")


CASES = [
    *((tool, "bash", way) for tool in ASKING for way in ("quoted", "unquoted")),
    *(("claude", shell, way) for shell in ("zsh", "fish", "dash") for way in ("quoted", "unquoted")),
    *(("codex", shell, "unquoted") for shell in ("zsh", "fish", "dash")),
]


@pytest.mark.parametrize(("tool", "shell", "way"), CASES)
def test_a_line_sets_the_tool_up_and_it_answers(home: Home, tool: str, shell: str, way: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not here")
    program, package, asking = ASKING[tool]
    home.with_tool(executable(program, package))
    before = home.digests()
    words = f'eval "$(argo-proxy env {tool})"' if way == "quoted" else f"eval $(argo-proxy env {tool})"
    if shell == "fish" and way == "unquoted":
        words = f"eval (argo-proxy env {tool})"
    answered(home, home.run(f"{words}; {asking}", shell))
    assert home.digests() == before


@pytest.mark.parametrize("tool", ASKING)
def test_run_does_the_same_without_the_shell(home: Home, tool: str) -> None:
    program, package, asking = ASKING[tool]
    home.with_tool(executable(program, package))
    arguments = asking.partition(" ")[2]
    answered(home, home.run(f"argo-proxy run {tool} -- {arguments}"))


def test_a_model_with_brackets_arrives_whole(home: Home) -> None:
    home.with_tool(executable("claude", "@anthropic-ai/claude-code"))
    asking = ASKING["claude"][2]
    said = home.run(f"eval $(argo-proxy env claude --model 'claude-opus-4-6[1m]'); echo \"$ANTHROPIC_MODEL\"; {asking}")
    assert "claude-opus-4-6[1m]" in said
    answered(home, said)
    assert "(claudeopus46)" in home.run("argo-proxy logs")


def test_aider_answers(home: Home) -> None:
    aider = ROOT / ".cache" / "aider" / "bin" / "aider"
    if not aider.exists():
        pytest.skip("Aider is not here: make e2e-aider")
    home.with_tool(aider)
    options = "--no-git --yes-always --no-check-update --no-show-model-warnings --analytics-disable --no-pretty"
    said = home.run(f"eval $(argo-proxy env aider); aider {options} --message 'Say hello'")
    assert "Nothing was asked of a real model" in " ".join(said.split()), said
    status = home.status
    assert status["requests"] >= 1
    assert status["errors"] == 0
